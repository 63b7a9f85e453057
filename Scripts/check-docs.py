#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Checks the Markdown documents: every relative link leads to a file, every anchor to a heading, every fence is closed.

The examples that are marked as runnable are run by Python/tests/test_docs.py.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def documents() -> list[Path]:
    """The Markdown files that git knows or would add."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).exists()]


def prose(text: str) -> tuple[list[tuple[int, str]], bool]:
    """The numbered lines outside code fences, and whether every fence is closed."""
    lines, fence = [], None
    for number, line in enumerate(text.splitlines(), 1):
        mark = re.match(r"\s*(```+|~~~+)", line)
        if mark and fence is None:
            fence = mark.group(1)
        elif mark and line.strip().startswith(fence or "") and line.strip() == mark.group(1):
            fence = None
        elif fence is None:
            lines.append((number, re.sub(r"`[^`]*`", "``", line)))
    return lines, fence is None


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub makes of a document's headings."""
    found: set[str] = set()
    fenced = False
    for line in path.read_text().splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        heading = re.match(r"#{1,6}\s+(.*)", line)
        if heading and not fenced:
            plain = re.sub(r"[^\w\- ]", "", heading.group(1).strip().lower())
            found.add(plain.replace(" ", "-"))
    return found


def problems(path: Path) -> list[str]:
    """What is wrong with one document."""
    found = []
    lines, closed = prose(path.read_text())
    if not closed:
        found.append(f"{path.relative_to(ROOT)}: a code fence is not closed")
    for number, line in lines:
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            there = (path.parent / name).resolve() if name else path
            where = f"{path.relative_to(ROOT)}:{number}"
            if not there.exists():
                found.append(f"{where}: {target} does not exist")
            elif anchor and there.suffix == ".md" and anchor not in anchors(there):
                found.append(f"{where}: {target} names no heading")
    return found


def main() -> int:
    found = [problem for path in documents() for problem in problems(path)]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
