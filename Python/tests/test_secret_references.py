# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""`secret_reference`: provider services by REST that take their key from a secret of the configuration file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from config import upstream_config
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied
from databricks.sdk.service import catalog as uc
from gateway import Gateway, wait_until
from upstream import Upstream

UC = "/api/2.1/unity-catalog"
CHAT = "/openai/v1/chat/completions"
ONE, TWO, FROM_ENVIRONMENT = "sk-reference-canary-1", "sk-reference-canary-2", "sk-reference-canary-3"
SECRETS = "main.keys"


class Team:
    """A gateway with two secrets, and somebody who may make services but not read secrets."""

    def __init__(self, launch: Callable[..., Gateway], upstream: Upstream, directory: Path) -> None:
        self.upstream = upstream
        self.file = directory / "key"
        self.file.write_text(ONE + "\n")
        self.config: dict[str, Any] = {
            "secrets": {
                f"{SECRETS}.file": {"value_file": str(self.file), "comment": "of the vault"},
                f"{SECRETS}.environment": {"value": "${TEAM_KEY}"},
            },
            "schemas": {"main.ai": {}},
        }
        self.gateway = launch(self.config, environment={"TEAM_KEY": FROM_ENVIRONMENT})
        self.admin = WorkspaceClient(host=self.gateway.url, token=self.gateway.token)
        maker = self.admin.service_principals.create(display_name="maker")
        assert maker.application_id
        self.maker_name = maker.application_id
        token = self.admin.token_management.create_obo_token(application_id=maker.application_id, lifetime_seconds=3600)
        self.maker = WorkspaceClient(host=self.gateway.url, token=token.token_value)
        self.grant("catalog", "main", "ALL_PRIVILEGES")

    def grant(self, kind: str, name: str, *privileges: str, verb: str = "add") -> None:
        change = {"principal": self.maker_name, verb: list(privileges)}
        self.admin.api_client.do("PATCH", f"{UC}/permissions/{kind}/{name}", body={"changes": [change]})

    def provider(self, secret: str, path: str = "/v1") -> dict[str, Any]:
        reference = {"secret_reference": {"name": f"secrets/{SECRETS}.{secret}"}}
        return {
            "provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM",
            "custom": {"direct": {"base_url": self.upstream.url + path, "api_key": reference}},
            "targets": [{"model": "m", "native_api_types": ["openai/v1/chat/completions"]}],
        }

    def create(self, workspace: WorkspaceClient, name: str, secret: str) -> Any:
        config = uc.ModelProviderServiceConfig.from_dict(self.provider(secret))
        made = workspace.ai_gateway.create_model_provider_service(
            uc.ModelProviderService(config=config), parent="schemas/main.ai", model_provider_service_id=name
        )
        return made.as_dict()

    def call(self, name: str) -> httpx.Response:
        """The answer to a call of a provider service."""
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        headers = {**self.gateway.bearer, "Databricks-Model-Provider-Service": f"main.ai.{name}"}
        return self.gateway.post(CHAT, body, headers=headers)

    def ask(self, name: str, status: int = 200) -> str:
        """The key that a call of a provider service carries upstream; the gateway's error if it is refused."""
        response = self.call(name)
        assert response.status_code == status, response.text
        if status != 200:
            return response.text
        return (self.upstream.requests[-1].header("authorization") or "").removeprefix("Bearer ")

    def rewrite(self, **changes: Any) -> None:
        self.config = {**self.config, **changes}
        self.gateway.write_config(self.config)


@pytest.fixture
def team(launch: Callable[..., Gateway], upstream: Upstream, tmp_path: Path) -> Team:
    return Team(launch, upstream, tmp_path)


def test_a_secret_is_read_again_when_its_file_changes(team: Team) -> None:
    made = team.create(team.admin, "openai", "file")
    shown = {
        "base_url": team.upstream.url + "/v1",
        "api_key": {"secret_reference": {"name": f"secrets/{SECRETS}.file"}},
    }
    assert made["config"]["custom"]["direct"] == shown
    team.create(team.admin, "other", "environment")
    assert team.ask("openai") == ONE
    assert team.ask("other") == FROM_ENVIRONMENT
    team.file.write_text(TWO)
    wait_until(lambda: team.ask("openai") == TWO, "the new key is used", patience=5)
    assert team.ask("other") == FROM_ENVIRONMENT
    # What is read may be sent back.
    path = f"{UC}/model-provider-services/main.ai.openai"
    read = team.admin.api_client.do("GET", path)
    assert isinstance(read, dict)
    again = team.admin.api_client.do("PATCH", path, query={"update_mask": "config"}, body={"config": read["config"]})
    assert isinstance(again, dict) and again["config"] == read["config"]
    assert team.ask("openai") == TWO
    # A key of its own takes the place of the reference.
    own = team.provider("file")
    own["custom"]["direct"]["api_key"] = {"plaintext": "sk-own"}
    team.admin.api_client.do("PATCH", path, query={"update_mask": "config.provider"}, body={"config": own})
    assert team.ask("openai") == "sk-own"


