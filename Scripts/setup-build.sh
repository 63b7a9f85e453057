#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
#
# What `swift build` needs: a Swift 6.2 toolchain or newer, and the headers of SQLite and zlib. Installs the headers where they are missing.
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
if [ "$(uname -s)" = Linux ] && [ ! -e /usr/include/zlib.h ]; then
    ! on_debian "decompression" zlib1g-dev || install_packages "zlib's header" zlib1g-dev
fi
