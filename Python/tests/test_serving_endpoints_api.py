# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Serving endpoints with the unmodified Databricks SDK: model services by the names that older clients know."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import openai
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
)
from databricks.sdk.service.serving import (
    AiGatewayConfig,
    AiGatewayGuardrailParameters,
    AiGatewayGuardrails,
    AiGatewayInferenceTableConfig,
    AiGatewayRateLimit,
    AiGatewayRateLimitKey,
    AiGatewayRateLimitRenewalPeriod,
    AmazonBedrockConfig,
    AmazonBedrockConfigBedrockProvider,
    AnthropicConfig,
    ApiKeyAuth,
    BearerTokenAuth,
    ChatMessage,
    ChatMessageRole,
    CohereConfig,
    CustomProviderConfig,
    DatabricksModelServingConfig,
    EndpointCoreConfigInput,
    EndpointStateReady,
    EndpointTag,
    ExternalModel,
    ExternalModelProvider,
    FallbackConfig,
    OpenAiConfig,
    PtEndpointCoreConfig,
    PtServedModel,
    RateLimit,
    RateLimitKey,
    RateLimitRenewalPeriod,
    Route,
    ServedEntityInput,
    ServedModelInput,
    ServingEndpointAccessControlRequest,
    ServingEndpointDetailedPermissionLevel,
    ServingEndpointPermissionLevel,
    ServingEndpointPermissions,
    TrafficConfig,
)
from gateway import Gateway
from upstream import Upstream

UC = "/api/2.1/unity-catalog"
SCHEMA = "system.serving_endpoints"
HELLO = [ChatMessage(role=ChatMessageRole.USER, content="Hello!")]
MINUTE = AiGatewayRateLimitRenewalPeriod.MINUTE


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, shared_upstream: Upstream) -> Iterator[Gateway]:
    """A gateway with the models of the system and one service of the file, which the tests of this file share."""
    config: dict[str, Any] = {
        "simulator": True,
        "provider_services": {
            "test.providers.custom": {
                "provider_type": "custom",
                "base_url": shared_upstream.url + "/custom/v1",
                "api_key": PROVIDER_KEY,
            }
        },
        "model_services": {
            "test.ai.file": {
                "destinations": [{"provider": "test.providers.custom", "model": "upstream-custom"}],
            }
        },
    }
    running = Gateway(tmp_path_factory.mktemp("serving"), config).start()
    yield running
    assert running.stop() == 0, running.output


@pytest.fixture
def admin(serving: Gateway) -> WorkspaceClient:
    return WorkspaceClient(host=serving.url, token=serving.token)


@pytest.fixture
def name() -> str:
    return f"endpoint-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def seen(shared_upstream: Upstream) -> Upstream:
    shared_upstream.reset()
    return shared_upstream


class App:
    """A service principal with a client of its own."""

    def __init__(self, serving: Gateway, admin: WorkspaceClient) -> None:
        principal = admin.service_principals.create(display_name="app")
        assert principal.application_id
        self.name = principal.application_id
        token = admin.token_management.create_obo_token(application_id=self.name, lifetime_seconds=3600)
        assert token.token_value
        self.client = WorkspaceClient(host=serving.url, token=token.token_value)


@pytest.fixture
def app(serving: Gateway, admin: WorkspaceClient) -> App:
    return App(serving, admin)


def grant(admin: WorkspaceClient, kind: str, name: str, principal: str, *privileges: str) -> None:
    changes = {"changes": [{"principal": principal, "add": list(privileges)}]}
    admin.api_client.do("PATCH", f"{UC}/permissions/{kind}/{name}", body=changes)


def ask(workspace: WorkspaceClient, name: str) -> str:
    response = workspace.serving_endpoints.query(name=name, messages=HELLO, max_tokens=16)
    assert response.choices and response.choices[0].message
    return response.choices[0].message.content or ""


def external(
    upstream: Upstream, model: str, name: str | None = None, key: str | None = PROVIDER_KEY
) -> ServedEntityInput:
    """A model behind the scripted upstream, as OpenAI's."""
    config = OpenAiConfig(openai_api_base=upstream.url + "/openai/v1", openai_api_key_plaintext=key)
    return ServedEntityInput(
        name=name,
        external_model=ExternalModel(
            provider=ExternalModelProvider.OPENAI, name=model, task="llm/v1/chat", openai_config=config
        ),
    )


def of_system(model: str, name: str | None = None) -> ServedEntityInput:
    """With what clients send of their own accord and has no meaning here."""
    return ServedEntityInput(
        name=name, entity_name=model, entity_version="1", workload_size="Small", scale_to_zero_enabled=True
    )


def routes(**shares: int) -> TrafficConfig:
    return TrafficConfig(
        routes=[Route(served_entity_name=name, traffic_percentage=share) for name, share in shares.items()]
    )


