#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Fills the data directory of a gateway that does not run, with users, services and grants, to measure it.

    gatehouse serve --data DIR            # once, to make the files; then stop it
    Benchmarks/governance/fill.py DIR [--users 10000] [--services 1000] [--grants 50000]

Each user has a token: `gth_` and the user's number in 40 digits.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sqlite3
from pathlib import Path


def token(number: int) -> str:
    """The access token of a user."""
    return f"gth_{number:040}"


def fill(file: Path, users: int, services: int, grants: int) -> None:
    """Writes the rows in one transaction."""
    random.seed(1)
    database = sqlite3.connect(file)
    with database:
        groups = [(10_000_000 + number, "GROUP", f"group-{number}", None, None, 1, 0, 0) for number in range(200)]
        people = [
            (20_000_000 + number, "USER", f"user-{number}@example.com", None, None, 1, 0, 0) for number in range(users)
        ]
        database.executemany("INSERT INTO principal VALUES (?, ?, ?, ?, ?, ?, ?, ?)", groups + people)
        members = {(random.choice(groups)[0], person[0]) for person in people for _ in range(3)}
        database.executemany("INSERT INTO membership VALUES (?, ?)", members)
        database.executemany(
            "INSERT INTO access_token (id, hash, principal, kind, is_administrator, created_at) "
            "VALUES (?, ?, ?, 'USER', 0, 0)",
            (
                (f"token-{number}", hashlib.sha256(token(number).encode()).digest(), person[2])
                for number, person in enumerate(people)
            ),
        )
        definition = json.dumps({"destinations": [{"model_service": "system.ai.gpt-5"}]})
        objects = [("CATALOG", "big", "")] + [("SCHEMA", f"big.s{number}", "") for number in range(20)]
        objects += [("MODEL_SERVICE", f"big.s{number % 20}.m{number}", definition) for number in range(services)]
        database.executemany(
            "INSERT INTO object VALUES (?, ?, ?, 'admins', NULL, '{}', 0, 'fill', 0, 'fill', 1, ?, x'')",
            ((kind, name, f"id-{kind}-{name}", text) for kind, name, text in objects),
        )
        names = [group[2] for group in groups] + [person[2] for person in people]
        rows = {("CATALOG", "big", name): "USE_CATALOG,USE_SCHEMA" for name in names[:200]}
        while len(rows) < grants:
            kind, name, _ = random.choice(objects[21:])
            rows[kind, name, random.choice(names)] = "EXECUTE"
        database.executemany(
            "INSERT INTO privilege VALUES (?, ?, ?, ?, '')", ((*key, privileges) for key, privileges in rows.items())
        )
        database.execute("UPDATE version SET number = number + 1 WHERE name = 'catalog'")
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--services", type=int, default=1_000)
    parser.add_argument("--grants", type=int, default=50_000)
    options = parser.parse_args()
    fill(options.data / "gatehouse.sqlite", options.users, options.services, options.grants)


if __name__ == "__main__":
    main()
