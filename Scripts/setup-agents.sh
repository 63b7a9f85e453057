#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
#
# Adds the coding agents' command lines to Python/.venv: Claude Code and Codex, as their vendors publish them on PyPI. Large, hence apart.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=Python/.venv/installed-agents
[ ! -f "$stamp" ] || ! cmp -s Python/pyproject.toml "$stamp" || exit 0

uv=$(command -v uv || echo .build/uv/bin/uv)
echo "Installing Claude Code and Codex CLI into Python/.venv (about 800 MB)."
"$uv" pip install --quiet --python Python/.venv/bin/python -r Python/pyproject.toml --extra agents
cp Python/pyproject.toml "$stamp"
