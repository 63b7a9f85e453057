# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The table of all routes in docs/routes.md, which a Swift test keeps equal to the routers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway import ROOT

ROW = re.compile(r"^\| `([A-Z]+)` \| `(/\S*)` \| (anyone|callers|administrators) \|$", re.MULTILINE)
PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    audience: str

    def filled(self, values: dict[str, str]) -> str:
        """The path with values for its parameters; every parameter needs one."""
        return PARAMETER.sub(lambda match: values[match[1]], self.path)

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


ROUTES = [Route(*row) for row in ROW.findall((ROOT / "docs/routes.md").read_text())]
assert len(ROUTES) > 100, "the table of routes has another form"
