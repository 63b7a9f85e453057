#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
#
# The newcomer's path, as the README tells it: clone, `make run`, a first request, a wrong token. Compares what they show with the README, and prints how long
# each step took. It builds everything, which takes minutes; `test_newcomer.py` does the rest of it in a second.
#
# Scripts/newcomer.sh [REPOSITORY] clones this repository, without what is not committed, or another one. NEWCOMER_PORT is the gateway's port, 8080 by default.
set -euo pipefail
repository=${1:-$(cd "$(dirname "$0")/.." && pwd)}
port=${NEWCOMER_PORT:-8080}

if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "Port $port is in use. Choose another one: NEWCOMER_PORT=8090 make test-newcomer" >&2
    exit 1
fi
directory=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-newcomer.XXXXXX")
gateway=
finish() {
    # The gateway is in a process group of its own, with the `make` that started it.
    if [ -n "$gateway" ]; then
        kill -- "-$gateway" 2>/dev/null || true
        wait "$gateway" 2>/dev/null || true
    fi
    rm -rf "$directory"
}
trap finish EXIT
trap 'exit 130' INT TERM
# A first start: no key of a vendor, no data.
unset OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY GATEHOUSE_ADMIN_TOKEN
export XDG_DATA_HOME=$directory/data
cd "$directory"
log=$directory/log

now() { echo "${EPOCHREALTIME/[^0-9]/}"; }

steps=()
# Notes what began at $2, in microseconds since 1970, and ends now.
note() { steps+=("$1|$(($(now) - $2))"); }

# The block of the README in a language ($1) that holds these words ($2).
shown() {
    awk -v opening="\`\`\`$1" -v words="$2" '
        inside && $0 == "```" { if (index(block, words)) printf "%s", block; inside = 0; next }
        inside { block = block $0 "\n" }
        $0 == opening { inside = 1; block = "" }
    ' "$directory/gatehouse/README.md"
}

# Lines without what differs from start to start: times, ports, tokens, directories, ids.
plain() {
    sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\+0000/TIME/' -e 's/127\.0\.0\.1:[0-9]+/ADDRESS/g' \
        -e 's/(keep it\): ).*/\1TOKEN/' -e 's/(Data directory: ).*/\1DIRECTORY/' \
        -e 's/"id":"chatcmpl-[^"]+"/"id":"ID"/' -e 's/"created":[0-9]+/"created":0/'
}

differences=0
# Compares what a step ($1) printed ($2) with the README's block ($3).
compare() {
    if [ -z "$3" ]; then
        echo "The README shows nothing for this step: $1" >&2
    elif ! diff -u --label "README: $1" --label "printed: $1" <(plain <<<"$3") <(plain <<<"$2") >&2; then
        echo "The README shows something else: $1" >&2
    else
        return 0
    fi
    differences=1
}

# Waits until the log has a line like this.
await() {
    until grep -qE -e "$1" "$log"; do
        if ! kill -0 "$gateway" 2>/dev/null; then
            cat "$log" >&2
            echo "'make run' ended before it printed: $1" >&2
            gateway=
            exit 1
        fi
        sleep 0.02
    done
}

began=$(now)
git clone --quiet --no-hardlinks "$repository" gatehouse
note clone "$began"

began=$(now)
arguments=()
if [ "$port" != 8080 ]; then arguments=("ARGS=--port $port"); fi
set -m
make -C gatehouse run ${arguments[@]+"${arguments[@]}"} >"$log" 2>&1 &
gateway=$!
set +m
# What `swift build` prints last.
await "^(Build complete!|Build of product 'gatehouse' complete!)"
note build "$began"
began=$(now)
await "^Gatehouse is listening on "
note start "$began"
compare start "$(sed -n '/^Administrator token/,/^Gatehouse is listening/p' "$log")" "$(shown text listening)"
DATABRICKS_TOKEN=$(sed -n 's/^Administrator token.*: //p' "$log")
export DATABRICKS_TOKEN

# Runs a command of the README that holds these words ($1).
ask() { bash -c "$(shown bash "$1" | sed "s/127\.0\.0\.1:8080/127.0.0.1:$port/g")" 2>/dev/null; }

began=$(now)
answer=$(ask "-u token:")
note "first answer" "$began"
compare "first answer" "$answer" "$(shown json chat.completion)"
began=$(now)
refusal=$(ask "Bearer wrong")
note "failed login" "$began"
compare "failed login" "$refusal" "$(shown json UNAUTHENTICATED)"

printf '\n%-14s %14s\n' "step ($(getconf _NPROCESSORS_ONLN) cores)" time
for step in "${steps[@]}"; do
    awk -v step="${step%|*}" -v time="${step#*|}" 'BEGIN {
        if (time >= 60e6) shown = sprintf("%d min %02d s", time / 60e6, (time % 60e6) / 1e6)
        else if (time >= 1e6) shown = sprintf("%.1f s", time / 1e6)
        else shown = sprintf("%.0f ms", time / 1e3)
        printf "%-14s %14s\n", step, shown
    }'
done
grep -o 'The first build takes [^;.]*' gatehouse/README.md | sed 's/^/\nThe README says: /'
exit "$differences"
