# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""The command line: the first start, its token, the data directory, what is refused before anything is served."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from gateway import Gateway, clean_environment, run, wait_until

ASK = {"model": "system.ai.gpt-5", "messages": [{"role": "user", "content": "Hello!"}]}
CHAT = "/mlflow/v1/chat/completions"


def test_the_first_start_prints_a_token_once(launch: Any) -> None:
    gateway: Gateway = launch(token=None)
    [token] = re.findall(r"token[^:\n]*: *(\S+)", gateway.stdout, re.IGNORECASE)
    assert len(token) >= 32
    headers = {"Authorization": f"Bearer {token}"}
    assert gateway.post(CHAT, ASK, headers=headers).status_code == 200
    assert gateway.stop() == 0
    before = len(gateway.stdout)
    gateway.start()
    assert "oken" not in gateway.stdout[before:], "the token is printed on every start"
    assert gateway.post(CHAT, ASK, headers=headers).status_code == 200


def test_the_token_of_the_environment_is_valid_while_it_is_set_and_is_not_printed(launch: Any) -> None:
    gateway: Gateway = launch()
    assert gateway.token not in gateway.output
    assert gateway.post(CHAT, ASK).status_code == 200
    assert gateway.stop() == 0
    del gateway.environment["GATEHOUSE_ADMIN_TOKEN"]
    gateway.start()
    assert gateway.post(CHAT, ASK).status_code == 401


def test_the_listening_line_is_the_last_of_standard_output_and_logs_go_elsewhere(launch: Any) -> None:
    gateway: Gateway = launch()
    assert gateway.stdout.splitlines() == [f"Gatehouse is listening on {gateway.url}"]


def test_the_data_directory_is_found_as_the_desktop_standard_says(tmp_path: Path) -> None:
    listing = ("token", "list")
    created = ("token", "create", "--user", "a@example.com")
    for directory, variables in (
        ("xdg/gatehouse", {"XDG_DATA_HOME": str(tmp_path / "xdg")}),
        (".local/share/gatehouse", {}),
    ):
        environment = clean_environment(tmp_path, **variables)
        (tmp_path / directory).mkdir(parents=True)
        run(*created, environment=environment)
        assert list((tmp_path / directory).iterdir())
        assert "a@example.com" in run(*listing, environment=environment).stdout


