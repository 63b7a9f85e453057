#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
#
# The Python environment of the live tests, Python/.venv: exactly what Python/uv.lock names. Made again when the lock changes.
#
#   setup-python.sh            the locked environment
#   setup-python.sh agents     adds the command lines of the coding agents (about 800 MB)
#   setup-python.sh databricks Python/.venv-databricks: what Python/databricks-clients/uv.lock names, for tests with databricks-openai
#   setup-python.sh latest     Python/.venv-latest: the newest release of everything, for `make test-latest`
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=Scripts/install.sh
. Scripts/install.sh

kind=${1:-locked}
case $kind in
locked) stamp=Python/.venv/installed ;;
agents) stamp=Python/.venv/installed-agents ;;
databricks) stamp=Python/.venv-databricks/installed ;;
latest) stamp= ;;
*)
    echo "setup-python.sh takes 'agents', 'databricks', 'latest' or nothing, not '$kind'." >&2
    exit 1
    ;;
esac
lock=Python/uv.lock
[ "$kind" != databricks ] || lock=Python/databricks-clients/uv.lock
[ -z "$stamp" ] || ! cmp -s "$lock" "$stamp" || exit 0

# uv is a dependency too: the version that wrote Python/uv.lock.
uv_version=0.13.9
uv=.build/uv/bin/uv
if [ "$("$uv" --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        ! on_debian "Python environments" python3-venv || install_packages "to make Python environments" python3 python3-venv
    fi
    echo "Installing uv $uv_version into .build/uv: it makes the Python environment of the tests."
    python3 -m venv --clear .build/uv
    .build/uv/bin/pip install --quiet --disable-pip-version-check "uv==$uv_version"
fi

case $kind in
locked)
    echo "Installing the official SDKs and pytest into Python/.venv."
    "$uv" sync --quiet --locked --project Python
    ;;
agents)
    echo "Installing Claude Code and Codex CLI into Python/.venv (about 800 MB)."
    "$uv" sync --quiet --locked --project Python --extra agents
    cp Python/uv.lock Python/.venv/installed
    ;;
databricks)
    echo "Installing databricks-openai into Python/.venv-databricks (about 230 MB)."
    UV_PROJECT_ENVIRONMENT=$PWD/Python/.venv-databricks "$uv" sync --quiet --locked --project Python/databricks-clients
    ;;
latest)
    echo "Installing the newest releases into Python/.venv-latest."
    "$uv" venv --quiet --clear --python ">=3.11" Python/.venv-latest
    "$uv" pip install --quiet --upgrade --python Python/.venv-latest/bin/python -r Python/pyproject.toml
    ;;
esac
[ -z "$stamp" ] || cp "$lock" "$stamp"
