# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""A team is governed from nothing with Databricks' own clients; SQL and the configuration file give the same state.

The clients are unmodified: `databricks-sdk` governs and queries, and `databricks-openai` queries in its three modes.
Both sign in with a token and as OAuth machine-to-machine. `databricks-openai` needs another version of the OpenAI SDK
than the other tests, so this file has an environment of its own (`Scripts/setup-python.sh databricks`), which
`make test-live` uses.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from config import PROVIDER_KEY
from databricks.sdk import WorkspaceClient
from databricks.sdk.common.types.fieldmask import FieldMask
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceConflict, Unauthenticated
from databricks.sdk.service import catalog as uc
from databricks.sdk.service import iam
from databricks.sdk.service.serving import ChatMessage, ChatMessageRole
from gateway import Gateway, wait_until
from upstream import Upstream

databricks_openai = pytest.importorskip("databricks_openai", reason="it has an environment of its own")

UC = "/api/2.1/unity-catalog"
CHAT = "openai/v1/chat/completions"
MODEL = "team.ai.helper"
PROVIDER = "team.ai.vendor"
#: The program and its group have the same names however they are made.
PROGRAM = "report-writer"
GROUP = "analysts"
PATCH = [iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]
#: What the group is granted, on what, in this order.
GRANTS = [
    ("catalog", "team", [uc.Privilege.USE_CATALOG]),
    ("schema", "team.ai", [uc.Privilege.USE_SCHEMA]),
    ("model_service", MODEL, [uc.Privilege.EXECUTE]),
]
#: How a workspace client signs in.
SIGN_INS = ["token", "oauth-m2m"]


# How somebody signs in


class Identity:
    """A service principal with a token and an OAuth secret."""

    def __init__(self, gateway: Gateway, admin: WorkspaceClient, name: str) -> None:
        self.gateway, self.admin, self.name = gateway, admin, name
        (principal,) = admin.service_principals.list(filter=f'applicationId eq "{name}"')
        assert principal.id
        self.id = principal.id

    def sign_in(self, how: str) -> WorkspaceClient:
        if how == "token":
            made = self.admin.token_management.create_obo_token(application_id=self.name, lifetime_seconds=3600)
            return WorkspaceClient(host=self.gateway.url, token=made.token_value)
        secret = self.admin.service_principal_secrets_proxy.create(service_principal_id=self.id)
        return WorkspaceClient(host=self.gateway.url, client_id=self.name, client_secret=secret.secret)


def administrator(gateway: Gateway, how: str) -> WorkspaceClient:
    """An administrator: the built-in one by its token, or a service principal among the group `admins` by OAuth."""
    root = WorkspaceClient(host=gateway.url, token=gateway.token)
    if how == "token":
        return root
    made = root.service_principals.create(application_id="deployer", display_name="deployer")
    (admins,) = root.groups.list(filter='displayName eq "admins"')
    assert admins.id and made.id
    joins = [iam.Patch(op=iam.PatchOp.ADD, path="members", value=[{"value": made.id}])]
    root.groups.patch(admins.id, operations=joins, schemas=PATCH)
    return Identity(gateway, root, "deployer").sign_in(how)


# The ways to query


def by_sdk(workspace: WorkspaceClient) -> str:
    hello = [ChatMessage(role=ChatMessageRole.USER, content="Hello!")]
    response = workspace.serving_endpoints.query(name=MODEL, messages=hello)
    assert response.choices and response.choices[0].message
    return response.choices[0].message.content or ""


def by_openai(**mode: bool) -> Callable[[WorkspaceClient], str]:
    def query(workspace: WorkspaceClient) -> str:
        with databricks_openai.DatabricksOpenAI(workspace_client=workspace, max_retries=0, **mode) as client:
            response = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello!"}])
        return str(response.choices[0].message.content)

    return query