@pytest.mark.parametrize(
    "command", [("create", "--user", "a@example.com"), ("list",), ("revoke", "6f1c2b3a-0000-4000-8000-000000000000")]
)
def test_a_command_about_tokens_makes_no_data_directory(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run("token", *command, "--data", str(tmp_path / "typo"), check=False)
    assert result.returncode == 1
    assert f"There is no data directory {tmp_path / 'typo'}" in result.stderr
    assert not (tmp_path / "typo").exists()


def test_who_creates_a_token_is_told_for_whom_it_is(tmp_path: Path) -> None:
    made = run(
        *("token", "create", "--service-principal", "app-1", "--admin", "--lifetime-days", "1"), "--data", str(tmp_path)
    )
    assert re.fullmatch(r"\S{32,}\n", made.stdout)
    assert "service principal app-1, with administrator rights, until 20" in made.stderr
    assert made.stdout.strip() not in made.stderr


def test_the_start_says_what_is_served_and_what_to_do_next(launch: Any) -> None:
    gateway: Gateway = launch(environment={"ANTHROPIC_API_KEY": "sk-ant-start-canary"})
    said = gateway.stderr
    assert "Configuration: built in" in said
    assert re.search(r"Models: \d+ answered by anthropic, \d+ answered by the built-in simulator\n", said)
    assert f"Data directory: {gateway.data}" in said
    assert f"curl {gateway.url}/" in said
    assert "--insecure" not in said
    assert gateway.token not in gateway.output and "canary" not in gateway.output


def test_insecure_warns(launch: Any) -> None:
    gateway: Gateway = launch(arguments=("--insecure",), token=None)
    assert "warning" in gateway.stderr and "--insecure: no token is needed" in gateway.stderr


def test_the_request_that_the_start_shows_works(launch: Any) -> None:
    gateway: Gateway = launch()
    [command] = re.findall(r"Try it: (curl .*)", gateway.stderr)
    environment = {**gateway.environment, "TOKEN": gateway.token}
    answer = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["object"] == "chat.completion"


def test_a_configuration_file_that_is_missing_is_one_plain_sentence(tmp_path: Path) -> None:
    missing = str(tmp_path / "gatehouse.yaml")
    for command in (("serve", "--port", "0", "--data", str(tmp_path / "d")), ("check",), ("models",)):
        result = run(*command, "--config", missing, check=False)
        assert result.returncode == 1
        assert f"There is no configuration file {missing}." in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_without_a_token_nobody_gets_in_and_insecure_lets_everybody_in(launch: Any) -> None:
    gateway: Gateway = launch(arguments=("--insecure",), token=None)
    response = gateway.post(CHAT, ASK, headers={})
    assert response.status_code == 200
    [row] = gateway.usage(f"request_id = '{response.headers['x-request-id']}'")
    assert row["auth_mode"] == "INSECURE"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_insecure_binds_to_loopback_only(tmp_path: Path, host: str) -> None:
    result = run("serve", "--insecure", "--host", host, "--port", "0", "--data", str(tmp_path / "d"), check=False)
    assert result.returncode != 0
    assert "loopback" in result.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("serve", "--port", str(port), "--data", str(tmp_path / "d"), check=False)
    assert result.returncode != 0
    assert str(port) in result.stderr
    assert "Fatal" not in result.stderr and "Thread" not in result.stderr


def test_a_configuration_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = run("serve", "--config", "/nonexistent.yaml", "--port", "0", "--data", str(tmp_path / "d"), check=False)
    assert result.returncode != 0
    assert "/nonexistent.yaml" in result.stderr


def test_simulated_models_exist_without_a_file_and_with_a_file_only_if_it_says_so(launch: Any) -> None:
    for config, status in ((None, 200), ("{}", 404), ("simulator: false", 404), ("simulator: true", 200)):
        gateway: Gateway = launch(config)
        response = gateway.post(CHAT, ASK)
        assert response.status_code == status, f"{config}: {response.text}"
        if status == 200:
            assert response.headers["x-gatehouse-simulated"] == "true"


def test_a_provider_key_of_the_environment_replaces_the_simulator(launch: Any) -> None:
    gateway: Gateway = launch(environment={"OPENAI_API_KEY": "sk-canary-environment"})
    claude = gateway.post(CHAT, {**ASK, "model": "system.ai.claude-sonnet-4-5"})
    assert claude.headers["x-gatehouse-simulated"] == "true"
    # Offline the vendor cannot be reached; what counts is that the simulator does not answer in its place.
    assert "x-gatehouse-simulated" not in gateway.post(CHAT, ASK).headers
    assert "sk-canary-environment" not in gateway.output


def test_ready_is_told_within_the_promised_time(launch: Any) -> None:
    gateway: Gateway = launch()
    assert gateway.get("/ready", headers={}).json()["status"] == "ready"


def test_help_names_every_command() -> None:
    text = run("--help").stdout
    for command in ("serve", "simulate", "sql", "token"):
        assert command in text


@pytest.mark.parametrize("arguments", [("nonsense",), ("serve", "--nonsense"), ("serve", "--port", "99999"), ("sql",)])
def test_arguments_that_do_not_exist_are_refused(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, check=False)
    assert result.returncode == 64
    assert result.stderr


def test_sql_reports_its_errors(gateway: Gateway) -> None:
    for query in ("SELECT nonsense FROM system.ai_gateway.usage", "SELEC 1", "SELECT 1 FROM no.such.thing", ""):
        result = gateway.run("sql", query, check=False)
        assert result.returncode != 0, query
        assert result.stderr


@pytest.mark.parametrize("statement", ["DELETE FROM system.ai_gateway.usage", "DROP TABLE system.ai_gateway.usage"])
def test_sql_does_not_change_the_usage_table(gateway: Gateway, statement: str) -> None:
    gateway.post(CHAT, ASK)

    def count() -> int:
        return gateway.sql("SELECT count(*) AS n FROM system.ai_gateway.usage")[0]["n"]

    before = wait_until(count, "the request leaves a row")
    assert gateway.run("sql", statement, check=False).returncode != 0
    assert count() >= before


def test_sql_prints_a_table_for_people(gateway: Gateway) -> None:
    assert "service_name" in gateway.run("sql", "SELECT service_name FROM system.ai_gateway.usage LIMIT 1").stdout


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\u202e", "\u200b", "\u2028", "\r", "\n", "\x9b1m", "\x07"])
def test_token_list_drives_no_terminal(launch: Any, hidden: str) -> None:
    gateway: Gateway = launch()
    gateway.run("token", "create", "--user", "eve@example.com", "--comment", f"a{hidden}b")
    listed = gateway.run("token", "list").stdout
    assert hidden not in listed.removesuffix("\n") and len(listed.splitlines()) == 1
    assert "eve@example.com" in listed and "a\\" in listed


def test_sql_output_drives_no_terminal_and_calculates_nothing(launch: Any) -> None:
    gateway: Gateway = launch()
    headers = {**gateway.bearer, "User-Agent": "=HYPERLINK(1)"}
    gateway.post(CHAT, ASK, headers=headers)
    gateway.usage()
    query = "SELECT user_agent, -5 AS n, 'a' || char(27, 8238, 155) || 'b' AS v FROM system.ai_gateway.usage"
    assert gateway.run("sql", query, "--format", "csv").stdout.splitlines()[1].startswith("'=HYPERLINK(1),-5,")
    for format in ("table", "json"):
        text = gateway.run("sql", query, "--format", format).stdout
        assert not {"\x1b", "\u202e", "\x9b"} & set(text)
    assert gateway.sql(query) == [{"user_agent": "=HYPERLINK(1)", "n": -5, "v": "a\x1b\u202e\x9bb"}]


def test_sql_that_never_ends_is_stopped(gateway: Gateway) -> None:
    endless = "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"
    stopped = gateway.run("sql", endless, "--timeout", "1", check=False)
    assert stopped.returncode == 1 and "RESOURCE_EXHAUSTED" in stopped.stderr
    assert gateway.run("sql", "SELECT 1", "--timeout", "0", check=False).returncode == 64
