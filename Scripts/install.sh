# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
# shellcheck shell=bash
#
# Sourced by the setup scripts. Installs Debian packages that are missing, and says so.

# install_packages WHY PACKAGE...: says nothing when all of them are there.
install_packages() {
    local why=$1 package missing=()
    shift
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "Please install ${missing[*]} ($why), then try again: apt-get install ${missing[*]}" >&2
        return 1
    fi
    echo "Installing ${missing[*]}: $why."
    local log
    log=$(mktemp)
    if ! { as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# as_root COMMAND...: through sudo unless root already; never asks for anything on standard input.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@" </dev/null; else sudo "$@" </dev/null; fi
}

# on_debian WHY PACKAGE...: whether Debian's package manager is here; says what to install by hand if not.
on_debian() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null && return 0
    local why=$1
    shift
    echo "This is not Debian. If the next step fails, install what Debian calls $* ($why)." >&2
    return 1
}
