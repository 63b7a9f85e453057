# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""`gatehouse export`: what is stored becomes a configuration file that governs alike."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from config import PROVIDER_KEY, upstream_config
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import iam
from gateway import Gateway, run, wait_until
from upstream import Upstream

PATCH = iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP
UC = "/api/2.1/unity-catalog"
CHATS = "openai/v1/chat/completions"


def client(gateway: Gateway) -> WorkspaceClient:
    return WorkspaceClient(host=gateway.url, token=gateway.token)


def own(model: str, **more: Any) -> dict[str, Any]:
    """A destination that is a model service."""
    return {
        "destination_type": "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL",
        "pay_per_token_config": {"model": f"models/{model}"},
        **more,
    }


def external(provider: str, model: str, **more: Any) -> dict[str, Any]:
    """A destination that is a model of a provider service."""
    return {
        "destination_type": "DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL",
        "external_model_config": {
            "model_provider_service": f"model-provider-services/{provider}",
            "target": {"model": model, "native_api_types": [CHATS]},
        },
        **more,
    }


def create(admin: WorkspaceClient, kind: str, name: str, config: dict[str, Any], **more: Any) -> None:
    schema, _, last = name.rpartition(".")
    admin.api_client.do(
        "POST",
        f"{UC}/{kind}-services",
        query={"parent": f"schemas/{schema}", f"{kind.replace('-', '_')}_service_id": last},
        body={"config": config, **more},
    )


def create_provider(admin: WorkspaceClient, name: str, upstream: Upstream) -> None:
    direct = {"base_url": upstream.url + "/v1", "api_key": {"plaintext": PROVIDER_KEY}}
    config = {
        "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
        "custom": {"direct": direct},
        "targets": [{"model": "m", "native_api_types": [CHATS]}],
    }
    create(admin, "model-provider", name, config)


def routed(*destinations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"routing": {"destinations": list(destinations)}, **more}


def change(admin: WorkspaceClient, kind: str, name: str, **change: Any) -> None:
    admin.api_client.do("PATCH", f"{UC}/permissions/{kind}/{name}", body={"changes": [change]})


def own_by(admin: WorkspaceClient, collection: str, name: str, owner: str) -> None:
    body = {"owner": owner}
    admin.api_client.do("PATCH", f"{UC}/{collection}/{name}", query={"update_mask": "owner"}, body=body)


def without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))


#: What the export is asked for, beside the objects of the test: grants on the system's own.
OBJECTS = [
    ("metastore", "metastore"),
    ("catalog", "main"),
    ("catalog", "other"),
    ("schema", "main.ai"),
    ("schema", "main.keys"),
    ("model_service", "main.ai.helper"),
    ("model_service", "main.ai.chain"),
    ("model_service", "main.ai.again"),
    ("model_service", "main.ai.split"),
    ("model_service", "main.ai.theirs"),
    ("model_provider_service", "main.keys.a"),
    ("model_service", "system.ai.gpt-5-nano"),
    ("model_service", "system.ai.gpt-5"),
]
PRINCIPALS = ["alice@example.com", "carol@example.com", "app-1", "analysts", "everyone in ${data}", "admins"]
MODELS = [name for kind, name in OBJECTS if kind == "model_service"]


