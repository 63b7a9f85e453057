#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Writes the manual page of a gatehouse binary, made of what the binary says of its commands.

make-man.py BINARY > gatehouse.1
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def escaped(text: str) -> str:
    """Text as roff takes it literally."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.splitlines())


def label(argument: dict[str, Any]) -> str:
    """How an option is written: `--port <port>`."""
    names = argument.get("names", [])
    spelled = ", ".join(("--" if name["kind"] == "long" else "-") + name["name"] for name in names)
    value = argument.get("valueName", "")
    if argument["kind"] == "positional":
        return f"<{value}>"
    return spelled if argument["kind"] == "flag" else f"{spelled} <{value}>"


def options(command: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True):
            continue
        lines += [".TP", f"\\fB{escaped(label(argument))}\\fR", escaped(argument.get("abstract", ""))]
        if "defaultValue" in argument:
            lines.append(f"The default is {escaped(argument['defaultValue'])}.")
    return lines


def commands(command: dict[str, Any], path: str) -> list[str]:
    """The sections of the commands below one, each with its options."""
    lines: list[str] = []
    for inner in command.get("subcommands", []):
        if inner["commandName"] == "help":
            continue
        name = f"{path} {inner['commandName']}"
        lines += [".SS", escaped(name), escaped(inner.get("abstract", ""))]
        if discussion := inner.get("discussion"):
            lines += [".PP", escaped(discussion)]
        lines += options(inner) + commands(inner, name)
    return lines


def page(binary: str) -> str:
    dump = subprocess.run([binary, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout
    command = json.loads(dump)["command"]
    version = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    name = command["commandName"]
    lines = [
        f'.TH {name.upper()} 1 "" "{escaped(version)}" "User Commands"',
        ".SH NAME",
        f"{name} \\- {escaped(command['abstract'])}",
        ".SH SYNOPSIS",
        f"\\fB{name}\\fR <command> [options]",
        ".SH DESCRIPTION",
        escaped(command.get("discussion", "")),
        ".SH COMMANDS",
        *commands(command, name),
        ".SH ENVIRONMENT",
        ".TP",
        "\\fBGATEHOUSE_ADMIN_TOKEN\\fR",
        "The administrator's token, in place of the one that the first start prints.",
        ".TP",
        "\\fBOPENAI_API_KEY\\fR, \\fBANTHROPIC_API_KEY\\fR, \\fBGEMINI_API_KEY\\fR",
        "Without \\-\\-config, models of these vendors are answered by the vendor.",
        ".TP",
        "\\fBXDG_DATA_HOME\\fR",
        "The directory in which the data directory is made, unless \\-\\-data names one.",
        ".SH FILES",
        ".TP",
        "\\fI~/.local/share/gatehouse\\fR",
        "The default data directory.",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    sys.stdout.write(page(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