QUERIES: dict[str, tuple[Callable[[WorkspaceClient], str], type[Exception]]] = {
    "serving_endpoints.query": (by_sdk, PermissionDenied),
    "DatabricksOpenAI()": (by_openai(), openai.PermissionDeniedError),
    "use_ai_gateway": (by_openai(use_ai_gateway=True), openai.PermissionDeniedError),
    "use_ai_gateway_native_api": (by_openai(use_ai_gateway_native_api=True), openai.PermissionDeniedError),
}


def all_answer(workspace: WorkspaceClient, upstream: Upstream) -> None:
    for name, (query, _) in QUERIES.items():
        assert query(workspace), name
        assert upstream.requests[-1].header("authorization") == f"Bearer {PROVIDER_KEY}", name


def all_refuse(workspace: WorkspaceClient, told: str) -> None:
    for query, error in QUERIES.values():
        with pytest.raises(error, match=told):
            query(workspace)


# The team, made in three ways


def make_services(admin: WorkspaceClient, upstream: Upstream) -> None:
    """The provider service and the model service: SQL has no words for them."""
    target = uc.ModelProviderServiceConfigModelTargetConfig(model="m", native_api_types=[CHAT])
    direct = uc.ModelProviderServiceConfigCustomProviderDirectConfig(
        base_url=upstream.url + "/v1",
        api_key=uc.ModelProviderServiceConfigProviderSecret(plaintext=PROVIDER_KEY),
    )
    provider = uc.ModelProviderServiceConfig(
        provider_type=uc.ModelProviderServiceConfigExternalModelProviderType.EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM,
        custom=uc.ModelProviderServiceConfigCustomProviderConfig(direct=direct),
        targets=[target],
    )
    made = admin.ai_gateway.create_model_provider_service(
        uc.ModelProviderService(config=provider), parent="schemas/team.ai", model_provider_service_id="vendor"
    )
    assert made.name == f"model-provider-services/{PROVIDER}"
    assert made.config and made.config.custom and made.config.custom.direct
    secret = made.config.custom.direct.api_key
    assert secret is not None and secret.plaintext is None
    destination = uc.ModelServiceConfigDestinationConfig(
        name="primary",
        destination_type=uc.ModelServiceConfigDestinationConfigDestinationType.DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL,
        external_model_config=uc.ModelServiceConfigExternalModelConfig(
            model_provider_service=f"model-provider-services/{PROVIDER}", target=target
        ),
    )
    service = uc.ModelService(
        comment="For everyday questions",
        config=uc.ModelServiceConfig(routing=uc.ModelServiceConfigRoutingConfig(destinations=[destination])),
    )
    helper = admin.ai_gateway.create_model_service(service, parent="schemas/team.ai", model_service_id="helper")
    assert helper.name == f"model-services/{MODEL}" and helper.etag


def make_principals(admin: WorkspaceClient) -> None:
    app = admin.service_principals.create(application_id=PROGRAM, display_name="writes reports")
    admin.groups.create(display_name=GROUP, members=[iam.ComplexValue(value=app.id)])


def change(admin: WorkspaceClient, kind: str, name: str, *privileges: uc.Privilege, verb: str = "add") -> None:
    changes = [uc.PermissionsChange(principal=GROUP, **{verb: list(privileges)})]
    admin.grants.update(securable_type=kind, full_name=name, changes=changes)


def deny(admin: WorkspaceClient, kind: str, name: str, principal: str) -> None:
    """The SDK has no word for it; the API of this gateway has."""
    body = {"changes": [{"principal": principal, "deny": ["EXECUTE"]}]}
    admin.api_client.do("PATCH", f"{UC}/permissions/{kind}/{name}", body=body)


def sql(gateway: Gateway, statement: str) -> None:
    gateway.run("sql", statement)


FILE: dict[str, Any] = {
    "service_principals": {PROGRAM: {"groups": [GROUP]}},
    "catalogs": {"team": {"comment": "The data team"}},
    "schemas": {"team.ai": {}},
    "model_services": {
        MODEL: {
            "comment": "For everyday questions",
            "destinations": [{"provider": PROVIDER, "model": "m", "native_api_types": [CHAT]}],
        }
    },
    "grants": [
        *(
            {"principal": GROUP, "privileges": [p.value for p in what], "on": {kind: name}}
            for kind, name, what in GRANTS
        ),
        {"principal": GROUP, "deny": ["EXECUTE"], "on": {"model_service": "system.ai.gpt-5"}},
    ],
}


