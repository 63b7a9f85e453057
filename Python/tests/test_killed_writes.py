# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""`kill -9` while a thousand writes are under way: no acknowledged one is lost, and none is there by half."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from config import PROVIDER_KEY
from gateway import Gateway

UC = "/api/2.1/unity-catalog"
SCIM = "/api/2.0/preview/scim/v2"
TEAMS = ["team-a", "team-b", "team-c"]
USE = ["USE_CATALOG", "USE_SCHEMA"]
LIMITS = [{"key": "RATE_LIMIT_KEY_SERVICE", "renewal_period": "RATE_LIMIT_RENEWAL_PERIOD_MINUTE", "requests": 7}]
ROUNDS = 2


def routed(**more: Any) -> dict[str, Any]:
    destination = {
        "destination_type": "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL",
        "pay_per_token_config": {"model": "models/system.ai.gpt-5"},
    }
    return {"routing": {"destinations": [destination]}, **more}


@dataclass
class State:
    """All that is governed, as the API shows it after the restart, and how often the audit log has what of whom."""

    gateway: Gateway
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    #: Ids by comment.
    tokens: dict[str, str] = field(default_factory=dict)
    audit: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def read(cls, gateway: Gateway) -> State:
        state = cls(gateway)
        for one in pages(gateway, "/api/gatehouse/config", "objects", max_results=10_000):
            assert "problem" not in one, one
            state.objects[f"{one['type']} {one['name']}"] = one
        for kind in ("model", "model-provider"):
            key = f"{kind.replace('-', '_')}_services"
            for one in pages(gateway, f"{UC}/{kind}-services", key, parent="schemas/main.ai", view="FULL"):
                state.services[one["name"].rpartition(".")[2]] = one
        start = 1
        while found := gateway.get(f"{SCIM}/Groups", params={"startIndex": start, "count": 100}).json()["Resources"]:
            for one in found:
                state.groups[one["displayName"]] = {member["value"] for member in one.get("members", [])}
            start += len(found)
        for one in gateway.get("/api/2.0/token-management/tokens").json()["token_infos"]:
            state.tokens[one["comment"]] = one["token_id"]
        for row in gateway.sql("SELECT action_name, request_params FROM system.access.audit"):
            state.audit[row["action_name"], json.loads(row["request_params"])["target"]] += 1
        return state

    def grants(self, securable: str) -> dict[str, tuple[list[str], list[str]]]:
        found = self.objects.get(securable, {"grants": []})["grants"]
        return {one["principal"]: (one["privileges"], one["denied"]) for one in found}


