# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Configuration files for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gateway import run
from upstream import Upstream

#: The credential of every scripted provider; it must never be seen anywhere but at the upstream.
PROVIDER_KEY = "sk-provider-canary-93a7d1f0c4be"


def upstream_config(upstream: Upstream, **more: Any) -> dict[str, Any]:
    """One service per family, all behind one scripted upstream: `test.ai.openai`, `.anthropic`, `.gemini`, `.custom`.

    The models that the upstream sees are named `upstream-<family>`.
    """
    bases = {
        "openai": upstream.url + "/openai/v1",
        "anthropic": upstream.url + "/anthropic",
        "gemini": upstream.url + "/gemini",
        "custom": upstream.url + "/custom/v1",
    }
    providers = {
        f"test.providers.{kind}": {"provider_type": kind, "base_url": base, "api_key": PROVIDER_KEY}
        for kind, base in bases.items()
    }
    services = {f"test.ai.{kind}": service(f"test.providers.{kind}", f"upstream-{kind}") for kind in bases}
    return {"provider_services": providers, "model_services": services, **more}


def service(provider: str, model: str, **more: Any) -> dict[str, Any]:
    """A model service with one destination."""
    return {"destinations": [{"provider": provider, "model": model, "traffic_percentage": 100}], **more}


def problems(directory: Path, config: dict[str, Any]) -> str:
    """What `gatehouse check` says of a file that is wrong."""
    file = directory / "wrong.yaml"
    file.write_text(json.dumps(config))
    result = run("check", "--config", str(file), check=False)
    assert result.returncode == 1, result.stdout + result.stderr
    return result.stdout + result.stderr
