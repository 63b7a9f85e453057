#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Checks the Markdown documents: every relative link leads to a file, every anchor to a heading, every fence is closed.

Checks docs/failure-modes.md too: each test that it names exists, and each id that is cited anywhere is in it.

The examples that are marked as runnable are run by Python/tests/test_docs.py.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")

FAILURES = ROOT / "docs/failure-modes.md"
#: What may cite a failure.
CITING = ["Sources", "Tests", "Benchmarks", "Python", "docs", "*.md"]
ROW = re.compile(r"\| `([a-z]+-\d\d)` \|")
SWIFT_SUITE = re.compile(r"^(?:package |public |final )*(?:struct|class|enum|actor|extension) (\w+)")
SWIFT_TEST = re.compile(r"^\s*(?:@\w+ )*func (\w+)\(")
PYTHON_TEST = re.compile(r"^(?:    )?(?:async )?def (\w+)\(")


def files(*patterns: str) -> list[Path]:
    """The files of these names that git knows or would add."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
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


def swift_tests() -> set[str]:
    """The Swift tests, as `Suite.function`."""
    found: set[str] = set()
    for path in files("Tests/*.swift"):
        suite, marked = "", False
        for line in path.read_text().splitlines():
            if match := SWIFT_SUITE.match(line):
                suite = match[1]
            marked = marked or line.lstrip().startswith("@Test")
            if marked and (match := SWIFT_TEST.match(line)):
                found.add(f"{suite}.{match[1]}")
                marked = False
    return found


def python_tests() -> set[str]:
    """The Python tests and the checks of the matrix, as `test_file.function`."""
    found: set[str] = set()
    for path in files("Python/*test_*.py"):
        checks = False
        for line in path.read_text().splitlines():
            if (match := PYTHON_TEST.match(line)) and (checks or match[1].startswith("test_")):
                found.add(f"{path.stem}.{match[1]}")
            checks = line.startswith("@check(")
    return found


def failure_problems() -> list[str]:
    """What is wrong with the list of failures, and which citations have no entry in it."""
    found: list[str] = []
    tests = swift_tests() | python_tests()
    known: set[str] = set()
    section = ""
    for number, line in enumerate(FAILURES.read_text().splitlines(), 1):
        where = f"{FAILURES.relative_to(ROOT)}:{number}"
        if line.startswith("## "):
            section = line[3:]
        if not (match := ROW.match(line)):
            continue
        if match[1] in known:
            found.append(f"{where}: {match[1]} stands here twice")
        known.add(match[1])
        if section == "Not yet":
            continue
        named = re.findall(r"`(\w+\.\w+)`", line.split(" | ")[-1])
        if not named:
            found.append(f"{where}: {match[1]} names no test")
        found += [f"{where}: there is no test {name}" for name in named if name not in tests]
    themes = "|".join(sorted({identifier.rpartition("-")[0] for identifier in known}))
    cited = re.compile(rf"(?<![\w-])(?:{themes})-\d\d(?![\w-])")
    for path in files(*CITING):
        if path.suffix not in (".swift", ".py", ".md"):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            missing = [name for name in cited.findall(line) if name not in known]
            found += [f"{path.relative_to(ROOT)}:{number}: {name} is not in docs/failure-modes.md" for name in missing]
    return found


def main() -> int:
    found = [problem for path in files("*.md") for problem in problems(path)] + failure_problems()
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