def create(workspace: WorkspaceClient, name: str, *entities: ServedEntityInput, **more: Any) -> Any:
    config = EndpointCoreConfigInput(
        name=name, served_entities=list(entities), traffic_config=more.pop("traffic", None)
    )
    return workspace.serving_endpoints.create_and_wait(name=name, config=config, **more)


# What there is


def test_models_of_the_system_are_endpoints(admin: WorkspaceClient, app: App) -> None:
    for workspace in (admin, app.client):
        listed = {endpoint.name: endpoint for endpoint in workspace.serving_endpoints.list()}
        found = listed["databricks-gpt-5"]
        assert found.state and found.state.ready == EndpointStateReady.READY
        assert found.task == "llm/v1/chat"
        assert listed["databricks-gte-large-en"].task == "llm/v1/embeddings"
    assert "test.ai.file" in {endpoint.name for endpoint in admin.serving_endpoints.list()}
    assert "test.ai.file" not in listed
    for name in ("databricks-gpt-5", "gpt-5", "system.ai.gpt-5"):
        endpoint = app.client.serving_endpoints.get(name)
        assert (endpoint.name, endpoint.id) == ("databricks-gpt-5", found.id)
        assert endpoint.permission_level == ServingEndpointDetailedPermissionLevel.CAN_QUERY
        assert endpoint.endpoint_url and endpoint.endpoint_url.endswith(
            "/serving-endpoints/databricks-gpt-5/invocations"
        )
        assert endpoint.config and endpoint.config.served_entities
        (entity,) = endpoint.config.served_entities
        assert entity.entity_name == "system.ai.gpt-5" and entity.foundation_model
    assert admin.serving_endpoints.get("gpt-5").permission_level == ServingEndpointDetailedPermissionLevel.CAN_MANAGE
    for missing in ("test.ai.file", "test.ai.nothing", "nothing"):
        with pytest.raises(NotFound, match=f"Serving endpoint '{missing}' does not exist"):
            app.client.serving_endpoints.get(missing)


def test_foundation_models_say_what_they_speak(serving: Gateway) -> None:
    answer = serving.get("/api/2.0/serving-endpoints:foundation-models").json()
    models = {one["name"]: one["config"]["served_entities"][0]["foundation_model"] for one in answer["endpoints"]}
    assert models["databricks-gpt-5"]["ai_gateway_v2_supported"] is True
    assert "openai/v1/responses" in models["databricks-gpt-5"]["api_types"]
    assert "test.ai.file" not in models


