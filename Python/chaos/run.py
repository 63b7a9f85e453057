#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Injects one failure after another, and reports how the healthy requests beside it fared.

    make chaos                     all of them; takes about three minutes
    make chaos ARGS="-k disk"      those with this word in their name

Exits with 1 if a healthy request failed, if one in a hundred took longer than half a second, if an event loop was
held for more than 50 ms, if the gateway died, or if it used more than 200 MiB.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import floods  # noqa: E402, F401
import mishaps  # noqa: E402, F401
import world  # noqa: E402
from stage import MISHAPS, Mishap, Simulator, Stage  # noqa: E402
from upstream import Upstream  # noqa: E402

#: What the gateway may hold at most, in MiB.
MEMORY = 200.0

#: What one in a hundred healthy calls may take, in milliseconds.
SLOW = 500.0

#: How long anything may hold an event loop, in milliseconds; more than that is what the metrics call a lag.
HOLD = 50.0

COLUMNS = "| Failure | Healthy requests | Failed | p50 ms | p99 ms | Slowest ms | Loop lag ms | Peak MiB | Also |"


def run(one: Mishap, directory: Path, simulator: Simulator, names: world.NameServer, hostile: Upstream) -> bool:
    """Runs one mishap and prints its row; whether it did no harm."""
    hostile.reset()
    stage = Stage(directory, simulator, names, hostile)
    faults: list[str] = []
    try:
        one.strike(stage)
    except Exception as error:  # whatever it was, the next mishap goes on
        faults.append(f"{type(error).__name__}: {error}"[:300])
    if stage.has_died:
        faults.append("the gateway died")
    lag = stage.loop_lag()
    stage.end_traffic()
    peak = stage.watch.stop() if stage.watch else 0.0
    stage.close()
    felt = stage.felt
    if felt.failures:
        faults.append(f"for example {felt.failures[0][:200]}")
    if felt.milliseconds(0.99) > SLOW:
        faults.append("healthy requests were slow")
    if stage.longest_hold > HOLD:
        faults.append("an event loop was held up")
    if peak > MEMORY:
        faults.append(f"more than {MEMORY:.0f} MiB")
    remark = "; ".join(stage.notes + [f"FAULT: {fault}" for fault in faults])
    figures = f"{felt.median:.1f} | {felt.milliseconds(0.99):.1f} | {felt.milliseconds(1):.0f} | {lag} | {peak:.0f}"
    print(f"| {one.name} | {felt.calls} | {len(felt.failures)} | {figures} | {remark} |", flush=True)
    return not faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-k", dest="word", default="", help="only those with this word in their name")
    options = parser.parse_args()
    world.enter()
    chosen = [one for one in MISHAPS if options.word in one.name]
    print(f"{COLUMNS}\n|---|---:|---:|---:|---:|---:|---:|---:|---|", flush=True)
    good = True
    with tempfile.TemporaryDirectory() as folder, Upstream() as hostile:
        names = world.NameServer()
        simulator = Simulator(Path(folder))
        for number, one in enumerate(chosen):
            directory = Path(folder, str(number))
            directory.mkdir()
            good = run(one, directory, simulator, names, hostile) and good
        simulator.stop()
    print(f"{len(chosen)} mishaps, {'no harm done' if good else 'HARM DONE'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