def govern(admin: WorkspaceClient, upstream: Upstream) -> None:
    alice = admin.users.create(user_name="alice@example.com", display_name='Alice "A" #1')
    carol = admin.users.create(user_name="carol@example.com")
    admin.users.create(user_name="bob@example.com", active=False)
    app = admin.service_principals.create(application_id="app-1", display_name="the app")
    inner = admin.groups.create(display_name="analysts", members=[iam.ComplexValue(value=alice.id)])
    members = [iam.ComplexValue(value=inner.id), iam.ComplexValue(value=app.id)]
    admin.groups.create(display_name="everyone in ${data}", members=members)
    (admins,) = admin.groups.list(filter='displayName eq "admins"')
    add = [iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": carol.id}])]
    assert admins.id
    admin.groups.patch(admins.id, operations=add, schemas=[PATCH])
    comment = "first line\n  second: line ${HOME} # no comment\n"
    admin.catalogs.create("main", comment=comment, properties={"team": "a\nb"})
    admin.catalogs.create("other")
    admin.catalogs.update("other", owner="analysts")
    admin.schemas.create("ai", "main", comment="yes")
    admin.schemas.create("keys", "main")
    create_provider(admin, "main.keys.a", upstream)
    minute = "RATE_LIMIT_RENEWAL_PERIOD_MINUTE"
    limits = [{"key": "RATE_LIMIT_KEY_USER_DEFAULT", "renewal_period": minute, "requests": 10}]
    create(admin, "model", "main.ai.helper", routed(external("main.keys.a", "m"), rate_limits=limits), comment="helps")
    # In the order of their names each of these comes before what it sends calls to.
    create(admin, "model", "main.ai.chain", routed(own("main.ai.helper")))
    create(admin, "model", "main.ai.again", routed(own("main.ai.chain")))
    split = routed(own("system.ai.gpt-5", traffic_percentage=70), own("main.ai.helper", traffic_percentage=30))
    split["routing"]["fallback"] = {"destinations": [own("system.ai.gemini-2-5-flash")]}
    create(admin, "model", "main.ai.split", split)
    create(admin, "model", "main.ai.theirs", routed(own("system.ai.gpt-5")))
    own_by(admin, "model-services", "main.ai.theirs", "app-1")
    change(admin, "metastore", "metastore", principal="analysts", add=["CREATE_CATALOG"])
    change(admin, "catalog", "main", principal="everyone in ${data}", add=["USE_CATALOG", "USE_SCHEMA", "EXECUTE"])
    change(admin, "model_service", "main.ai.split", principal="app-1", deny=["EXECUTE"])
    change(admin, "model_service", "system.ai.gpt-5-nano", principal="account users", deny=["EXECUTE"])
    change(admin, "schema", "main.keys", principal="alice@example.com", add=["ALL_PRIVILEGES"])
    change(admin, "catalog", "main", principal="bob@example.com", add=["MANAGE"])


def effective(gateway: Gateway) -> dict[str, Any]:
    """Who may what, whose everything is, and who gets an answer from whom."""
    state: dict[str, Any] = {}
    for kind, name in OBJECTS:
        for principal in PRINCIPALS:
            found = gateway.get(f"{UC}/effective-permissions/{kind}/{name}", params={"principal": principal})
            assert found.status_code == 200, found.text
            assignments = found.json().get("privilege_assignments", [])
            for one in assignments:
                one["privileges"].sort(key=json.dumps)
            state[f"{principal} on {kind} {name}"] = assignments
        if kind != "metastore":
            collection = {"catalog": "catalogs", "schema": "schemas"}.get(kind, kind.replace("_", "-") + "s")
            shown = gateway.get(f"{UC}/{collection}/{name}").json()
            state[f"{kind} {name}"] = [shown.get(key) for key in ("owner", "effective_owner", "comment", "config")]
    tokens = {
        "alice@example.com": gateway.create_token("alice@example.com"),
        "carol@example.com": gateway.create_token("carol@example.com"),
        "app-1": gateway.run("token", "create", "--service-principal", "app-1").stdout.strip(),
    }
    for principal, token in tokens.items():
        headers = {"Authorization": f"Bearer {token}"}
        known = partial(gateway.get, "/api/2.0/preview/scim/v2/Me", headers=headers)
        wait_until(lambda known=known: known().status_code == 200, "the token is known")
        for model in MODELS:
            body = {"model": model, "messages": [{"role": "user", "content": "Hello!"}]}
            state[f"{principal} asks {model}"] = gateway.post(f"/{CHATS}", body, headers=headers).status_code
    return state


def test_an_export_governs_alike(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch()
    govern(client(gateway), upstream)
    export = gateway.run("export").stdout
    assert export == gateway.run("export").stdout
    assert PROVIDER_KEY not in export and gateway.token not in export
    # What a file cannot say is told, in lines that cannot be taken for anything else.
    assert "#   MAIN_KEYS_A_API_KEY: api_key of main.keys.a\n" in export
    assert '# The display name of alice@example.com is "Alice "A" #1".\n' in export
    assert '# The property "team" of main is "a\\u{a}b".\n' in export
    assert "# Not written, since it is deactivated: bob@example.com" in export
    assert "bob@example.com" not in without_comments(export)
    assert "alice@example.com:\n    groups:\n    - analysts\n" in export
    before = effective(gateway)
    assert {before["app-1 asks main.ai.again"], before["app-1 asks main.ai.split"]} == {200, 403}
    assert gateway.stop() == 0

    environment = {"MAIN_KEYS_A_API_KEY": PROVIDER_KEY}
    second = launch(export, environment=environment)
    upstream.reset()
    assert effective(second) == before
    assert upstream.requests[-1].header("authorization") == f"Bearer {PROVIDER_KEY}"
    again = second.run("export", "--config", str(second.config_file)).stdout
    assert without_comments(again) == without_comments(export)
    assert "MAIN_KEYS_A_API_KEY: as in" in again


def test_what_cannot_be_used_is_left_out(launch: Callable[..., Gateway], upstream: Upstream, tmp_path: Path) -> None:
    gateway = launch()
    admin = client(gateway)
    admin.catalogs.create("main")
    admin.schemas.create("ai", "main")
    for name in ("main.ai.a", "main.ai.b"):
        create_provider(admin, name, upstream)
    thirds = [external("main.ai.a", "m", traffic_percentage=20), external("main.ai.b", "m", traffic_percentage=70)]
    create(admin, "model", "main.ai.split", routed(*thirds, own("system.ai.gpt-5", traffic_percentage=10)))
    create(admin, "model", "main.ai.gone", routed(external("main.ai.b", "m")))
    create(admin, "model", "main.ai.behind", routed(own("main.ai.gone")))
    create(admin, "model", "main.ai.ring", routed(own("system.ai.gpt-5")))
    create(admin, "model", "main.ai.circle", routed(own("main.ai.ring")))
    ring = {"config": routed(own("main.ai.circle"))}
    admin.api_client.do("PATCH", f"{UC}/model-services/main.ai.ring", query={"update_mask": "config"}, body=ring)
    for name in ("main.ai.gone", "main.ai.ring"):
        change(admin, "model_service", name, principal="account users", add=["EXECUTE"])
    admin.api_client.do("DELETE", f"{UC}/model-provider-services/main.ai.b")
    export = gateway.run("export").stdout
    plain = without_comments(export)
    for name in ("main.ai.b", "main.ai.gone", "main.ai.behind", "main.ai.ring", "main.ai.circle"):
        assert name not in plain and name in export
    assert "traffic_percentage: 67" in plain and "traffic_percentage: 33" in plain
    file = tmp_path / "export.yaml"
    file.write_text(export)
    run("check", "--config", str(file), environment=gateway.environment | {"MAIN_AI_A_API_KEY": "k"})


def test_secrets_of_the_file_and_of_the_environment_stay_where_they_are(
    launch: Callable[..., Gateway], upstream: Upstream, tmp_path: Path
) -> None:
    config = upstream_config(upstream, simulator=True)
    providers = config["provider_services"]
    providers["test.providers.openai"]["headers"] = {"x-api-token": "header-canary", "x-team": "a"}
    providers["test.providers.custom"]["api_key"] = "${TEST_PROVIDERS_GEMINI_API_KEY}"
    gateway = launch(config, environment={"TEST_PROVIDERS_GEMINI_API_KEY": "k"})
    admin = client(gateway)
    change(admin, "metastore", "metastore", principal="account users", add=["CREATE_CATALOG"])
    export = gateway.run("export", "--config", str(gateway.config_file)).stdout
    assert PROVIDER_KEY not in export and "header-canary" not in export
    assert "x-team: a" in export and "CREATE_CATALOG" in export
    # The file uses this name for something else already.
    assert "TEST_PROVIDERS_GEMINI_API_KEY_2: api_key of test.providers.gemini" in export
    builtin = launch(environment={"OPENAI_API_KEY": PROVIDER_KEY})
    export = builtin.run("export").stdout
    assert PROVIDER_KEY not in export and "${OPENAI_API_KEY}" in export
    file = tmp_path / "export.yaml"
    file.write_text(export)
    command = ("models", "--format", "json")
    exported = run(*command, "--config", str(file), environment=builtin.environment).stdout
    assert exported == run(*command, environment=builtin.environment).stdout


def test_a_store_of_a_later_gateway_is_refused_in_one_sentence(launch: Callable[..., Gateway], tmp_path: Path) -> None:
    gateway = launch()
    assert gateway.stop() == 0
    with sqlite3.connect(gateway.data / "gatehouse.sqlite") as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    for command in (
        ("export",),
        ("backup", str(tmp_path / "backup")),
        ("key", "rotate"),
        ("sql", "SHOW CATALOGS"),
        ("sql", "SELECT 1"),
        ("token", "list"),
    ):
        refused = gateway.run(*command, check=False)
        assert refused.returncode != 0, command
        line = refused.stderr.strip()
        assert "\n" not in line and line.count(". ") == 0, line
        assert "gatehouse.sqlite has schema version 9999" in line and "later gateway" in line
    assert not list((tmp_path / "backup").glob("*"))


@pytest.mark.parametrize("command", [("export",), ("key", "rotate"), ("backup", "x")])
def test_there_must_be_something_to_look_into(tmp_path: Path, command: tuple[str, ...]) -> None:
    refused = run(*command, "--data", str(tmp_path / "none"), check=False)
    assert refused.returncode != 0 and "There is no data directory" in refused.stderr
    assert not (tmp_path / "none").exists()