def test_a_secret_that_is_not_there_is_refused_and_one_that_goes_is_told(team: Team) -> None:
    with pytest.raises(InvalidParameterValue, match=f"there is no secret `{SECRETS}.none`. Add it to `secrets`"):
        team.create(team.admin, "openai", "none")
    team.create(team.admin, "openai", "file")
    body = {
        "config": {
            "routing": {
                "destinations": [
                    {
                        "destination_type": "DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL",
                        "external_model_config": {
                            "model_provider_service": "model-provider-services/main.ai.openai",
                            "target": {"model": "m", "native_api_types": ["openai/v1/chat/completions"]},
                        },
                    }
                ]
            }
        }
    }
    query = {"parent": "schemas/main.ai", "model_service_id": "helper"}
    team.admin.api_client.do("POST", f"{UC}/model-services", query=query, body=body)
    ask = {"model": "main.ai.helper", "messages": [{"role": "user", "content": "Hi"}]}
    assert team.gateway.post(CHAT, ask).status_code == 200

    def problem() -> str:
        objects = team.gateway.get("/api/gatehouse/config").json()["objects"]
        return next(one.get("problem", "") for one in objects if one["name"] == "main.ai.openai")

    assert problem() == ""
    kept = team.config["secrets"]
    team.rewrite(secrets={})
    wait_until(lambda: f"there is no secret `{SECRETS}.file`" in problem(), "the secret is missed")
    assert "cannot be used as it is defined" in team.ask("openai", 502)
    refused = team.gateway.post(CHAT, ask)
    assert refused.status_code == 502 and "main.ai.openai' cannot be used" in refused.text
    logged = "A stored service cannot be used"
    wait_until(lambda: team.gateway.stderr.count(logged) == 1, "the log tells of it once")
    team.rewrite(secrets=kept)
    wait_until(lambda: problem() == "", "the secret is back")
    assert team.ask("openai") == ONE
    assert team.gateway.post(CHAT, ask).status_code == 200


def test_only_those_who_may_read_a_secret_may_have_it_sent(team: Team) -> None:
    """All privileges on the catalog are not enough: whoever chooses the `base_url` gets the secret."""
    with pytest.raises(PermissionDenied, match=f"READ SECRET privilege on SECRET {SECRETS}.file"):
        team.create(team.maker, "openai", "file")
    team.grant("secret", f"{SECRETS}.file", "READ_SECRET")
    team.create(team.maker, "openai", "file")
    assert team.ask("openai") == ONE
    team.create(team.admin, "theirs", "environment")
    team.grant("model_provider_service", "main.ai.theirs", "MANAGE")
    elsewhere = {"config": team.provider("environment", "/elsewhere")}
    path = f"{UC}/model-provider-services/main.ai.theirs"
    with pytest.raises(PermissionDenied, match="READ SECRET"):
        team.maker.api_client.do("PATCH", path, query={"update_mask": "config.provider"}, body=elsewhere)
    with pytest.raises(PermissionDenied, match="READ SECRET"):
        team.admin.api_client.do("PATCH", path, query={"update_mask": "owner"}, body={"owner": team.maker_name})
    # The owner's right counts with every call.
    team.grant("secret", f"{SECRETS}.file", "READ_SECRET", verb="remove")
    told = team.ask("openai", 403)
    assert "The owner of MODEL PROVIDER SERVICE main.ai.openai" in told and "READ SECRET" in told
    team.gateway.run(
        "sql",
        f"GRANT READ SECRET ON SECRET {SECRETS}.file TO `{team.maker_name}`",
        "--config",
        str(team.gateway.config_file),
    )
    wait_until(lambda: team.call("openai").status_code == 200, "the grant counts")
    assert team.ask("openai") == ONE


def test_the_file_may_grant_it_and_use_it(launch: Callable[..., Gateway], upstream: Upstream, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(ONE)
    config = upstream_config(upstream)
    config["secrets"] = {f"{SECRETS}.file": {"value_file": str(file)}}
    provider = config["provider_services"]["test.providers.custom"]
    del provider["api_key"]
    provider["api_key_secret"] = f"{SECRETS}.file"
    config["grants"] = [{"principal": "makers", "privileges": ["READ SECRET"], "on": {"secret": f"{SECRETS}.file"}}]
    gateway = launch(config)

    def key() -> str | None:
        assert gateway.post(CHAT, {"model": "test.ai.custom", "messages": []}).status_code == 200
        return upstream.requests[-1].header("authorization")

    assert key() == f"Bearer {ONE}"
    file.write_text(TWO)
    wait_until(lambda: key() == f"Bearer {TWO}", "the new key is used")
    shown = gateway.get(f"{UC}/permissions/secret/{SECRETS}.file").json()
    assert shown["privilege_assignments"] == [{"principal": "makers", "privileges": ["READ_SECRET"]}]
    read = gateway.get(f"{UC}/model-provider-services/test.providers.custom").json()
    assert read["config"]["custom"]["direct"]["api_key"] == {"secret_reference": {"name": f"secrets/{SECRETS}.file"}}


def test_nothing_shows_the_value(team: Team) -> None:
    team.create(team.admin, "openai", "file")
    team.create(team.admin, "other", "environment")
    team.ask("openai")
    outputs = [
        team.gateway.get(path).text
        for path in (
            "/api/gatehouse/config",
            f"{UC}/model-provider-services?view=FULL",
            f"{UC}/model-provider-services/main.ai.openai",
            "/metrics",
            "/ready",
        )
    ]
    audit = json.dumps(team.gateway.sql("SELECT * FROM system.access.audit"))
    assert f"{SECRETS}.file" in audit
    with_file = ("--config", str(team.gateway.config_file))
    export = team.gateway.run("export", *with_file).stdout
    assert f"api_key_secret: {SECRETS}.file" in export and str(team.file) in export and "${TEAM_KEY}" in export
    described = team.gateway.run("sql", f"DESCRIBE SECRET {SECRETS}.file", *with_file).stdout
    assert "of the vault" in described
    everything = [*outputs, audit, export, described, team.gateway.output]
    everything += [file.read_bytes().decode("latin-1") for file in team.gateway.data.rglob("*") if file.is_file()]
    for secret in (ONE, FROM_ENVIRONMENT):
        assert not [text for text in everything if secret in text]