def file_of(upstream: Upstream) -> dict[str, Any]:
    vendor = {
        "provider_type": "custom",
        "base_url": upstream.url + "/v1",
        "api_key": PROVIDER_KEY,
        "targets": [{"model": "m", "native_api_types": [CHAT]}],
    }
    return {**FILE, "simulator": True, "provider_services": {PROVIDER: vendor}}


# What comes of it


def effective(gateway: Gateway, upstream: Upstream) -> dict[str, Any]:
    """Everything that is governed, whoever made it, and what comes of it for the program."""
    root = WorkspaceClient(host=gateway.url, token=gateway.token)
    shown = gateway.get("/api/gatehouse/config", params={"max_results": 10_000}).json()
    state: dict[str, Any] = {}
    for one in shown["objects"]:
        if one["name"].startswith("team") or one["name"] in (PROGRAM, GROUP):
            kept = ("type", "name", "owner", "comment", "active", "administrator", "groups")
            state[f"{one['type']} {one['name']}"] = {key: one.get(key) for key in kept}
    places = [(kind, name) for kind, name, _ in GRANTS]
    places += [("model_provider_service", PROVIDER), ("model_service", "system.ai.gpt-5")]
    for kind, name in places:
        for principal in (PROGRAM, GROUP, "account users"):
            found = root.grants.get_effective(kind, name, principal=principal).as_dict()
            state[f"{principal} on {name}"] = json.loads(json.dumps(found, sort_keys=True))
        denied = gateway.get(f"{UC}/effective-permissions/{kind}/{name}", params={"principal": GROUP}).json()
        state[f"{GROUP} is denied on {name}"] = [
            one.get("denied_privileges") for one in denied.get("privilege_assignments", [])
        ]
    for resource in (f"model-services/{MODEL}", f"model-provider-services/{PROVIDER}"):
        state[resource] = gateway.get(f"{UC}/{resource}").json()["config"]
    program = Identity(gateway, root, PROGRAM).sign_in("token")
    wait_until(lambda: program.current_user.me().user_name == PROGRAM, "the program is known")
    all_answer(program, upstream)
    body = {"model": "system.ai.gpt-5", "messages": [{"role": "user", "content": "Hello!"}]}
    state["status of a denied model"] = gateway.post(
        f"/{CHAT}", body, headers=program.config.authenticate()
    ).status_code
    return state


