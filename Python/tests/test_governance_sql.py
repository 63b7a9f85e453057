# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Governance by SQL, on the data directory of a gateway that serves meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from gateway import Gateway, wait_until


def sql(gateway: Gateway, statement: str) -> list[dict[str, Any]]:
    output = gateway.run("sql", statement, "--format", "json").stdout
    rows: list[dict[str, Any]] = json.loads(output) if output.strip() else []
    return rows


def refused(gateway: Gateway, statement: str) -> str:
    result = gateway.run("sql", statement, check=False)
    assert result.returncode == 1, result.stdout
    return result.stderr


def test_a_team_is_governed_by_sql(launch: Callable[..., Gateway]) -> None:
    gateway = launch()
    token = gateway.run("token", "create", "--user", "alice@example.com").stdout.strip()
    headers = {"Authorization": f"Bearer {token}"}

    def status() -> int:
        body = {"model": "main.ai.helper", "messages": [{"role": "user", "content": "Hi"}]}
        return gateway.post("/openai/v1/chat/completions", body, headers=headers).status_code

    sql(gateway, "CREATE CATALOG main COMMENT 'of the team'")
    sql(gateway, "CREATE SCHEMA IF NOT EXISTS main.ai;")
    wait_until(lambda: gateway.get("/api/2.1/unity-catalog/schemas/main.ai").status_code == 200, "the schema is seen")
    made = httpx.post(
        gateway.url + "/api/2.1/unity-catalog/model-services",
        params={"parent": "schemas/main.ai", "model_service_id": "helper"},
        headers=gateway.bearer,
        json={
            "config": {
                "routing": {
                    "destinations": [
                        {
                            "destination_type": "DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL",
                            "pay_per_token_config": {"model": "models/system.ai.gpt-5"},
                        }
                    ]
                }
            }
        },
    )
    assert made.status_code == 200, made.text
    assert status() in (403, 404)
    for statement in (
        "GRANT USE CATALOG ON CATALOG main TO `alice@example.com`",
        "GRANT USE SCHEMA ON SCHEMA main.ai TO `alice@example.com`",
        "GRANT EXECUTE ON MODEL SERVICE main.ai.helper TO `alice@example.com`",
    ):
        sql(gateway, statement)
    wait_until(lambda: status() == 200, "the grants count")
    shown = sql(gateway, "SHOW GRANTS `alice@example.com` ON MODEL SERVICE main.ai.helper")
    assert {
        "Principal": "alice@example.com",
        "ActionType": "EXECUTE",
        "ObjectType": "MODEL SERVICE",
        "ObjectKey": "main.ai.helper",
    } in shown
    sql(gateway, "DENY EXECUTE ON CATALOG main TO `account users`")
    wait_until(lambda: status() == 403, "the denial counts")
    sql(gateway, "REVOKE EXECUTE ON CATALOG main FROM `account users`")
    wait_until(lambda: status() == 200, "the denial is gone")
    sql(gateway, "REVOKE EXECUTE ON MODEL SERVICE main.ai.helper FROM `alice@example.com`")
    wait_until(lambda: status() == 403, "the grant is gone")
    assert [row["catalog"] for row in sql(gateway, "SHOW CATALOGS")] == ["main", "system"]
    assert {"databaseName": "ai"} in sql(gateway, "SHOW SCHEMAS IN main")
    assert [row["name"] for row in sql(gateway, "SHOW MODEL SERVICES IN main.ai")] == ["helper"]
    assert len(sql(gateway, "SHOW MODEL SERVICES IN SCHEMA system.ai LIKE 'gpt-5*'")) > 3
    described = {row["info_name"]: row["info_value"] for row in sql(gateway, "DESCRIBE MODEL SERVICE main.ai.helper")}
    assert described["Owner"] == "admins" and "system.ai.gpt-5" in described["Definition"]
    sql(gateway, "ALTER SCHEMA main.ai OWNER TO `alice@example.com`")
    assert "not empty" in refused(gateway, "DROP CATALOG main")
    sql(gateway, "DROP CATALOG main CASCADE")
    assert [row["catalog"] for row in sql(gateway, "SHOW CATALOGS")] == ["system"]
    wait_until(lambda: status() == 404, "the service is gone")
    # Every change is in the audit log, with who made it and what was there before.
    audit = sql(
        gateway, "SELECT action_name, user_identity, request_params FROM system.access.audit ORDER BY event_time"
    )
    actions = [row["action_name"] for row in audit]
    assert actions.count("updatePermissions") == 6 and {"createCatalog", "deleteModelService"} <= set(actions)
    assert all(json.loads(row["user_identity"])["email"] == "admin" for row in audit)


def test_statements_that_cannot_be_carried_out_say_why(launch: Callable[..., Gateway]) -> None:
    gateway = launch()
    for statement, told in [
        ("GRANT EXECUTE ON MODEL SERVICE main.ai.nope TO `account users`", "'main.ai.nope' does not exist"),
        ("GRANT EXECUTE ON MODEL SERVICE system.ai.gpt-5 TO nobody", "Principal 'nobody' does not exist"),
        ("GRANT EXECUTE TO alice", "ON"),
        ("CREATE CATALOG system", "already exists"),
        ("DROP CATALOG system CASCADE", "built in"),
        ("REVOKE EXECUTE ON SCHEMA system.ai FROM `account users`", "DENY takes it away"),
        ("SELECT * FROM governance.access_token", "access"),
        ("SELECT * FROM governance.sealed", ""),
        ("SELECT hash FROM access_token", ""),
    ]:
        assert told in refused(gateway, statement), statement