def pages(gateway: Gateway, path: str, key: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = gateway.get(path, params=query).json()
        found += page.get(key, [])
        if not page.get("next_page_token"):
            return found
        query["page_token"] = page["next_page_token"]


class Write:
    """One write: what must be there before it, the request, and what comes of it."""

    def __init__(self, name: str, people: list[str]) -> None:
        self.name, self.people = name, people
        #: The body of the answer once it was acknowledged.
        self.answer: dict[str, Any] | None = None

    def before(self) -> Sequence[tuple[str, str, Any]]:
        return ()

    def request(self) -> tuple[str, str, Any]:
        raise NotImplementedError

    def happened(self, state: State) -> bool:
        """Whether it is there; fails if it is there by half."""
        raise NotImplementedError


class ModelService(Write):
    def request(self) -> tuple[str, str, Any]:
        path = f"{UC}/model-services?parent=schemas/main.ai&model_service_id={self.name}"
        return "POST", path, {"config": routed(rate_limits=LIMITS), "comment": self.name}

    def happened(self, state: State) -> bool:
        found = state.services.get(self.name)
        assert state.audit["createModelService", f"main.ai.{self.name}"] == (found is not None)
        if not found:
            return False
        assert found["comment"] == self.name and found["config"]["rate_limits"] == LIMITS
        assert len(found["config"]["routing"]["destinations"]) == 1
        return True


class ProviderService(Write):
    def request(self) -> tuple[str, str, Any]:
        path = f"{UC}/model-provider-services?parent=schemas/main.ai&model_provider_service_id={self.name}"
        direct = {"base_url": "http://127.0.0.1:9/v1", "api_key": {"plaintext": PROVIDER_KEY}}
        config = {
            "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
            "custom": {"direct": direct},
            "targets": [{"model": "m", "native_api_types": ["openai/v1/chat/completions"]}],
        }
        return "POST", path, {"config": config}

    def happened(self, state: State) -> bool:
        found = state.services.get(self.name)
        assert state.audit["createModelProviderService", f"main.ai.{self.name}"] == (found is not None)
        # The key came along, or there would be no service to show.
        assert not found or found["config"]["custom"]["direct"]["api_key"] == {}
        return found is not None


class ChangedService(Write):
    """The comment and the limits of a service, in one change."""

    def before(self) -> Sequence[tuple[str, str, Any]]:
        path = f"{UC}/model-services?parent=schemas/main.ai&model_service_id={self.name}"
        return (("POST", path, {"config": routed(), "comment": "before"}),)

    def request(self) -> tuple[str, str, Any]:
        path = f"{UC}/model-services/main.ai.{self.name}?update_mask=comment,config.rate_limits"
        return "PATCH", path, {"config": {"rate_limits": LIMITS}, "comment": "after"}

    def happened(self, state: State) -> bool:
        found = state.services[self.name]
        is_new = found["comment"] == "after"
        assert found["config"].get("rate_limits", []) == (LIMITS if is_new else [])
        assert state.audit["updateModelService", f"main.ai.{self.name}"] == is_new
        return is_new


class Catalog(Write):
    def request(self) -> tuple[str, str, Any]:
        return "POST", f"{UC}/catalogs", {"name": self.name, "comment": self.name}

    def happened(self, state: State) -> bool:
        found = state.objects.get(f"CATALOG {self.name}")
        assert state.audit["createCatalog", self.name] == (found is not None)
        assert not found or found["comment"] == self.name
        return found is not None


class DeletedCatalog(Write):
    """A catalog with a schema and grants on both, deleted in one go."""

    def before(self) -> Sequence[tuple[str, str, Any]]:
        grant = {"changes": [{"principal": TEAMS[0], "add": USE}]}
        return (
            ("POST", f"{UC}/catalogs", {"name": self.name}),
            ("POST", f"{UC}/schemas", {"name": "inner", "catalog_name": self.name}),
            ("PATCH", f"{UC}/permissions/catalog/{self.name}", grant),
        )

    def request(self) -> tuple[str, str, Any]:
        return "DELETE", f"{UC}/catalogs/{self.name}?force=true", None

    def happened(self, state: State) -> bool:
        is_gone = f"CATALOG {self.name}" not in state.objects
        assert (f"SCHEMA {self.name}.inner" not in state.objects) == is_gone
        assert state.grants(f"CATALOG {self.name}") == ({} if is_gone else {TEAMS[0]: (USE, [])})
        assert state.audit["deleteCatalog", self.name] == is_gone
        assert state.audit["deleteSchema", f"{self.name}.inner"] == is_gone
        return is_gone


class Grants(Write):
    """Three principals at once, one of them denied something."""

    def before(self) -> Sequence[tuple[str, str, Any]]:
        return (("POST", f"{UC}/catalogs", {"name": self.name}),)

    def request(self) -> tuple[str, str, Any]:
        changes: list[dict[str, Any]] = [{"principal": team, "add": USE} for team in TEAMS]
        changes[1]["deny"] = ["EXECUTE"]
        return "PATCH", f"{UC}/permissions/catalog/{self.name}", {"changes": changes}

    def happened(self, state: State) -> bool:
        found = state.grants(f"CATALOG {self.name}")
        expected = {team: (USE, ["EXECUTE"] if team == TEAMS[1] else []) for team in TEAMS}
        assert found in ({}, expected)
        assert state.audit["updatePermissions", f"CATALOG {self.name}"] == len(found)
        return bool(found)


class Group(Write):
    def request(self) -> tuple[str, str, Any]:
        members = [{"value": person} for person in self.people]
        return "POST", f"{SCIM}/Groups", {"displayName": self.name, "members": members}

    def happened(self, state: State) -> bool:
        found = state.groups.get(self.name)
        assert found in (None, set(self.people))
        assert state.audit["createGroup", self.name] == (found is not None)
        assert state.audit["addPrincipalToGroup", self.name] == len(found or ())
        return found is not None


class Token(Write):
    def request(self) -> tuple[str, str, Any]:
        body = {"application_id": "app-1", "comment": self.name, "lifetime_seconds": 3600}
        return "POST", "/api/2.0/token-management/on-behalf-of/tokens", body

    def happened(self, state: State) -> bool:
        found = state.tokens.get(self.name)
        assert found is None or state.audit["createToken", found] == 1
        if self.answer is not None:
            token = self.answer["token_value"]
            me = state.gateway.get(f"{SCIM}/Me", headers={"Authorization": f"Bearer {token}"})
            assert (me.status_code == 200) == (found is not None)
        return found is not None


#: How many of each kind are under way at once: a thousand together.
KINDS: list[tuple[type[Write], int]] = [
    (ModelService, 100),
    (ProviderService, 50),
    (ChangedService, 50),
    (Catalog, 350),
    (DeletedCatalog, 50),
    (Grants, 50),
    (Group, 250),
    (Token, 100),
]


async def send(gateway: Gateway, method: str, path: str, body: Any) -> dict[str, Any] | None:
    """One request on a connection of its own; nil if the connection broke before the whole answer was there."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nhost: {gateway.host}\r\nauthorization: Bearer {gateway.token}\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
    try:
        reader, writer = await asyncio.open_connection(gateway.host, gateway.port)
        try:
            writer.write(head.encode() + content)
            answer = await reader.readuntil(b"\r\n\r\n")
            lines = (line.partition(": ") for line in answer.decode().lower().split("\r\n"))
            headers = {name: value for name, _, value in lines}
            text = await reader.readexactly(int(headers["content-length"]))
        finally:
            writer.close()
    except (OSError, asyncio.IncompleteReadError):
        return None
    status = int(answer.split(b" ", 2)[1])
    assert status in (200, 201), f"{method} {path}: {answer!r} {text!r}"
    parsed = json.loads(text or b"{}")
    assert isinstance(parsed, dict)
    return parsed


async def prepare(gateway: Gateway, writes: list[Write]) -> None:
    async def one(write: Write) -> None:
        for step in write.before():
            assert await send(gateway, *step) is not None

    await asyncio.gather(*(one(write) for write in writes))


async def interrupt(gateway: Gateway, writes: list[Write], kill_after: int) -> None:
    """Sends all writes at once, and kills the gateway once so many are acknowledged."""
    acknowledged = 0
    enough = asyncio.Event()

    async def one(write: Write) -> None:
        nonlocal acknowledged
        write.answer = await send(gateway, *write.request())
        if write.answer is not None:
            acknowledged += 1
            if acknowledged >= kill_after:
                enough.set()

    tasks = [asyncio.create_task(one(write)) for write in writes]
    # A write that is refused ends the waiting as well.
    for task in tasks:
        task.add_done_callback(lambda task: enough.set() if not task.cancelled() and task.exception() else None)
    await enough.wait()
    gateway.kill()
    await asyncio.gather(*tasks)


@pytest.mark.timeout(300)
async def test_no_acknowledged_write_is_lost_and_none_is_halved(launch: Callable[..., Gateway]) -> None:
    gateway = launch()
    people: list[str] = []
    for name in ("app-1", "app-2"):
        made = gateway.post(f"{SCIM}/ServicePrincipals", {"applicationId": name, "displayName": name})
        people.append(made.json()["id"])
    for team in TEAMS:
        assert gateway.post(f"{SCIM}/Groups", {"displayName": team}).status_code == 201
    assert gateway.post(f"{UC}/catalogs", {"name": "main"}).status_code == 200
    assert gateway.post(f"{UC}/schemas", {"name": "ai", "catalog_name": "main"}).status_code == 200

    everything: list[Write] = []
    chance = random.Random()
    for round_number in range(ROUNDS):
        writes = [
            kind(f"{kind.__name__}_{round_number}_{number}", people) for kind, count in KINDS for number in range(count)
        ]
        assert len(writes) == 1000
        chance.shuffle(writes)
        await prepare(gateway, writes)
        await interrupt(gateway, writes, kill_after=chance.randrange(1, 900))
        everything += writes
        gateway.start()

    state = State.read(gateway)
    happened = {write.name for write in everything if write.happened(state)}
    acknowledged = {write.name for write in everything if write.answer is not None}
    assert not acknowledged - happened, sorted(acknowledged - happened)[:20]
    # Nor is there a record of what is not there.
    assert sum(count for (action, _), count in state.audit.items() if action == "createToken") == len(state.tokens)
    assert ROUNDS <= len(acknowledged) < len(everything)
