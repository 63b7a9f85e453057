#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
#
# Every source file names its licence in its first lines.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=0
while IFS= read -r -d '' file; do
    [ -e "$file" ] || continue
    if ! head -n 4 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0'; then
        echo "$file: no SPDX-License-Identifier in its first four lines" >&2
        missing=1
    fi
done < <(git ls-files -z --cached --others --exclude-standard -- '*.swift' '*.sh' '*.py' '*.c' '*.h' ':!Python/tests/seeds' ':!Package.swift')
exit $missing