@pytest.mark.parametrize("how", SIGN_INS)
def test_a_team_is_governed_by_the_sdk_alone(launch: Callable[..., Gateway], upstream: Upstream, how: str) -> None:
    gateway = launch()
    admin = administrator(gateway, how)
    made = admin.catalogs.create("team", comment="The data team")
    assert made.owner == (admin.current_user.me().user_name if how == "oauth-m2m" else "admins")
    admin.schemas.create("ai", "team")
    make_services(admin, upstream)
    make_principals(admin)
    identity = Identity(gateway, admin, PROGRAM)
    program = identity.sign_in(how)
    assert program.current_user.me().user_name == PROGRAM

    # Nothing is allowed that is not granted, and each grant that is missing is named.
    all_refuse(program, "USE CATALOG")
    for kind, name, what in GRANTS:
        with pytest.raises(PermissionDenied):
            by_sdk(program)
        change(admin, kind, name, *what)
    all_answer(program, upstream)

    # What is revoked or denied is refused with the next request, in every way to ask.
    change(admin, "model_service", MODEL, uc.Privilege.EXECUTE, verb="remove")
    all_refuse(program, "EXECUTE")
    change(admin, "model_service", MODEL, uc.Privilege.EXECUTE)
    all_answer(program, upstream)
    deny(admin, "catalog", "team", "account users")
    all_refuse(program, "EXECUTE")
    gone = {"changes": [{"principal": "account users", "remove": ["EXECUTE"]}]}
    admin.api_client.do("PATCH", f"{UC}/permissions/catalog/team", body=gone)
    all_answer(program, upstream)

    # The program may not govern.
    with pytest.raises(PermissionDenied):
        program.catalogs.create("mine")
    with pytest.raises(PermissionDenied):
        change(program, "model_service", MODEL, uc.Privilege.EXECUTE)
    with pytest.raises(NotFound):
        program.ai_gateway.get_model_provider_service(f"model-provider-services/{PROVIDER}")
    # A change of what somebody else has changed meanwhile is refused.
    read = admin.ai_gateway.get_model_service(f"model-services/{MODEL}")
    mask = FieldMask(["comment"])  # type: ignore[no-untyped-call]
    admin.ai_gateway.update_model_service(read.name or "", uc.ModelService(comment="x"), mask, etag=read.etag)
    with pytest.raises(ResourceConflict):
        admin.ai_gateway.update_model_service(read.name or "", uc.ModelService(comment="y"), mask, etag=read.etag)
    # Whoever is not known is not served.
    stranger = WorkspaceClient(host=gateway.url, token="dapi-nobody")
    with pytest.raises(Unauthenticated):
        by_sdk(stranger)
    with pytest.raises(openai.AuthenticationError):
        by_openai(use_ai_gateway=True)(stranger)
    # And nobody is, once the principal is gone.
    admin.service_principals.delete(identity.id)
    with pytest.raises(Unauthenticated):
        by_sdk(program)


def test_the_sdk_sql_and_the_file_give_the_same_state(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    states: dict[str, dict[str, Any]] = {}
    for how in SIGN_INS:
        gateway = launch()
        admin = administrator(gateway, how)
        admin.catalogs.create("team", comment="The data team")
        admin.schemas.create("ai", "team")
        make_services(admin, upstream)
        make_principals(admin)
        for kind, name, what in GRANTS:
            change(admin, kind, name, *what)
        deny(admin, "model_service", "system.ai.gpt-5", GROUP)
        # What one administrator made belongs to all of them in the file.
        admin.schemas.update("team.ai", owner="admins")
        for resource in (f"model-services/{MODEL}", f"model-provider-services/{PROVIDER}"):
            body, owner = {"owner": "admins"}, {"update_mask": "owner"}
            admin.api_client.do("PATCH", f"{UC}/{resource}", query=owner, body=body)
        admin.catalogs.update("team", owner="admins")
        states[f"the SDK by {how}"] = effective(gateway, upstream)

    gateway = launch()
    root = WorkspaceClient(host=gateway.url, token=gateway.token)
    sql(gateway, "CREATE CATALOG team COMMENT 'The data team'")
    sql(gateway, "CREATE SCHEMA team.ai")
    seen = f"{UC}/schemas/team.ai"
    wait_until(lambda: gateway.get(seen).status_code == 200, "the schema is seen")
    make_services(root, upstream)
    make_principals(root)
    for kind, name, what in GRANTS:
        words = ", ".join(privilege.value.replace("_", " ") for privilege in what)
        sql(gateway, f"GRANT {words} ON {kind.replace('_', ' ').upper()} {name} TO `{GROUP}`")
    sql(gateway, f"DENY EXECUTE ON MODEL SERVICE system.ai.gpt-5 TO `{GROUP}`")
    path = f"{UC}/permissions/model_service/system.ai.gpt-5"
    wait_until(lambda: GROUP in gateway.get(path).text, "the last statement is seen")
    states["SQL"] = effective(gateway, upstream)

    states["the file"] = effective(launch(file_of(upstream)), upstream)

    exported = launch(gateway.run("export").stdout, environment={"TEAM_AI_VENDOR_API_KEY": PROVIDER_KEY})
    states["an export"] = effective(exported, upstream)

    expected = states.pop("the file")
    assert expected["status of a denied model"] == 403
    for how, state in states.items():
        assert state == expected, how
