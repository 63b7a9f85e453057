#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
#
# What `swift build` needs: a Swift 6.2 toolchain or newer, and SQLite's header. Installs the header where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=Scripts/install.sh
. Scripts/install.sh

if ! command -v swift >/dev/null; then
    echo "There is no Swift toolchain on the path. Install Swift 6.2 or newer: https://www.swift.org/install" >&2
    exit 1
fi
if [ "$(uname -s)" = Linux ] && [ ! -e /usr/include/sqlite3.h ]; then
    ! on_debian "the embedded database" libsqlite3-dev || install_packages "the embedded database's header" libsqlite3-dev
fi
