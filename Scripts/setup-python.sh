#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
#
# The Python environment of the live tests: Python/.venv, with what Python/pyproject.toml names. Made again when that file changes.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=Scripts/install.sh
. Scripts/install.sh

stamp=Python/.venv/installed
[ ! -x Python/.venv/bin/python ] || ! cmp -s Python/pyproject.toml "$stamp" || exit 0

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    uv=.build/uv/bin/uv
    if [ ! -x "$uv" ]; then
        if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
            ! on_debian "Python environments" python3-venv || install_packages "to make Python environments" python3 python3-venv
        fi
        echo "Installing uv into .build/uv: it makes the Python environment of the tests."
        python3 -m venv .build/uv
        .build/uv/bin/pip install --quiet --disable-pip-version-check uv
    fi
fi
echo "Installing the official SDKs and pytest into Python/.venv."
"$uv" venv --quiet --clear --python ">=3.11" Python/.venv
"$uv" pip install --quiet --python Python/.venv/bin/python -r Python/pyproject.toml
cp Python/pyproject.toml "$stamp"
