# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Administration with the unmodified Databricks SDK: catalogs, services, grants, users, groups, tokens."""

from __future__ import annotations

import json
import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from config import PROVIDER_KEY
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import (
    AlreadyExists,
    BadRequest,
    InvalidParameterValue,
    NotFound,
    PermissionDenied,
    ResourceConflict,
    Unauthenticated,
)
from databricks.sdk.service import iam
from databricks.sdk.service.serving import ChatMessage, ChatMessageRole
from gateway import Gateway, wait_until
from upstream import Upstream

UC = "/api/2.1/unity-catalog"
HELLO = [ChatMessage(role=ChatMessageRole.USER, content="Hello!")]
PATCH = [iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]


def client(gateway: Gateway, token: str | None = None) -> WorkspaceClient:
    return WorkspaceClient(host=gateway.url, token=token or gateway.token)


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway on embedded defaults that the tests of this file share; each test makes a catalog of its own."""
    running = Gateway(tmp_path_factory.mktemp("governed")).start()
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture
def admin(governed: Gateway) -> WorkspaceClient:
    return client(governed)


@pytest.fixture
def team(admin: WorkspaceClient) -> str:
    """A new catalog with the schema `ai`."""
    name = f"team_{uuid.uuid4().hex[:8]}"
    admin.catalogs.create(name, comment="of a test")
    admin.schemas.create("ai", name)
    return name


class Principal:
    """A service principal with a token, and so a client of its own."""

    def __init__(self, gateway: Gateway, admin: WorkspaceClient) -> None:
        self.principal = admin.service_principals.create(display_name="app")
        assert self.principal.application_id and self.principal.id
        self.name, self.id = self.principal.application_id, self.principal.id
        token = admin.token_management.create_obo_token(application_id=self.name, lifetime_seconds=3600)
        assert token.token_value
        self.token = token.token_value
        self.client = client(gateway, self.token)

    def ask(self, model: str) -> str:
        response = self.client.serving_endpoints.query(name=model, messages=HELLO, max_tokens=16)
        assert response.choices and response.choices[0].message
        return response.choices[0].message.content or ""


@pytest.fixture
def app(governed: Gateway, admin: WorkspaceClient) -> Principal:
    return Principal(governed, admin)


def grant(admin: WorkspaceClient, kind: str, name: str, principal: str, *privileges: str) -> None:
    change(admin, kind, name, {"principal": principal, "add": list(privileges)})


def change(admin: WorkspaceClient, kind: str, name: str, change: dict[str, Any]) -> Any:
    return admin.api_client.do("PATCH", f"{UC}/permissions/{kind}/{name}", body={"changes": [change]})


def pay_per_token(model: str, **more: Any) -> dict[str, Any]:
    return {
        "destination_type": "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL",
        "pay_per_token_config": {"model": f"models/{model}"},
        **more,
    }


def create_service(
    workspace: WorkspaceClient, schema: str, name: str, config: dict[str, Any], kind: str = "model", **more: Any
) -> Any:
    collection = "model-services" if kind == "model" else "model-provider-services"
    parameter = "model_service_id" if kind == "model" else "model_provider_service_id"
    return workspace.api_client.do(
        "POST",
        f"{UC}/{collection}",
        query={"parent": f"schemas/{schema}", parameter: name},
        body={"config": config, **more},
    )


def simple(model: str = "system.ai.gpt-5") -> dict[str, Any]:
    return {"routing": {"destinations": [pay_per_token(model)]}}


# Catalogs and schemas


def test_catalogs_and_schemas(admin: WorkspaceClient, team: str) -> None:
    found = admin.catalogs.get(team)
    assert (found.name, found.comment, found.owner) == (team, "of a test", "admins")
    assert found.created_at and found.created_at == found.updated_at
    schema = admin.schemas.get(f"{team}.ai")
    assert (schema.name, schema.catalog_name, schema.full_name) == ("ai", team, f"{team}.ai")
    changed = admin.catalogs.update(team, comment="another", properties={"team": "a"})
    assert (changed.comment, changed.properties) == ("another", {"team": "a"})
    # What a change does not name stays.
    assert admin.catalogs.update(team, comment="third").properties == {"team": "a"}
    assert [one.name for one in admin.schemas.list(team)] == ["ai"]
    assert {"system", team} <= {one.name for one in admin.catalogs.list()}
    with pytest.raises(AlreadyExists, match=f"Catalog '{team}' already exists"):
        admin.catalogs.create(team)
    with pytest.raises(BadRequest, match="not empty: it contains SCHEMA"):
        admin.catalogs.delete(team)
    admin.catalogs.delete(team, force=True)
    with pytest.raises(NotFound, match=f"Catalog '{team}' does not exist"):
        admin.catalogs.get(team)
    with pytest.raises(NotFound):
        admin.schemas.get(f"{team}.ai")


def test_lists_come_in_pages(admin: WorkspaceClient, team: str) -> None:
    names = sorted(f"s{number:02}" for number in range(7))
    for name in names:
        admin.schemas.create(name, team)
    assert [one.name for one in admin.schemas.list(team, max_results=3)] == ["ai", *names]


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("catalogs", {}, "The body lacks the key `name`"),
        ("catalogs", {"name": "a.b"}, "`name` must be 1 to 255 letters, digits, `_` or `-`"),
        ("catalogs", {"name": "x", "storage_root": "s3://x"}, "this gateway stores no data"),
        ("catalogs", {"name": "x", "nmae": "y"}, "Did you mean `name`?"),
        ("schemas", {"name": "x"}, "lacks the key `catalog_name`"),
        ("catalogs", [], "must be an object"),
        ("catalogs", "{", "not valid JSON"),
    ],
)
def test_a_bad_body_is_told_as_a_bad_file_is(governed: Gateway, path: str, body: Any, told: str) -> None:
    response = governed.post(f"{UC}/{path}", body)
    assert response.status_code == 400, response.text
    assert told in response.json()["message"]
    assert response.json()["error_code"] in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST")
    assert response.headers["x-request-id"]


def test_a_body_of_many_values_is_refused_whole(governed: Gateway) -> None:
    many = governed.post(f"{UC}/catalogs", {f"k{number}": 0 for number in range(50_000)})
    assert many.status_code == 400 and "more than 4096 values" in many.json()["message"]
    deep = governed.post(f"{UC}/catalogs", b"[" * 10_000)
    assert deep.status_code == 400
    large = governed.post(f"{UC}/catalogs", {"name": "x", "comment": "x" * (2 << 20)})
    assert large.status_code == 413


# Who may what


def test_nothing_is_allowed_that_is_not_granted(admin: WorkspaceClient, team: str, app: Principal) -> None:
    model = f"{team}.ai.helper"
    create_service(admin, f"{team}.ai", "helper", simple())
    steps = [
        ("catalog", team, "USE_CATALOG"),
        ("schema", f"{team}.ai", "USE_SCHEMA"),
        ("model_service", model, "EXECUTE"),
    ]
    for kind, name, privilege in steps:
        with pytest.raises(PermissionDenied, match=privilege.replace("_", " ")):
            app.ask(model)
        grant(admin, kind, name, app.name, privilege)
    assert app.ask(model)
    for kind, name, privilege in steps:
        change(admin, kind, name, {"principal": app.name, "remove": [privilege]})
        with pytest.raises(PermissionDenied, match=privilege.replace("_", " ")):
            app.ask(model)
        grant(admin, kind, name, app.name, privilege)
    assert app.ask(model)
    change(admin, "catalog", team, {"principal": "account users", "deny": ["EXECUTE"]})
    with pytest.raises(PermissionDenied, match="EXECUTE"):
        app.ask(model)
    change(admin, "catalog", team, {"principal": "account users", "remove": ["EXECUTE"]})
    assert app.ask(model)


def test_a_model_of_the_system_can_be_denied(admin: WorkspaceClient, app: Principal) -> None:
    assert app.ask("system.ai.gpt-5-mini")
    denied = {"principal": "account users", "deny": ["EXECUTE"]}
    change(admin, "model_service", "system.ai.gpt-5-mini", denied)
    try:
        with pytest.raises(PermissionDenied):
            app.ask("system.ai.gpt-5-mini")
        with pytest.raises(PermissionDenied):
            app.ask("databricks-gpt-5-mini")
        assert app.ask("system.ai.gpt-5")
    finally:
        change(admin, "model_service", "system.ai.gpt-5-mini", {"principal": "account users", "remove": ["EXECUTE"]})
    assert app.ask("system.ai.gpt-5-mini")


def test_groups_within_groups_lend_their_grants(admin: WorkspaceClient, team: str, app: Principal) -> None:
    inner = admin.groups.create(display_name=f"{team} inner", members=[iam.ComplexValue(value=app.id)])
    outer = admin.groups.create(display_name=f"{team} outer", members=[iam.ComplexValue(value=inner.id)])
    model = f"{team}.ai.helper"
    create_service(admin, f"{team}.ai", "helper", simple())
    grant(admin, "catalog", team, f"{team} outer", "USE_CATALOG", "USE_SCHEMA", "EXECUTE")
    assert app.ask(model)
    member = f'members[value eq "{app.id}"]'
    assert inner.id and outer.id
    admin.groups.patch(inner.id, operations=[iam.Patch(op=iam.PatchOp.REMOVE, path=member)], schemas=PATCH)
    with pytest.raises(PermissionDenied):
        app.ask(model)
    # A circle would make the outer group a part of itself.
    with pytest.raises(InvalidParameterValue, match="contain itself"):
        admin.groups.patch(
            inner.id,
            operations=[iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": outer.id}])],
            schemas=PATCH,
        )


def test_effective_permissions_say_where_they_come_from(admin: WorkspaceClient, team: str, app: Principal) -> None:
    grant(admin, "catalog", team, app.name, "EXECUTE", "USE_SCHEMA")
    grant(admin, "schema", f"{team}.ai", app.name, "CREATE_SERVICE")
    found = admin.api_client.do("GET", f"{UC}/effective-permissions/schema/{team}.ai", query={"principal": app.name})
    assert isinstance(found, dict)
    (assignment,) = found["privilege_assignments"]
    inherited = {"inherited_from_type": "CATALOG", "inherited_from_name": team}
    assert sorted(assignment["privileges"], key=lambda one: one["privilege"]) == [
        {"privilege": "CREATE_SERVICE"},
        {"privilege": "EXECUTE", **inherited},
        {"privilege": "USE_SCHEMA", **inherited},
    ]


def test_users_manage_what_they_own_and_nothing_else(admin: WorkspaceClient, team: str, app: Principal) -> None:
    with pytest.raises(PermissionDenied, match="CREATE CATALOG"):
        app.client.catalogs.create(f"{team}_own")
    # What one may not see is not there.
    with pytest.raises(NotFound):
        app.client.catalogs.get(team)
    assert team not in {one.name for one in app.client.catalogs.list()}
    for refused in (
        lambda: app.client.users.list().__next__(),
        lambda: app.client.groups.create(display_name="mine"),
        lambda: app.client.token_management.list().__next__(),
    ):
        with pytest.raises(PermissionDenied, match="Only administrators"):
            refused()
    grant(admin, "metastore", "metastore", app.name, "CREATE_CATALOG")
    own = f"{team}_own"
    assert app.client.catalogs.create(own).owner == app.name
    app.client.schemas.create("ai", own)
    create_service(app.client, f"{own}.ai", "helper", simple())
    assert app.ask(f"{own}.ai.helper")
    other = app.client.schemas.update(f"{own}.ai", owner="admins")
    assert other.owner == "admins"
    # The owner of the catalog still manages what is in it.
    assert app.client.schemas.update(f"{own}.ai", comment="mine").comment == "mine"
    change(admin, "metastore", "metastore", {"principal": app.name, "remove": ["CREATE_CATALOG"]})
    app.client.catalogs.delete(own, force=True)


# Services


def test_a_service_is_shown_as_it_was_made(admin: WorkspaceClient, team: str) -> None:
    config = {
        "routing": {
            "destinations": [
                pay_per_token("system.ai.gpt-5", traffic_percentage=70),
                pay_per_token("system.ai.databricks-claude-sonnet-4-5", traffic_percentage=30),
            ],
            "fallback": {"destinations": [pay_per_token("system.ai.gemini-2-5-flash")]},
        },
        "rate_limits": [
            {"key": "RATE_LIMIT_KEY_USER_DEFAULT", "renewal_period": "RATE_LIMIT_RENEWAL_PERIOD_MINUTE", "requests": 10}
        ],
        "inference_table": {"parent": f"schemas/{team}.logs", "table_name_prefix": "calls"},
    }
    made = create_service(admin, f"{team}.ai", "helper", config, comment="helps")
    assert made["name"] == f"model-services/{team}.ai.helper"
    assert (made["comment"], made["effective_owner"]) == ("helps", "admins")
    shares = [one["traffic_percentage"] for one in made["config"]["routing"]["destinations"]]
    assert shares == [70, 30]
    models = [one["pay_per_token_config"]["model"] for one in made["config"]["routing"]["destinations"]]
    assert models == ["models/system.ai.gpt-5", "models/system.ai.claude-sonnet-4-5"]
    assert made["config"]["rate_limits"] == config["rate_limits"]
    assert made["config"]["inference_table"]["table"] == f"{team}.logs.calls_payload"
    assert "openai/v1/chat/completions" in made["supported_api_types"]
    assert made == admin.api_client.do("GET", f"{UC}/model-services/{team}.ai.helper")
    # The short view leaves out where calls go.
    listed = admin.api_client.do("GET", f"{UC}/model-services", query={"parent": f"schemas/{team}.ai"})
    assert isinstance(listed, dict)
    (short,) = listed["model_services"]
    assert "routing" not in short["config"] and "inference_table" not in short["config"]
    full = admin.api_client.do("GET", f"{UC}/model-services", query={"parent": f"schemas/{team}.ai", "view": "FULL"})
    assert isinstance(full, dict) and full["model_services"] == [made]
    with pytest.raises(AlreadyExists, match="share one name space"):
        create_service(
            admin,
            f"{team}.ai",
            "helper",
            {
                "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI",
                "openai": {"direct": {"api_key": {"plaintext": "k"}}},
            },
            "provider",
        )


def test_a_change_names_what_it_changes(admin: WorkspaceClient, team: str) -> None:
    create_service(admin, f"{team}.ai", "helper", simple(), comment="first")
    path = f"{UC}/model-services/{team}.ai.helper"

    def patch(body: dict[str, Any], mask: str, **query: str) -> Any:
        return admin.api_client.do("PATCH", path, query={"update_mask": mask, **query}, body=body)

    limits = [{"key": "RATE_LIMIT_KEY_SERVICE", "renewal_period": "RATE_LIMIT_RENEWAL_PERIOD_HOUR", "tokens": 5000}]
    changed = patch({"config": {"rate_limits": limits}, "comment": "not this"}, "config.rate_limits")
    assert changed["comment"] == "first" and changed["config"]["rate_limits"] == limits
    assert changed["config"]["routing"]["destinations"][0]["pay_per_token_config"]["model"] == "models/system.ai.gpt-5"
    assert patch({"comment": "second"}, "comment")["config"] == changed["config"]
    destinations = {"config": {"routing": {"destinations": [pay_per_token("system.ai.claude-haiku-4-5")]}}}
    moved = patch(destinations, "config.routing.destinations")
    assert moved["config"]["rate_limits"] == limits
    assert "claude-haiku" in json.dumps(moved["config"]["routing"])
    # All of it is replaced by what is sent.
    assert "rate_limits" not in patch({"config": simple()}, "config")["config"]
    etag = admin.api_client.do("GET", path)["etag"]
    assert patch({"comment": "third"}, "comment", etag=etag)["etag"] != etag
    with pytest.raises(ResourceConflict, match="has changed since it was read"):
        patch({"comment": "fourth"}, "comment", etag=etag)
    for mask, told in [
        ("", "`update_mask` is missing"),
        ("config.routing", "cannot be updated by itself"),
        ("name", "cannot be updated"),
    ]:
        with pytest.raises(BadRequest, match=told):
            patch({}, mask)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, "lacks the key `destinations`"),
        (
            {"routing": {"destinations": [{"destination_type": "X"}]}},
            "`config.routing.destinations\\[0\\].destination_type`",
        ),
        (
            {"routing": {"destinations": [pay_per_token("system.ai.gpt-5", traffic_percentage=101)]}},
            "from 0 to 100, not `101`",
        ),
        ({"routing": {"destinations": [pay_per_token("nope")]}}, "`models/` and a name of three parts"),
        ({"routing": {"destinations": [pay_per_token("system.ai.nope")]}}, "does not exist"),
        ({**simple(), "rate_limit": []}, "Did you mean `rate_limits`?"),
        (
            {
                **simple(),
                "rate_limits": [
                    {"key": "RATE_LIMIT_KEY_USER", "renewal_period": "RATE_LIMIT_RENEWAL_PERIOD_MINUTE", "requests": 1}
                ],
            },
            "`principal`",
        ),
    ],
)
def test_a_wrong_service_is_refused(admin: WorkspaceClient, team: str, config: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidParameterValue, match=told):
        create_service(admin, f"{team}.ai", "wrong", config)
    with pytest.raises(NotFound):
        admin.api_client.do("GET", f"{UC}/model-services/{team}.ai.wrong")


def test_a_provider_service_keeps_its_key_to_itself(
    governed: Gateway, admin: WorkspaceClient, team: str, upstream: Upstream
) -> None:
    config = {
        "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
        "custom": {"direct": {"base_url": upstream.url + "/v1", "api_key": {"plaintext": PROVIDER_KEY}}},
        "targets": [{"model": "m", "native_api_types": ["openai/v1/chat/completions"]}],
    }
    made = create_service(admin, f"{team}.ai", "provider", config, "provider")
    assert made["config"]["custom"]["direct"] == {"base_url": upstream.url + "/v1", "api_key": {}}
    external = {
        "destination_type": "DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL",
        "external_model_config": {
            "model_provider_service": f"model-provider-services/{team}.ai.provider",
            "target": {"model": "m", "native_api_types": ["openai/v1/chat/completions"]},
        },
    }
    create_service(admin, f"{team}.ai", "helper", {"routing": {"destinations": [external]}})
    body = {"model": f"{team}.ai.helper", "messages": [{"role": "user", "content": "Hi"}]}
    governed.post("/openai/v1/chat/completions", body)
    assert upstream.requests[-1].header("authorization") == f"Bearer {PROVIDER_KEY}"
    # A replacement without a credential keeps the one there is, and a new one takes its place.
    path = f"{UC}/model-provider-services/{team}.ai.provider"
    replaced = {"config": {"custom": {"direct": {"base_url": upstream.url + "/v2", "api_key": {}}}}}
    admin.api_client.do("PATCH", path, query={"update_mask": "config.provider"}, body=replaced)
    governed.post("/openai/v1/chat/completions", body)
    assert upstream.requests[-1].target.startswith("/v2/")
    assert upstream.requests[-1].header("authorization") == f"Bearer {PROVIDER_KEY}"
    with pytest.raises(InvalidParameterValue, match="provider_type` cannot be changed"):
        admin.api_client.do(
            "PATCH",
            path,
            query={"update_mask": "config"},
            body={
                "config": {
                    "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI",
                    "openai": {"direct": {"api_key": {"plaintext": "other"}}},
                    "allow_all_targets": True,
                }
            },
        )
    # The key is nowhere: not in the store, not in the log, not in any answer.
    for file in governed.data.rglob("*"):
        if file.is_file():
            assert PROVIDER_KEY.encode() not in file.read_bytes(), file
    assert PROVIDER_KEY not in governed.output
    assert PROVIDER_KEY not in json.dumps(admin.api_client.do("GET", path))
    assert (governed.data / "encryption.key").stat().st_mode & 0o777 == 0o600
    # A deleted provider shows in the services that named it.
    admin.api_client.do("DELETE", path)
    shown = admin.api_client.do("GET", f"{UC}/model-services/{team}.ai.helper")
    assert isinstance(shown, dict) and shown["config"]["routing"]["destinations"][0]["is_deleted"] is True
    assert governed.post("/openai/v1/chat/completions", body).status_code == 404


def test_destinations_are_checked_with_the_rights_of_the_owner(
    governed: Gateway, admin: WorkspaceClient, team: str, app: Principal
) -> None:
    maker = Principal(governed, admin)
    create_service(admin, f"{team}.ai", "inner", simple())
    grant(admin, "catalog", team, maker.name, "USE_CATALOG", "USE_SCHEMA", "CREATE_SCHEMA")
    maker.client.schemas.create("own", team)
    with pytest.raises(PermissionDenied, match=f"EXECUTE privilege on MODEL SERVICE {team}.ai.inner"):
        create_service(maker.client, f"{team}.own", "outer", simple(f"{team}.ai.inner"))
    grant(admin, "model_service", f"{team}.ai.inner", maker.name, "EXECUTE")
    create_service(maker.client, f"{team}.own", "outer", simple(f"{team}.ai.inner"))
    # The caller needs no right on the inner service; the owner does, and keeps it no longer than it is granted.
    grant(admin, "catalog", team, app.name, "USE_CATALOG")
    grant(maker.client, "schema", f"{team}.own", app.name, "USE_SCHEMA", "EXECUTE")
    assert app.ask(f"{team}.own.outer")
    change(admin, "model_service", f"{team}.ai.inner", {"principal": maker.name, "remove": ["EXECUTE"]})
    with pytest.raises(PermissionDenied, match=f"The owner of MODEL SERVICE {team}.own.outer"):
        app.ask(f"{team}.own.outer")
    grant(admin, "model_service", f"{team}.ai.inner", maker.name, "EXECUTE")
    assert app.ask(f"{team}.own.outer")
    # A new owner without the right is refused.
    with pytest.raises(PermissionDenied):
        admin.api_client.do(
            "PATCH",
            f"{UC}/model-services/{team}.own.outer",
            query={"update_mask": "owner"},
            body={"owner": app.name},
        )


# Identities and tokens


def test_scim_lists_filter_and_page(admin: WorkspaceClient) -> None:
    mark = uuid.uuid4().hex[:8]
    for number in range(5):
        admin.users.create(user_name=f"{mark}-{number}@example.com", display_name=f"User {number}")
    names = [one.user_name for one in admin.users.list(filter=f'userName sw "{mark}"')]
    assert names and sorted(str(name) for name in names) == [f"{mark}-{number}@example.com" for number in range(5)]
    only = list(admin.users.list(filter=f'userName eq "{mark.upper()}-3@example.com" and active eq true'))
    assert [one.display_name for one in only] == ["User 3"]
    assert not list(admin.users.list(filter=f'userName sw "{mark}" and not (displayName co "User")'))
    assert len(list(admin.users.list(filter=f'userName sw "{mark}"', count=2))) == 5
    with pytest.raises(BadRequest, match="One of eq, ne, co, sw, ew and pr"):
        list(admin.users.list(filter="userName is x"))
    with pytest.raises(AlreadyExists):
        admin.users.create(user_name=f"{mark}-0@example.com")
    with pytest.raises(AlreadyExists, match="as a user"):
        admin.groups.create(display_name=f"{mark}-0@example.com")


def test_a_user_that_is_deactivated_or_deleted_is_out_at_once(
    governed: Gateway, admin: WorkspaceClient, app: Principal
) -> None:
    assert app.client.current_user.me().user_name == app.name
    deactivate = [iam.Patch(op=iam.PatchOp.REPLACE, path="active", value="False")]
    admin.service_principals.patch(app.id, operations=deactivate, schemas=PATCH)
    with pytest.raises(Unauthenticated):
        app.client.current_user.me()
    activate = [iam.Patch(op=iam.PatchOp.REPLACE, value={"active": True})]
    admin.service_principals.patch(app.id, operations=activate, schemas=PATCH)
    app.client.current_user.me()
    admin.service_principals.delete(app.id)
    with pytest.raises(Unauthenticated):
        app.client.current_user.me()
    # Somebody of the same name later does not inherit the token.
    again = admin.service_principals.create(application_id=app.name, display_name="another")
    with pytest.raises(Unauthenticated):
        app.client.current_user.me()
    assert again.id
    admin.service_principals.delete(again.id)


def test_tokens(governed: Gateway, admin: WorkspaceClient, app: Principal) -> None:
    made = app.client.tokens.create(comment="laptop", lifetime_seconds=600)
    assert made.token_value and made.token_info and made.token_info.token_id
    own = {one.comment: one for one in app.client.tokens.list()}
    assert "laptop" in own and own["laptop"].expiry_time
    assert own["laptop"].creation_time and own["laptop"].expiry_time - own["laptop"].creation_time == 600_000
    second = client(governed, made.token_value)
    assert second.current_user.me().user_name == app.name
    other = Principal(governed, admin)
    with pytest.raises(NotFound):
        other.client.tokens.delete(made.token_info.token_id)
    app.client.tokens.delete(made.token_info.token_id)
    with pytest.raises(Unauthenticated):
        second.current_user.me()
    ids = [one.token_id for one in admin.token_management.list(created_by_username=other.name)]
    assert len(ids) == 1 and ids[0]
    admin.token_management.delete(ids[0])
    with pytest.raises(Unauthenticated):
        other.client.current_user.me()


def test_members_of_admins_are_administrators(admin: WorkspaceClient, app: Principal) -> None:
    (group,) = admin.groups.list(filter='displayName eq "admins"')
    assert group.id
    add = [iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": app.id}])]
    admin.groups.patch(group.id, operations=add, schemas=PATCH)
    assert any(one.display == "admins" for one in app.client.current_user.me().groups or [])
    assert list(app.client.users.list()) is not None
    remove = [iam.Patch(op=iam.PatchOp.REMOVE, path=f'members[value eq "{app.id}"]')]
    admin.groups.patch(group.id, operations=remove, schemas=PATCH)
    with pytest.raises(PermissionDenied):
        list(app.client.users.list())
    with pytest.raises(ResourceConflict):
        admin.groups.delete(group.id)


# The file and the store


FILE = {
    "simulator": True,
    "users": {"alice@example.com": {"groups": ["analysts"]}},
    "groups": {"analysts": {"groups": ["everyone in data"]}},
    "catalogs": {"main": {"owner": "analysts", "comment": "from the file"}},
    "model_services": {"main.ai.helper": {"destinations": [{"model_service": "system.ai.gpt-5"}], "comment": "helps"}},
    "grants": [
        {
            "principal": "everyone in data",
            "privileges": ["USE_CATALOG", "USE_SCHEMA", "EXECUTE"],
            "on": {"catalog": "main"},
        },
        {"principal": "account users", "deny": ["EXECUTE"], "on": {"model_service": "system.ai.gpt-5-nano"}},
    ],
}


def test_what_the_file_declares_is_shown_and_stays(launch: Callable[..., Gateway]) -> None:
    gateway = launch(FILE)
    admin = client(gateway)
    found = admin.catalogs.get("main")
    assert (found.owner, found.comment) == ("analysts", "from the file")
    for refused in (
        lambda: admin.catalogs.update("main", comment="x"),
        lambda: admin.catalogs.delete("main", force=True),
        lambda: change(admin, "catalog", "main", {"principal": "everyone in data", "remove": ["EXECUTE"]}),
        lambda: admin.api_client.do("DELETE", f"{UC}/model-services/main.ai.helper"),
        lambda: admin.users.delete(next(iter(admin.users.list(filter='userName eq "alice@example.com"'))).id or ""),
    ):
        with pytest.raises(ResourceConflict, match="gatehouse.yaml"):
            refused()
    token = gateway.run("token", "create", "--user", "alice@example.com").stdout.strip()
    alice = client(gateway, token)

    def asks(model: str) -> bool:
        return bool(alice.serving_endpoints.query(name=model, messages=HELLO).choices)

    wait_until(
        lambda: (
            gateway.get("/api/2.0/preview/scim/v2/Me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        ),
        "the token is known",
    )
    assert asks("main.ai.helper")
    with pytest.raises(PermissionDenied):
        asks("system.ai.gpt-5-nano")
    # Grants of the store add to those of the file, and denials win.
    change(admin, "model_service", "main.ai.helper", {"principal": "alice@example.com", "deny": ["EXECUTE"]})
    with pytest.raises(PermissionDenied):
        asks("main.ai.helper")
    change(admin, "model_service", "main.ai.helper", {"principal": "alice@example.com", "remove": ["EXECUTE"]})
    assert asks("main.ai.helper")


def test_everything_survives_a_kill(launch: Callable[..., Gateway]) -> None:
    gateway = launch()
    admin = client(gateway)
    admin.catalogs.create("main")
    admin.schemas.create("ai", "main")
    create_service(admin, "main.ai", "helper", simple(), comment="helps")
    principal = Principal(gateway, admin)
    grant(admin, "catalog", "main", principal.name, "USE_CATALOG", "USE_SCHEMA", "EXECUTE")
    gateway.kill()
    gateway.start()
    principal.client = client(gateway, principal.token)
    assert principal.ask("main.ai.helper")


def test_concurrent_writes_and_reloads_lose_nothing(launch: Callable[..., Gateway]) -> None:
    gateway = launch(FILE)
    assert gateway.process
    stop = threading.Event()

    def reload() -> None:
        while not stop.is_set():
            os.kill(gateway.process.pid, signal.SIGHUP)  # type: ignore[union-attr]
            stop.wait(0.01)

    reloading = threading.Thread(target=reload)
    reloading.start()
    try:
        with gateway.client() as http:
            for number in range(100):
                assert http.post(f"{UC}/catalogs", json={"name": f"c{number}"}).status_code == 200
                assert http.get(f"{UC}/catalogs/c{number}").status_code == 200
                assert http.get(f"{UC}/catalogs/main").status_code == 200
    finally:
        stop.set()
        reloading.join()
    assert len(list(client(gateway).catalogs.list())) == 102


# Doors


def test_nothing_is_said_of_administration_before_the_caller_is_known(governed: Gateway) -> None:
    """Not even whether there is such a route; test_default_deny.py walks over those that there are."""
    for method, path in (("GET", "/api/none/such"), ("GET", "/api/"), ("POST", f"{UC}/catalogs")):
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            response = httpx.request(method, governed.url + path, headers=headers, content=b"{" * 100)
            assert response.status_code == 401, (method, path, response.text)
            assert response.json()["error_code"] == "UNAUTHENTICATED"
    assert governed.get("/api/none/such").status_code == 404
    wrong = httpx.put(governed.url + f"{UC}/catalogs", headers=governed.bearer)
    assert wrong.status_code == 405 and wrong.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "name", ["%00", "..%2f..%2fetc", "a%0d%0ab", "%ff", "x" * 5000, "'; DROP TABLE object; --", "%F0%9F%98%80"]
)
def test_hostile_names_find_nothing(governed: Gateway, name: str) -> None:
    for path in (
        f"{UC}/catalogs/{name}",
        f"{UC}/model-services/{name}",
        f"{UC}/permissions/catalog/{name}",
        f"/api/2.0/preview/scim/v2/Users/{name}",
        f"/api/2.0/token-management/tokens/{name}",
    ):
        response = governed.get(path)
        assert response.status_code in (400, 404), response.text
        assert response.json()["error_code"]
    assert governed.get("/health").status_code == 200


# Provider services, named by callers


def test_callers_name_a_provider_service(
    governed: Gateway, admin: WorkspaceClient, team: str, app: Principal, upstream: Upstream
) -> None:
    config = {
        "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
        "custom": {"direct": {"base_url": upstream.url + "/v1", "api_key": {"plaintext": PROVIDER_KEY}}},
        "targets": [{"model": "their/model", "native_api_types": ["openai/v1/chat/completions"]}],
        "forward_headers": True,
        "forward_query_parameters": True,
    }
    create_service(admin, f"{team}.ai", "provider", config, "provider")
    name = f"{team}.ai.provider"

    def ask(
        model: str = "their/model", path: str = "/ai-gateway/openai/v1/chat/completions", **headers: str
    ) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
        return governed.post(
            path,
            body,
            headers={"Authorization": f"Bearer {app.token}", "Databricks-Model-Provider-Service": name, **headers},
        )

    hidden = ask()
    assert hidden.status_code == 404 and f"'{name}' does not exist" in hidden.text
    grant(admin, "catalog", team, app.name, "USE_CATALOG", "USE_SCHEMA", "READ_METADATA")
    refused = ask()
    assert refused.status_code == 403 and f"EXECUTE privilege on MODEL PROVIDER SERVICE {name}" in refused.text
    grant(admin, "model_provider_service", name, app.name, "EXECUTE")
    answer = ask(path="/ai-gateway/openai/v1/chat/completions?tier=fast&key=secret", **{"X-Team": "a", "Cookie": "c=1"})
    assert answer.status_code == 200, answer.text
    seen = upstream.requests[-1]
    assert seen.json["model"] == "their/model" and seen.target == "/v1/chat/completions?tier=fast"
    assert seen.header("authorization") == f"Bearer {PROVIDER_KEY}" and seen.header("x-team") == "a"
    assert seen.header("cookie") is None and seen.header("databricks-model-provider-service") is None
    wrong = ask(model="another")
    assert wrong.status_code == 400 and "Its targets: 'their/model'" in wrong.text
    foreign = ask(path="/ai-gateway/anthropic/v1/messages")
    assert foreign.status_code == 400 and "is not supported by" in foreign.text
    (row,) = governed.usage(f"service_name = '{name}' AND status_code = 200")
    assert (row["service_type"], row["destination_model"]) == ("MODEL_PROVIDER_SERVICE", "their/model")
    patch = {"config": {"allow_all_targets": True}}
    admin.api_client.do(
        "PATCH", f"{UC}/model-provider-services/{name}", query={"update_mask": "config.allow_all_targets"}, body=patch
    )
    assert ask(model="another").status_code == 200


def test_a_model_may_have_a_path_of_its_own(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(
        {
            "provider_services": {
                "main.p.x": {
                    "provider_type": "custom",
                    "base_url": upstream.url + "/api",
                    "api_key": "k",
                    "api_key_header": "x-special-key",
                }
            },
            "model_services": {
                "main.ai.m": {
                    "destinations": [{"provider": "main.p.x", "model": "m", "endpoint_route": "/chat/m/invoke"}]
                }
            },
        }
    )
    body = {"model": "main.ai.m", "messages": [{"role": "user", "content": "Hi"}]}
    gateway.post("/openai/v1/chat/completions", body)
    assert upstream.request.target == "/api/chat/m/invoke" and upstream.request.header("x-special-key") == "k"
    assert upstream.request.header("authorization") is None


def test_callers_may_bring_their_own_credential(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = launch(
        {
            "provider_services": {
                "main.p.claude": {"provider_type": "anthropic", "base_url": upstream.url, "relay_credentials": True}
            },
            "model_services": {
                "main.ai.claude": {"destinations": [{"provider": "main.p.claude", "model": "claude-x"}]}
            },
        }
    )
    body = {"model": "main.ai.claude", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"X-Databricks-AI-Gateway-Token": gateway.token, "Authorization": "Bearer sk-ant-oat-of-the-caller"}
    assert gateway.post("/anthropic/v1/messages", body, headers=headers).status_code == 200
    assert upstream.request.header("authorization") == "Bearer sk-ant-oat-of-the-caller"
    assert upstream.request.header("x-databricks-ai-gateway-token") is None
    # The gateway's own token never goes on, and the caller's is no token of the gateway.
    gateway.post("/anthropic/v1/messages", body)
    assert upstream.requests[-1].header("authorization") is None
    for wrong in (
        {"Authorization": "Bearer sk-ant-oat-of-the-caller"},
        {**headers, "X-Databricks-AI-Gateway-Token": "x"},
    ):
        assert gateway.post("/anthropic/v1/messages", body, headers=wrong).status_code == 401
    assert "sk-ant-oat" not in gateway.output


# New names


def test_a_renamed_catalog_takes_what_is_in_it_along(admin: WorkspaceClient, team: str, app: Principal) -> None:
    """Objects, grants and references, with the SDK's `new_name`."""
    create_service(admin, f"{team}.ai", "inner", simple())
    other = f"{team}_other"
    admin.catalogs.create(other)
    admin.schemas.create("ai", other)
    table = {"parent": f"schemas/{team}.ai"}
    create_service(admin, f"{other}.ai", "outer", {**simple(f"{team}.ai.inner"), "inference_table": table})
    grant(admin, "catalog", team, app.name, "USE_CATALOG")
    grant(admin, "schema", f"{team}.ai", app.name, "USE_SCHEMA")
    grant(admin, "model_service", f"{team}.ai.inner", app.name, "EXECUTE")
    before = admin.catalogs.get(team)

    new = f"{team}_new"
    renamed = admin.catalogs.update(team, new_name=new, comment="moved")
    assert (renamed.name, renamed.comment, renamed.created_at) == (new, "moved", before.created_at)
    with pytest.raises(NotFound):
        admin.catalogs.get(team)
    assert app.ask(f"{new}.ai.inner")
    with pytest.raises(NotFound):
        app.ask(f"{team}.ai.inner")
    # What refers to it follows.
    assert admin.serving_endpoints.query(f"{other}.ai.outer", messages=HELLO).choices
    outer = admin.api_client.do("GET", f"{UC}/model-services/{other}.ai.outer")
    assert isinstance(outer, dict)
    (destination,) = outer["config"]["routing"]["destinations"]
    assert destination["pay_per_token_config"]["model"] == f"models/{new}.ai.inner"
    assert outer["config"]["inference_table"]["parent"] == f"schemas/{new}.ai"

    schema = admin.schemas.update(f"{new}.ai", new_name="models")
    assert schema.full_name == f"{new}.models"
    assert app.ask(f"{new}.models.inner")
    # The old name is free, and nothing is granted on it.
    admin.catalogs.create(team)
    grants = admin.api_client.do("GET", f"{UC}/permissions/catalog/{team}")
    assert isinstance(grants, dict) and not grants.get("privilege_assignments")


def test_a_new_name_must_be_free_valid_and_allowed(admin: WorkspaceClient, team: str, app: Principal) -> None:
    with pytest.raises(AlreadyExists):
        admin.catalogs.update(team, new_name="system")
    with pytest.raises(BadRequest):
        admin.catalogs.update(team, new_name="two.parts")
    with pytest.raises((BadRequest, ResourceConflict)):
        admin.catalogs.update("system", new_name=f"{team}_system")
    admin.catalogs.update(team, owner=app.name)
    # Its owner may not make catalogs.
    with pytest.raises(PermissionDenied):
        app.client.catalogs.update(team, new_name=f"{team}_mine")
    assert app.client.schemas.update(f"{team}.ai", new_name="mine").full_name == f"{team}.mine"