def test_an_endpoint_describes_itself(admin: WorkspaceClient) -> None:
    contents = admin.serving_endpoints.get_open_api("databricks-gpt-5").contents
    assert contents
    document = json.loads(contents.read())
    schema = document["paths"]["/invocations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["messages"]


# Creating and querying


def test_an_external_model_is_made_and_queried(
    serving: Gateway, admin: WorkspaceClient, name: str, seen: Upstream
) -> None:
    tags = [EndpointTag(key="team", value="search"), EndpointTag(key="alone")]
    made = create(admin, name, external(seen, "upstream-openai", "main"), tags=tags, description="for a test")
    assert (made.name, made.description, made.task) == (name, "for a test", "llm/v1/chat")
    assert made.state and made.state.ready == EndpointStateReady.READY
    (entity,) = made.config.served_entities
    assert entity.name == "main" and entity.external_model
    assert (entity.external_model.provider, entity.external_model.name) == (
        ExternalModelProvider.OPENAI,
        "upstream-openai",
    )
    assert entity.external_model.openai_config.openai_api_base == seen.url + "/openai/v1"
    assert [(route.served_entity_name, route.traffic_percentage) for route in made.config.traffic_config.routes] == [
        ("main", 100)
    ]
    assert {tag.key: tag.value for tag in made.tags} == {"team": "search", "alone": ""}
    assert ask(admin, name)
    assert seen.request.json["model"] == "upstream-openai"
    assert seen.request.header("authorization") == f"Bearer {PROVIDER_KEY}"
    # The same service by its full name, and in Unity Catalog.
    assert ask(admin, f"{SCHEMA}.{name}")
    service = admin.api_client.do("GET", f"{UC}/model-services/{SCHEMA}.{name}")
    assert isinstance(service, dict) and service["comment"] == "for a test"
    [row, _] = serving.usage(f"service_name = '{SCHEMA}.{name}'", 2)
    assert row["status_code"] == 200
    # The key is nowhere.
    for file in serving.data.rglob("*"):
        if file.is_file():
            assert PROVIDER_KEY.encode() not in file.read_bytes(), file
    assert PROVIDER_KEY not in serving.output
    assert PROVIDER_KEY not in json.dumps(made.as_dict()) + json.dumps(service)
    audit = [
        row["action_name"]
        for row in serving.sql(
            f"SELECT action_name FROM system.access.audit WHERE request_params LIKE '%{SCHEMA}.{name}%'"
        )
    ]
    assert {"createModelService", "createModelProviderService"} <= set(audit)


@pytest.mark.parametrize(
    ("provider", "config", "unity"),
    [
        (
            ExternalModelProvider.ANTHROPIC,
            {"anthropic_config": AnthropicConfig(anthropic_api_key_plaintext="k-anthropic")},
            {"anthropic": {"direct": {"base_url": "https://api.anthropic.com", "api_key": {}}}},
        ),
        (
            ExternalModelProvider.AMAZON_BEDROCK,
            {
                "amazon_bedrock_config": AmazonBedrockConfig(
                    aws_region="us-east-1",
                    bedrock_provider=AmazonBedrockConfigBedrockProvider.ANTHROPIC,
                    aws_access_key_id_plaintext="AKIDEXAMPLE",
                    aws_secret_access_key_plaintext="secret",
                )
            },
            {"amazon_bedrock": {"direct": {"region": "us-east-1"}}},
        ),
        (
            ExternalModelProvider.CUSTOM,
            {
                "custom_provider_config": CustomProviderConfig(
                    custom_provider_url="http://127.0.0.1:9/v1/chat/completions",
                    api_key_auth=ApiKeyAuth(key="x-key", value_plaintext="k-custom"),
                )
            },
            {
                "custom": {
                    "direct": {
                        "base_url": "http://127.0.0.1:9/v1",
                        "header_auth": {"api_key_name": "x-key", "api_key_value": {}},
                    }
                }
            },
        ),
        (
            ExternalModelProvider.CUSTOM,
            {
                "custom_provider_config": CustomProviderConfig(
                    custom_provider_url="http://127.0.0.1:9/v1",
                    bearer_token_auth=BearerTokenAuth(token_plaintext="k-custom"),
                )
            },
            {"custom": {"direct": {"base_url": "http://127.0.0.1:9/v1", "api_key": {}}}},
        ),
        (
            ExternalModelProvider.DATABRICKS_MODEL_SERVING,
            {
                "databricks_model_serving_config": DatabricksModelServingConfig(
                    databricks_workspace_url="https://other.example/", databricks_api_token_plaintext="dapi-k"
                )
            },
            {"databricks": {"direct": {"base_url": "https://other.example/serving-endpoints", "api_key": {}}}},
        ),
        (
            ExternalModelProvider.COHERE,
            {"cohere_config": CohereConfig(cohere_api_key_plaintext="k-cohere")},
            {"cohere": {"direct": {"base_url": "https://api.cohere.ai/compatibility/v1", "api_key": {}}}},
        ),
        (
            ExternalModelProvider.OPENAI,
            {
                "openai_config": OpenAiConfig(
                    openai_api_type="azure",
                    openai_api_base="https://r.openai.azure.com/",
                    openai_api_version="2024-10-21",
                    openai_deployment_name="deployed",
                    openai_api_key_plaintext="k-azure",
                )
            },
            {"azure_openai": {"direct": {"base_url": "https://r.openai.azure.com/openai", "api_key": {}}}},
        ),
    ],
    ids=["anthropic", "bedrock", "custom-header", "custom-bearer", "databricks", "cohere", "azure"],
)
def test_each_provider_becomes_a_provider_service(
    admin: WorkspaceClient, name: str, provider: ExternalModelProvider, config: dict[str, Any], unity: dict[str, Any]
) -> None:
    model = ExternalModel(provider=provider, name="model-x", task="llm/v1/chat", **config)
    made = create(admin, name, ServedEntityInput(name="one", external_model=model))
    (entity,) = made.config.served_entities
    assert entity.external_model and entity.external_model.provider == provider
    expected = {"bedrock": "anthropic.model-x", "azure": "deployed"}
    kind = "bedrock" if provider == ExternalModelProvider.AMAZON_BEDROCK else "azure" if "azure_openai" in unity else ""
    assert entity.external_model.name == expected.get(kind, "model-x")
    service = admin.api_client.do("GET", f"{UC}/model-provider-services/{SCHEMA}.{name}.one")
    assert isinstance(service, dict)
    (key, value) = next(iter(unity.items()))
    shown = service["config"][key]["direct"]
    assert {**shown, **value["direct"]} == shown
    if kind == "azure":
        assert entity.external_model.openai_config
        assert entity.external_model.openai_config.openai_api_version == "2024-10-21"
    admin.serving_endpoints.delete(name)
    with pytest.raises(NotFound):
        admin.api_client.do("GET", f"{UC}/model-provider-services/{SCHEMA}.{name}.one")


def test_an_embedding_model(admin: WorkspaceClient, name: str, seen: Upstream) -> None:
    entity = external(seen, "upstream-openai", "one")
    assert entity.external_model
    entity.external_model.task = "llm/v1/embeddings"
    assert create(admin, name, entity).task == "llm/v1/embeddings"
    assert admin.serving_endpoints.query(name=name, input=["x"]).data
    with pytest.raises(BadRequest, match="is not supported by"):
        ask(admin, name)


def test_traffic_is_split_and_falls_back(serving: Gateway, admin: WorkspaceClient, name: str, seen: Upstream) -> None:
    entities = [
        external(seen, "upstream-openai", "first"),
        of_system("databricks-gpt-5-mini"),
        external(seen, "third", "third"),
    ]
    gateway = AiGatewayConfig(fallback_config=FallbackConfig(enabled=True))
    traffic = routes(first=60, third=40)
    made = create(admin, name, *entities, traffic=traffic, ai_gateway=gateway)
    shares = {route.served_entity_name: route.traffic_percentage for route in made.config.traffic_config.routes}
    assert shares == {"first": 60, "third": 40, "gpt-5-mini": 0}
    assert made.ai_gateway.fallback_config.enabled is True
    service = admin.api_client.do("GET", f"{UC}/model-services/{SCHEMA}.{name}")
    assert isinstance(service, dict)
    (fallback,) = service["config"]["routing"]["fallback"]["destinations"]
    assert fallback["pay_per_token_config"]["model"] == "models/system.ai.gpt-5-mini"
    # What the scripted upstream refuses, the model of the system answers.
    seen.answer({"error": {"message": "no"}}, status="503 Service Unavailable")
    assert ask(admin, name)
    off = admin.serving_endpoints.put_ai_gateway(name, fallback_config=FallbackConfig(enabled=False))
    assert off.fallback_config and off.fallback_config.enabled is False
    # Not by the SDK, which would try again for minutes.
    body = {"messages": [{"role": "user", "content": "Hello!"}]}
    assert serving.post(f"/serving-endpoints/{name}/invocations", body).status_code == 503
    # The shares alone, by the names that the endpoint shows.
    moved = admin.serving_endpoints.update_config_and_wait(
        name, traffic_config=routes(first=0, third=0, **{"gpt-5-mini": 100})
    )
    assert moved.config and moved.config.traffic_config and moved.config.traffic_config.routes
    assert ask(admin, name)


# Changing


def test_the_config_is_updated(admin: WorkspaceClient, name: str, seen: Upstream) -> None:
    create(admin, name, external(seen, "upstream-openai", "main"))
    # Without a key the one that there is stays.
    other = external(seen, "another", "main", key=None)
    admin.serving_endpoints.update_config_and_wait(name, served_entities=[other])
    assert ask(admin, name)
    assert seen.request.json["model"] == "another"
    assert seen.request.header("authorization") == f"Bearer {PROVIDER_KEY}"
    # A provider service that is not needed any more goes with its key.
    updated = admin.serving_endpoints.update_config_and_wait(name, served_entities=[of_system("system.ai.gpt-5")])
    assert updated.config and updated.config.served_entities
    assert [entity.entity_name for entity in updated.config.served_entities] == ["system.ai.gpt-5"]
    with pytest.raises(NotFound):
        admin.api_client.do("GET", f"{UC}/model-provider-services/{SCHEMA}.{name}.main")
    # And what the service had besides stays.
    limit = AiGatewayRateLimit(key=AiGatewayRateLimitKey.ENDPOINT, renewal_period=MINUTE, calls=1000)
    admin.serving_endpoints.put_ai_gateway(name, rate_limits=[limit])
    kept = admin.serving_endpoints.update_config_and_wait(name, served_entities=[of_system("gpt-5-mini")])
    assert kept.ai_gateway and kept.ai_gateway.rate_limits == [limit]


def test_limits_and_tables_are_those_of_the_service(admin: WorkspaceClient, app: App, name: str) -> None:
    create(admin, name, of_system("system.ai.gpt-5"))
    limits = [
        AiGatewayRateLimit(key=AiGatewayRateLimitKey.ENDPOINT, renewal_period=MINUTE, calls=100, tokens=5000),
        AiGatewayRateLimit(key=AiGatewayRateLimitKey.USER, renewal_period=MINUTE, calls=10),
        AiGatewayRateLimit(
            key=AiGatewayRateLimitKey.SERVICE_PRINCIPAL, renewal_period=MINUTE, principal=app.name, calls=50
        ),
        AiGatewayRateLimit(key=AiGatewayRateLimitKey.USER_GROUP, renewal_period=MINUTE, principal="admins", tokens=9),
    ]
    table = AiGatewayInferenceTableConfig(enabled=True, catalog_name="main", schema_name="logs", table_name_prefix="p")
    put = admin.serving_endpoints.put_ai_gateway(name, rate_limits=limits, inference_table_config=table)
    assert put.rate_limits == limits and put.inference_table_config == table
    service = admin.api_client.do("GET", f"{UC}/model-services/{SCHEMA}.{name}")
    assert isinstance(service, dict)
    assert [limit["key"] for limit in service["config"]["rate_limits"]] == [
        "RATE_LIMIT_KEY_SERVICE",
        "RATE_LIMIT_KEY_USER_DEFAULT",
        "RATE_LIMIT_KEY_SERVICE_PRINCIPAL",
        "RATE_LIMIT_KEY_USER_GROUP",
    ]
    assert service["config"]["inference_table"]["table"] == "main.logs.p_payload"
    # All of it is replaced.
    emptied = admin.serving_endpoints.put_ai_gateway(name)
    assert not emptied.rate_limits and emptied.inference_table_config is None
    legacy = RateLimit(calls=7, key=RateLimitKey.USER, renewal_period=RateLimitRenewalPeriod.MINUTE)
    assert admin.serving_endpoints.put(name, rate_limits=[legacy]).rate_limits == [legacy]


def test_tags_are_patched(admin: WorkspaceClient, name: str) -> None:
    create(
        admin,
        name,
        of_system("system.ai.gpt-5"),
        tags=[EndpointTag(key="a", value="1"), EndpointTag(key="b", value="2")],
    )
    patched = admin.serving_endpoints.patch(name, add_tags=[EndpointTag(key="c", value="3")], delete_tags=["a"])
    assert {tag.key: tag.value for tag in patched.tags or []} == {"b": "2", "c": "3"}
    # They outlive a change of the config.
    updated = admin.serving_endpoints.update_config_and_wait(name, served_entities=[of_system("gpt-5-mini")])
    assert {tag.key for tag in updated.tags or []} == {"b", "c"}


def test_a_deleted_endpoint_is_gone(admin: WorkspaceClient, app: App, name: str, seen: Upstream) -> None:
    for _ in range(2):
        made = create(admin, name, external(seen, "upstream-openai", "main"))
        # Nothing that was granted on the one before.
        with pytest.raises(PermissionDenied):
            ask(app.client, name)
        set_levels(admin, made.id, (app.name, ServingEndpointPermissionLevel.CAN_QUERY))
        assert ask(app.client, name)
        admin.serving_endpoints.delete(name)
        with pytest.raises(NotFound):
            admin.serving_endpoints.get(name)
        with pytest.raises(NotFound):
            ask(admin, name)


def test_a_full_name_is_taken_as_it_is(admin: WorkspaceClient, app: App) -> None:
    catalog = f"team_{uuid.uuid4().hex[:8]}"
    admin.catalogs.create(catalog)
    admin.schemas.create("ai", catalog)
    made = create(admin, f"{catalog}.ai.helper", of_system("system.ai.gpt-5"))
    assert made.name == f"{catalog}.ai.helper"
    assert ask(admin, f"{catalog}.ai.helper")
    # Whoever may make services in the schema makes endpoints there.
    grant(admin, "catalog", catalog, app.name, "USE_CATALOG")
    grant(admin, "schema", f"{catalog}.ai", app.name, "USE_SCHEMA", "CREATE_SERVICE")
    own = create(app.client, f"{catalog}.ai.own", of_system("system.ai.gpt-5"))
    assert own.permission_level == ServingEndpointDetailedPermissionLevel.CAN_MANAGE
    assert ask(app.client, own.name)
    app.client.serving_endpoints.delete(own.name)


def test_no_key_gets_into_a_service_of_somebody_else(
    admin: WorkspaceClient, app: App, name: str, seen: Upstream
) -> None:
    grant(admin, "schema", SCHEMA, app.name, "CREATE_SERVICE", "CREATE_CONNECTION")
    app.client.api_client.do(
        "POST",
        f"{UC}/model-provider-services",
        query={"parent": f"schemas/{SCHEMA}", "model_provider_service_id": f"{name}.main"},
        body={
            "config": {
                "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI",
                "openai": {"direct": {"base_url": seen.url + "/trap/v1", "api_key": {"plaintext": "k"}}},
                "allow_all_targets": True,
            }
        },
    )
    with pytest.raises(AlreadyExists, match="already exists, and is not this endpoint's"):
        create(admin, name, external(seen, "upstream-openai", "main"))
    create(admin, name, external(seen, "upstream-openai", "other"))
    with pytest.raises(AlreadyExists, match="already exists, and is not this endpoint's"):
        admin.serving_endpoints.update_config(name, served_entities=[external(seen, "upstream-openai", "main")])
    # An administrator's change of somebody's endpoint makes providers of its owner's.
    own = f"{name}-own"
    create(app.client, own, external(seen, "upstream-openai", "main"))
    admin.serving_endpoints.update_config_and_wait(own, served_entities=[external(seen, "upstream-openai", "second")])
    assert ask(app.client, own)
    service = app.client.api_client.do("GET", f"{UC}/model-provider-services/{SCHEMA}.{own}.second")
    assert isinstance(service, dict) and service["effective_owner"] == app.name


# Permissions


def set_levels(
    workspace: WorkspaceClient, id: str, *levels: tuple[str, ServingEndpointPermissionLevel]
) -> ServingEndpointPermissions:
    return workspace.serving_endpoints.set_permissions(id, access_control_list=controls(*levels))


def controls(*levels: tuple[str, ServingEndpointPermissionLevel]) -> list[ServingEndpointAccessControlRequest]:
    return [
        ServingEndpointAccessControlRequest(service_principal_name=name, permission_level=level)
        for name, level in levels
    ]


def direct(permissions: ServingEndpointPermissions) -> dict[str, ServingEndpointPermissionLevel]:
    found = {}
    for entry in permissions.access_control_list or []:
        name = entry.service_principal_name or entry.group_name or entry.user_name
        for one in entry.all_permissions or []:
            if not one.inherited:
                assert name and one.permission_level
                found[name] = one.permission_level
    return found


def test_levels_are_privileges(serving: Gateway, admin: WorkspaceClient, app: App, name: str) -> None:
    view, query, manage = (
        ServingEndpointPermissionLevel.CAN_VIEW,
        ServingEndpointPermissionLevel.CAN_QUERY,
        ServingEndpointPermissionLevel.CAN_MANAGE,
    )
    made = create(admin, name, of_system("system.ai.gpt-5"))
    levels = admin.serving_endpoints.get_permission_levels(made.id).permission_levels or []
    assert [level.permission_level for level in levels] == [view, query, manage]
    with pytest.raises(NotFound):
        app.client.serving_endpoints.get(name)
    with pytest.raises(NotFound):
        app.client.serving_endpoints.get_permissions(made.id)
    # CAN_VIEW shows the endpoint, and no more.
    permissions = admin.serving_endpoints.update_permissions(made.id, access_control_list=controls((app.name, view)))
    assert permissions.object_id == f"/serving-endpoints/{made.id}"
    assert direct(permissions) == {app.name: view, "admins": manage}
    assert app.client.serving_endpoints.get(name).permission_level == ServingEndpointDetailedPermissionLevel.CAN_VIEW
    with pytest.raises(PermissionDenied):
        ask(app.client, name)
    # CAN_QUERY takes its place, and needs nothing else; callers see what concerns them.
    admin.serving_endpoints.update_permissions(made.id, access_control_list=controls((app.name, query)))
    assert ask(app.client, name)
    assert direct(app.client.serving_endpoints.get_permissions(made.id)) == {app.name: query}
    with pytest.raises(PermissionDenied, match="MANAGE"):
        app.client.serving_endpoints.patch(name, add_tags=[EndpointTag(key="x", value="y")])
    with pytest.raises(PermissionDenied, match="MANAGE"):
        set_levels(app.client, made.id, (app.name, manage))
    # CAN_MANAGE may grant on.
    other = App(serving, admin)
    set_levels(admin, made.id, (app.name, manage))
    app.client.serving_endpoints.patch(name, add_tags=[EndpointTag(key="x", value="y")])
    set_levels(app.client, made.id, (app.name, manage), (other.name, query))
    assert ask(other.client, name) and ask(app.client, name)
    # What is set replaces what there was.
    assert direct(set_levels(app.client, made.id, (app.name, manage))) == {app.name: manage, "admins": manage}
    with pytest.raises(PermissionDenied):
        ask(other.client, name)
    # The same in Unity Catalog.
    found = admin.api_client.do("GET", f"{UC}/permissions/model_service/{SCHEMA}.{name}")
    assert isinstance(found, dict)
    assert found["privilege_assignments"] == [{"principal": app.name, "privileges": ["EXECUTE", "MANAGE"]}]
    with pytest.raises(NotFound, match="and not its name"):
        admin.serving_endpoints.get_permissions(name)
    with pytest.raises(NotFound, match="Principal 'nobody-there' does not exist"):
        set_levels(admin, made.id, ("nobody-there", query))


def test_whoever_manages_an_endpoint_does_not_manage_its_credential(
    admin: WorkspaceClient, app: App, name: str, seen: Upstream
) -> None:
    made = create(admin, name, external(seen, "upstream-openai", "main"))
    set_levels(admin, made.id, (app.name, ServingEndpointPermissionLevel.CAN_MANAGE))
    # The stored key cannot be sent elsewhere, and how the provider is reached is not shown.
    entity = external(seen, "upstream-openai", "main", key=None)
    assert entity.external_model and entity.external_model.openai_config
    entity.external_model.openai_config.openai_api_base = seen.url + "/trap/v1"
    with pytest.raises((PermissionDenied, NotFound), match=f"{name}.main"):
        app.client.serving_endpoints.update_config(name, served_entities=[entity])
    assert seen.url not in json.dumps(app.client.serving_endpoints.get(name).as_dict())
    limit = AiGatewayRateLimit(key=AiGatewayRateLimitKey.ENDPOINT, renewal_period=MINUTE, calls=1000)
    app.client.serving_endpoints.put_ai_gateway(name, rate_limits=[limit])
    assert ask(app.client, name)
    app.client.serving_endpoints.delete(name)
    # What could not be deleted is still the administrator's, who may use the name again.
    assert create(admin, name, external(seen, "upstream-openai", "main")).id != made.id


def test_inherited_levels_say_where_they_come_from(admin: WorkspaceClient, app: App) -> None:
    endpoint = admin.serving_endpoints.get("databricks-gpt-5")
    assert endpoint.id
    permissions = admin.serving_endpoints.get_permissions(endpoint.id)
    (users,) = [one for one in permissions.access_control_list or [] if one.group_name == "account users"]
    (inherited,) = users.all_permissions or []
    assert inherited.inherited is True and inherited.inherited_from_object == ["/schemas/system.ai"]
    assert inherited.permission_level == ServingEndpointPermissionLevel.CAN_QUERY


# Refusals


def test_whoever_may_not_is_refused(admin: WorkspaceClient, app: App, name: str, seen: Upstream) -> None:
    with pytest.raises(PermissionDenied, match=f"CREATE SERVICE privilege on SCHEMA {SCHEMA}"):
        create(app.client, name, of_system("system.ai.gpt-5"))
    grant(admin, "schema", SCHEMA, app.name, "CREATE_SERVICE")
    with pytest.raises(PermissionDenied, match=f"CREATE CONNECTION privilege on SCHEMA {SCHEMA}"):
        create(app.client, name, external(seen, "upstream-openai"))
    # Nothing is left of what was refused.
    with pytest.raises(NotFound):
        admin.serving_endpoints.get(name)
    create(app.client, name, of_system("system.ai.gpt-5"))
    other = f"{name}-other"
    create(admin, other, of_system("system.ai.gpt-5"))
    for refused in (
        lambda: app.client.serving_endpoints.delete(other),
        lambda: app.client.serving_endpoints.put_ai_gateway(other),
        lambda: app.client.serving_endpoints.update_config(other, served_entities=[of_system("gpt-5")]),
    ):
        with pytest.raises(NotFound):
            refused()
    # An endpoint lends no right on what it serves.
    with pytest.raises(InvalidParameterValue, match="is not a model service"):
        app.client.serving_endpoints.update_config(name, served_entities=[of_system("test.ai.file")])


def test_what_lives_elsewhere_is_not_changed(admin: WorkspaceClient) -> None:
    for name, told in [("databricks-gpt-5", "is built in"), ("test.ai.file", "is defined in the configuration file")]:
        for change in (
            lambda name=name: admin.serving_endpoints.delete(name),
            lambda name=name: admin.serving_endpoints.put_ai_gateway(name),
            lambda name=name: admin.serving_endpoints.patch(name, delete_tags=["a"]),
            lambda name=name: admin.serving_endpoints.update_config(name, served_entities=[of_system("gpt-5-mini")]),
        ):
            with pytest.raises(ResourceConflict, match=told):
                change()
    for taken in ("databricks-gpt-5", "gpt-5", "claude-sonnet-4-5-20250929"):
        with pytest.raises(AlreadyExists, match="belongs to 'system.ai"):
            create(admin, taken, of_system("gpt-5-mini"))


@pytest.mark.parametrize(
    ("entities", "more", "told"),
    [
        ([of_system("main.ml.churn")], {}, r"`config.served_entities\[0\]`: 'main.ml.churn' is not a model service"),
        (
            [ServedEntityInput(entity_name="system.ai.gpt-5", min_provisioned_throughput=1)],
            {},
            "no provisioned throughput",
        ),
        (
            [ServedEntityInput(entity_name="system.ai.gpt-5", environment_vars={"A": "b"})],
            {},
            "runs no models of its own",
        ),
        ([ServedEntityInput(name="x")], {}, "either `external_model` or `entity_name`"),
        ([of_system("gpt-5"), of_system("gpt-5-mini")], {}, "need `traffic_config.routes`"),
        ([of_system("gpt-5")], {"traffic": routes(other=100)}, "names 'other', which is not a served entity"),
        ([of_system("gpt-5", "a")], {"traffic": routes(a=99)}, "must sum to 100, not 99"),
        (
            [of_system("gpt-5", "a"), of_system("gpt-5", "a")],
            {"traffic": routes(a=100)},
            "Two served entities are named 'a'",
        ),
        (
            [of_system("gpt-5")],
            {
                "ai_gateway": AiGatewayConfig(
                    guardrails=AiGatewayGuardrails(input=AiGatewayGuardrailParameters(safety=True))
                )
            },
            "guardrails of serving endpoints are not supported",
        ),
        (
            [of_system("gpt-5")],
            {"ai_gateway": AiGatewayConfig(fallback_config=FallbackConfig(enabled=True))},
            "with 0 % of the traffic",
        ),
        (
            [
                ServedEntityInput(
                    external_model=ExternalModel(
                        provider=ExternalModelProvider.OPENAI,
                        name="m",
                        task="llm/v1/chat",
                        openai_config=OpenAiConfig(openai_api_key="{{secrets/scope/key}}"),
                    )
                )
            ],
            {},
            "no secret scopes; send the secret itself as `openai_api_key_plaintext`",
        ),
        (
            [
                ServedEntityInput(
                    external_model=ExternalModel(
                        provider=ExternalModelProvider.OPENAI,
                        name="m",
                        task="llm/v1/chat",
                        openai_config=OpenAiConfig(),
                    )
                )
            ],
            {},
            "lacks the key `api_key`",
        ),
        (
            [
                ServedEntityInput(
                    external_model=ExternalModel(
                        provider=ExternalModelProvider.ANTHROPIC,
                        name="m",
                        task="llm/v1/embeddings",
                        anthropic_config=AnthropicConfig(anthropic_api_key_plaintext="k"),
                    )
                )
            ],
            {},
            "has no models for `llm/v1/embeddings`",
        ),
        (
            [
                ServedEntityInput(
                    external_model=ExternalModel(provider=ExternalModelProvider.PALM, name="m", task="llm/v1/chat")
                )
            ],
            {},
            "`openai`",
        ),
    ],
)
def test_what_cannot_be_had_is_refused(
    admin: WorkspaceClient, name: str, entities: list[ServedEntityInput], more: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidParameterValue, match=told):
        create(admin, name, *entities, **more)
    with pytest.raises(NotFound):
        admin.serving_endpoints.get(name)


def test_models_of_the_registry_are_refused(admin: WorkspaceClient, name: str) -> None:
    model = ServedModelInput(model_name="m", model_version="1", scale_to_zero_enabled=True)
    with pytest.raises(InvalidParameterValue, match="no registered models"):
        admin.serving_endpoints.create(name=name, config=EndpointCoreConfigInput(name=name, served_models=[model]))
    config = PtEndpointCoreConfig(served_entities=[PtServedModel(entity_name="m", provisioned_model_units=50)])
    with pytest.raises(InvalidParameterValue, match="no provisioned throughput"):
        admin.serving_endpoints.create_provisioned_throughput_endpoint(name, config)
    with pytest.raises(InvalidParameterValue, match="`name` must be 1 to 255 letters"):
        create(admin, "two.parts", of_system("gpt-5"))
    create(admin, name, of_system("gpt-5"))
    with pytest.raises(AlreadyExists, match=f"Serving endpoint '{name}' already exists"):
        create(admin, name, of_system("gpt-5"))


# OpenAI's client


def openai_client(app: App) -> openai.OpenAI:
    client: openai.OpenAI = app.client.serving_endpoints.get_open_ai_client()  # type: ignore[no-untyped-call]
    return client


@pytest.mark.filterwarnings("ignore:get_open_ai_client:DeprecationWarning")
def test_the_openai_client_of_the_sdk(admin: WorkspaceClient, app: App, name: str, seen: Upstream) -> None:
    made = create(admin, name, external(seen, "upstream-openai", "main"))
    set_levels(admin, made.id, (app.name, ServingEndpointPermissionLevel.CAN_QUERY))
    with openai_client(app) as client:
        for model in (name, "databricks-claude-sonnet-4-5", "system.ai.gpt-5"):
            chat = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hello!"}])
            assert chat.choices[0].message.content
        embeddings = client.embeddings.create(model="databricks-gte-large-en", input="x")
        assert len(embeddings.data[0].embedding) == 1024
        with pytest.raises(openai.PermissionDeniedError):
            client.chat.completions.create(model="test.ai.file", messages=[{"role": "user", "content": "Hello!"}])


@pytest.mark.filterwarnings("ignore:get_open_ai_client:DeprecationWarning")
@pytest.mark.parametrize("path", ["/serving-endpoints", "/ai-gateway/mlflow/v1", "/ai-gateway/openai/v1"])
def test_the_modes_of_databricks_openai(admin: WorkspaceClient, app: App, name: str, path: str) -> None:
    """The addresses of `DatabricksOpenAI` (PyPI `databricks-openai` 0.18.0): it needs an older `openai`."""
    made = create(admin, name, of_system("system.ai.gpt-5"))
    set_levels(admin, made.id, (app.name, ServingEndpointPermissionLevel.CAN_QUERY))
    with openai_client(app) as client:
        client.base_url = f"{app.client.config.host}{path}"
        chat = client.chat.completions.create(model=name, messages=[{"role": "user", "content": "Hello!"}])
        assert chat.choices[0].message.content
        response = client.responses.create(model=name, input="Hello!")
        assert response.output_text
