# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""`GET /api/gatehouse/config`: what is in effect, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from config import PROVIDER_KEY
from gateway import Gateway, wait_until
from test_export import UC, change, client, create, create_provider, own, routed
from upstream import Upstream

PATH = "/api/gatehouse/config"
FILE: dict[str, Any] = {
    "simulator": True,
    "users": {"alice@example.com": {"groups": ["analysts"]}},
    "catalogs": {"main": {"owner": "analysts", "comment": "from the file"}},
    "grants": [{"principal": "analysts", "privileges": ["USE_CATALOG"], "on": {"catalog": "main"}}],
}


def shown(gateway: Gateway) -> dict[str, Any]:
    response = gateway.get(PATH)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def objects(gateway: Gateway) -> dict[str, dict[str, Any]]:
    return {f"{one['type']} {one['name']}": one for one in shown(gateway)["objects"]}


def test_every_object_says_where_it_comes_from(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(FILE)
    admin = client(gateway)
    first = shown(gateway)
    admin.schemas.create("ai", "main", comment="stored")
    create_provider(admin, "main.ai.provider", upstream)
    create(admin, "model", "main.ai.helper", routed(own("system.ai.gpt-5")))
    admin.users.create(user_name="bob@example.com")
    change(admin, "catalog", "main", principal="bob@example.com", deny=["EXECUTE"])
    found = shown(gateway)
    assert found["version"] >= first["version"] + 5 and found["catalog_version"] >= first["catalog_version"] + 5
    assert found["file"] == str(gateway.config_file) and found["problems"] == [] and found["workspace_id"]
    assert PROVIDER_KEY not in gateway.get(PATH).text
    there = objects(gateway)
    catalog = there["CATALOG main"]
    assert (catalog["source"], catalog["file"], catalog["owner"]) == ("file", str(gateway.config_file), "analysts")
    assert catalog["grants"] == [
        {"principal": "analysts", "privileges": ["USE_CATALOG"], "denied": [], "source": "file"},
        {"principal": "bob@example.com", "privileges": [], "denied": ["EXECUTE"], "source": "stored"},
    ]
    schema = there["SCHEMA main.ai"]
    assert (schema["source"], schema["owner"], schema["comment"]) == ("stored", "admins", "stored")
    assert schema["revision"] == 1
    assert there["CATALOG system"]["source"] == there["CATALOG system"]["grants"][0]["source"] == "system"
    assert there["MODEL_SERVICE main.ai.helper"]["definition"]["destinations"] == [{"model_service": "system.ai.gpt-5"}]
    assert there["MODEL_PROVIDER_SERVICE main.ai.provider"]["definition"]["provider_type"] == "custom"
    assert (there["USER alice@example.com"]["source"], there["USER bob@example.com"]["source"]) == ("file", "stored")
    assert there["USER alice@example.com"]["groups"] == ["analysts"]


def test_what_is_wrong_is_shown(launch: Callable[..., Gateway]) -> None:
    gateway = launch(FILE)
    admin = client(gateway)
    admin.schemas.create("ai", "main")
    create(admin, "model", "main.ai.ring", routed(own("system.ai.gpt-5")))
    create(admin, "model", "main.ai.circle", routed(own("main.ai.ring")))
    ring = {"config": routed(own("main.ai.circle"))}
    admin.api_client.do("PATCH", f"{UC}/model-services/main.ai.ring", query={"update_mask": "config"}, body=ring)
    assert "lead back" in objects(gateway)["MODEL_SERVICE main.ai.ring"]["problem"]
    version = shown(gateway)["version"]
    gateway.write_config({**FILE, "nonsense": 1})
    wait_until(lambda: shown(gateway)["problems"], "the problem of the file is shown")
    assert "nonsense" in shown(gateway)["problems"][0]
    assert shown(gateway)["problems"] == gateway.get("/ready").json()["problems"]
    # The file takes the place of a stored object, and says so.
    gateway.write_config({**FILE, "schemas": {"main.ai": {"comment": "now the file's"}}})
    wait_until(lambda: objects(gateway)["SCHEMA main.ai"]["source"] == "file", "the file is read again")
    assert objects(gateway)["SCHEMA main.ai"]["hides_stored"] is True
    found = shown(gateway)
    assert found["version"] > version and found["problems"] == []


def test_it_comes_in_pages_and_to_administrators_alone(launch: Callable[..., Gateway]) -> None:
    gateway = launch(FILE)
    token = gateway.create_token("alice@example.com")
    assert gateway.get(PATH, headers={}).status_code == 401
    refused = gateway.get(PATH, headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 403 and refused.json()["error_code"] == "PERMISSION_DENIED"
    names: list[str] = []
    query: dict[str, Any] = {"max_results": 7}
    while True:
        page = gateway.get(PATH, params=query).json()
        names += [f"{one['type']} {one['name']}" for one in page["objects"]]
        if "next_page_token" not in page:
            break
        assert len(page["objects"]) == 7
        query["page_token"] = page["next_page_token"]
    assert sorted(names) == sorted(objects(gateway)) and len(names) == len(set(names))
