# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Canaries: every kind of secret that the gateway is given shows nowhere, by whatever way out.

`test_secrets.py` follows prompts and provider keys through inference; this file follows secrets through administration.
"""

from __future__ import annotations

import base64
import json
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from certificates import make_certificate
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from gateway import Gateway, wait_until
from upstream import Exchange, Upstream

UC = "/api/2.1/unity-catalog"
SCIM = "/api/2.0/preview/scim/v2"
CHAT = "/openai/v1/chat/completions"
APIS = ["openai/v1/chat/completions"]
ENCRYPTION_KEY = base64.b64encode(bytes(range(100, 132))).decode()


def canary(name: str) -> str:
    return f"canary-{name}-7f3a9c51"


#: What is written into the configuration file, its environment and the files that it names.
FILE_CANARIES = {
    name: canary(name)
    for name in (
        "file-literal",
        "file-variable",
        "file-file",
        "secret-literal",
        "secret-variable",
        "secret-file",
        "header",
        "aws-secret",
        "aws-session",
        "proxy-password",
        "environment-proxy-password",
    )
}
#: What administrators send.
REST_CANARIES = {
    name: canary(name)
    for name in ("plaintext", "header-auth", "rest-aws-secret", "endpoint-key", "entra", "replaced", "refused")
}


def google_key() -> tuple[str, str]:
    """The JSON key of a service account, and a part of it that nobody may see."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    text = {"type": "service_account", "client_email": "a@b.iam.gserviceaccount.com", "private_key": key.decode()}
    text["token_uri"] = "http://127.0.0.1:9/token"
    return json.dumps(text), key.decode().splitlines()[5]


@contextmanager
def write_lock(file: Path) -> Iterator[None]:
    """Another process that writes and does not end."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    yield
    database.execute("ROLLBACK")
    database.close()


class Governed:
    """A gateway that holds a secret of every kind, and all that it ever said."""

    def __init__(self, launch: Callable[..., Gateway], upstream: Upstream, directory: Path) -> None:
        self.upstream, self.directory = upstream, directory
        self.said: dict[str, str] = {}
        self.secrets = {**FILE_CANARIES, **REST_CANARIES, "encryption-key": ENCRYPTION_KEY}
        for name in ("file-file", "secret-file"):
            (directory / name).write_text(FILE_CANARIES[name] + "\n")
        certificate, key = make_certificate(directory / "tls")
        self.secrets["tls-key"] = key.read_text().splitlines()[1]
        google, self.secrets["google-key"] = google_key()
        (directory / "google").write_text(google)
        proxy = f"http://user:{FILE_CANARIES['proxy-password']}@127.0.0.1:9"
        own = {"provider_type": "custom", "base_url": upstream.url + "/v1"}
        bedrock = {
            "provider_type": "amazon_bedrock",
            "region": "us-east-1",
            "aws_access_key_id": "AKIDEXAMPLE",
            "aws_secret_access_key": FILE_CANARIES["aws-secret"],
            "aws_session_token": "${AWS_SESSION}",
            "base_url": upstream.url + "/bedrock",
        }
        vertex = {"provider_type": "gemini_enterprise", "project": "p", "region": "global"}
        tls = {"client_certificate_file": str(certificate), "client_key_file": str(key), "ca_file": str(certificate)}
        self.config: dict[str, Any] = {
            "simulator": True,
            "server": {"access_log": True},
            "secrets": {
                "main.keys.literal": {"value": FILE_CANARIES["secret-literal"]},
                "main.keys.variable": {"value": "${SECRET_VARIABLE}"},
                "main.keys.file": {"value_file": str(directory / "secret-file")},
            },
            "schemas": {"main.ai": {}},
            "provider_services": {
                "main.file.literal": {**own, "api_key": FILE_CANARIES["file-literal"]},
                "main.file.variable": {**own, "api_key": "${FILE_VARIABLE}"},
                "main.file.file": {**own, "api_key_file": str(directory / "file-file")},
                "main.file.reference": {**own, "api_key_secret": "main.keys.variable"},
                "main.file.header": {**own, "headers": {"x-api-token": FILE_CANARIES["header"]}},
                "main.file.proxy": {**own, "api_key": "k", "proxy": proxy},
                "main.file.bedrock": bedrock,
                "main.file.vertex": {**vertex, "service_account_key_file": str(directory / "google")},
                "main.file.mutual": {
                    "provider_type": "custom",
                    "base_url": "https://127.0.0.1:9/v1",
                    "api_key": "k",
                    "tls": tls,
                },
            },
            "model_services": {
                f"main.models.{name}": {"destinations": [{"provider": f"main.file.{name}", "model": "m"}]}
                for name in (
                    "literal",
                    "variable",
                    "file",
                    "reference",
                    "header",
                    "proxy",
                    "bedrock",
                    "vertex",
                    "mutual",
                )
            },
        }
        environment = {
            "SECRET_VARIABLE": FILE_CANARIES["secret-variable"],
            "FILE_VARIABLE": FILE_CANARIES["file-variable"],
            "AWS_SESSION": FILE_CANARIES["aws-session"],
            "HTTPS_PROXY": f"http://user:{FILE_CANARIES['environment-proxy-password']}@127.0.0.1:9",
            "GATEHOUSE_ENCRYPTION_KEY": ENCRYPTION_KEY,
        }
        self.gateway = launch(self.config, environment=environment, arguments=("--log-level", "trace"))
        self.secrets["administrator"] = self.gateway.token

    def keep(self, name: str, text: str) -> None:
        self.said[f"{len(self.said)} {name}"] = text

    def ask(self, method: str, path: str, body: Any = None, *, status: int | None = None, gives: str = "") -> Any:
        """One request of the administrator; `gives` names the field of the answer that may hold a secret, once."""
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {**self.gateway.bearer, "content-type": "application/json"}
        response = httpx.request(method, self.gateway.url + path, content=content, headers=headers, timeout=30)
        assert status is None or response.status_code == status, f"{method} {path}: {response.text}"
        text = response.text
        if gives:
            given = response.json()[gives]
            self.secrets[f"{gives} of {path}"] = given
            text = text.replace(given, "***")
        self.keep(f"{method} {path}", f"{response.headers} {text}")
        return response.json() if "json" in response.headers.get("content-type", "") else None

    def run(self, *command: str) -> str:
        result = self.gateway.run(*command, check=False)
        self.keep(" ".join(command), result.stdout + result.stderr)
        return result.stdout

    def check(self) -> None:
        """Fails for each place where a secret shows."""
        self.keep("the log", self.gateway.output)
        for root in (self.gateway.data, self.directory / "backup"):
            for file in root.rglob("*"):
                if file.is_file():
                    self.keep(f"the file {file.name}", file.read_bytes().decode("latin-1"))
        shown: list[str] = []
        for name, secret in self.secrets.items():
            # Base64 of a line end or of Basic credentials would be another form of the same.
            forms = {secret, base64.b64encode(secret.encode()).decode().rstrip("=")[:-2]}
            shown += [f"{name} in {place}" for place, text in self.said.items() if any(form in text for form in forms)]
        assert not shown, "\n".join(shown)


@pytest.fixture
def governed(launch: Callable[..., Gateway], upstream: Upstream, tmp_path: Path) -> Governed:
    return Governed(launch, upstream, tmp_path)


def providers(upstream: Upstream) -> dict[str, dict[str, Any]]:
    """A provider service with each kind of credential, as REST takes them."""

    def config(kind: str, direct: dict[str, Any]) -> dict[str, Any]:
        own = {"provider_type": f"EXTERNAL_MODEL_PROVIDER_TYPE_{kind.upper()}", kind: {"direct": direct}}
        return {**own, "targets": [{"model": "m", "native_api_types": APIS}]}

    base = {"base_url": upstream.url + "/v1"}
    header = {"api_key_name": "x-key", "api_key_value": {"plaintext": REST_CANARIES["header-auth"]}}
    aws = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": {"plaintext": REST_CANARIES["rest-aws-secret"]}}
    bedrock = config("amazon_bedrock", {"region": "us-east-1", "aws_access_key": aws})
    bedrock["targets"][0]["native_api_types"] = ["bedrock/v1/converse"]
    return {
        "plaintext": config("custom", {**base, "api_key": {"plaintext": REST_CANARIES["plaintext"]}}),
        "header": config("custom", {**base, "header_auth": header}),
        "reference": config("custom", {**base, "api_key": {"secret_reference": {"name": "secrets/main.keys.file"}}}),
        "aws": bedrock,
    }


def create(governed: Governed, name: str, config: Any, status: int = 200) -> Any:
    path = f"{UC}/model-provider-services?parent=schemas/main.ai&model_provider_service_id={name}"
    return governed.ask("POST", path, {"config": config}, status=status)


def test_no_secret_shows_in_administration(governed: Governed) -> None:
    for name, config in providers(governed.upstream).items():
        create(governed, name, config)
    # The id of a key of AWS is no secret at Databricks, and is shown.
    shown = governed.ask("GET", f"{UC}/model-provider-services/main.ai.aws")
    direct = shown["config"]["amazon_bedrock"]["direct"]
    assert direct["aws_access_key"] == {"access_key_id": "AKIDEXAMPLE", "secret_access_key": {}}
    back = {"config": shown["config"]}
    governed.ask("PATCH", f"{UC}/model-provider-services/main.ai.aws?update_mask=config", back, status=200)
    replaced = providers(governed.upstream)["plaintext"]
    replaced["custom"]["direct"]["api_key"] = {"plaintext": REST_CANARIES["replaced"]}
    path = f"{UC}/model-provider-services/main.ai.plaintext"
    governed.ask("PATCH", f"{path}?update_mask=config.provider", {"config": replaced}, status=200)
    model = {
        "external_model": {
            "name": "m",
            "provider": "openai",
            "task": "llm/v1/chat",
            "openai_config": {"openai_api_key_plaintext": REST_CANARIES["endpoint-key"]},
        }
    }
    endpoint = {"name": "legacy", "config": {"served_entities": [model]}}
    governed.ask("POST", "/api/2.0/serving-endpoints", endpoint, status=200)

    # Tokens and OAuth secrets are given once, and are known by their hashes alone after that.
    app = governed.ask("POST", f"{SCIM}/ServicePrincipals", {"applicationId": "app-1"}, status=201)
    obo = {"application_id": "app-1", "lifetime_seconds": 3600}
    governed.ask("POST", "/api/2.0/token-management/on-behalf-of/tokens", obo, gives="token_value")
    secrets = f"/api/2.0/accounts/servicePrincipals/{app['id']}/credentials/secrets"
    given = governed.ask("POST", secrets, {}, gives="secret")
    form = {"grant_type": "client_credentials", "scope": "all-apis"}
    for secret in (given["secret"], REST_CANARIES["refused"]):
        signed = httpx.post(governed.gateway.url + "/oidc/v1/token", data=form, auth=("app-1", secret))
        text = signed.text
        if signed.status_code == 200:
            token = signed.json()["access_token"]
            governed.secrets["the OAuth token"] = token
            text = text.replace(token, "***")
            me = httpx.get(governed.gateway.url + f"{SCIM}/Me", headers={"Authorization": f"Bearer {token}"})
            governed.keep("Me", me.text)
        governed.keep("the token endpoint", text)
    governed.secrets["the token of the command"] = governed.gateway.create_token("alice@example.com")

    for path in (
        "/api/gatehouse/config?max_results=10000",
        f"{UC}/catalogs",
        f"{UC}/catalogs/main",
        f"{UC}/schemas?catalog_name=main",
        f"{UC}/model-services?view=FULL",
        f"{UC}/model-provider-services?view=FULL",
        *(f"{UC}/model-provider-services/main.ai.{name}" for name in providers(governed.upstream)),
        f"{UC}/model-provider-services/main.file.bedrock",
        f"{UC}/model-provider-services/main.file.proxy",
        f"{UC}/permissions/secret/main.keys.file",
        f"{UC}/effective-permissions/model_provider_service/main.ai.plaintext",
        f"{UC}/metastore_summary",
        f"{UC}/current-metastore-assignment",
        f"{SCIM}/Me",
        f"{SCIM}/Users",
        f"{SCIM}/Groups",
        f"{SCIM}/ServicePrincipals",
        "/api/2.0/token/list",
        "/api/2.0/token-management/tokens",
        secrets,
        "/api/2.0/serving-endpoints",
        "/api/2.0/serving-endpoints/legacy",
        "/oidc/.well-known/oauth-authorization-server",
        "/oidc/jwks.json",
        "/metrics",
        "/ready",
        "/",
    ):
        governed.ask("GET", path)

    # The command line.
    file = ("--config", str(governed.gateway.config_file))
    export = governed.run("export", *file)
    assert "main.ai.plaintext" in export and "api_key_secret: main.keys.file" in export
    governed.run("sql", "DESCRIBE MODEL PROVIDER SERVICE main.ai.reference", *file)
    governed.run("sql", "SELECT * FROM system.access.audit", "--format", "json")
    governed.run("sql", "SELECT * FROM system.ai_gateway.usage", "--format", "json")
    governed.run("token", "list")
    governed.run("models", *file)
    governed.run("backup", str(governed.directory / "backup"))
    governed.run("key", "rotate")
    governed.check()


def test_no_secret_shows_in_what_is_refused(governed: Governed) -> None:
    """Bodies that hold a secret in the wrong place, forms and paths with one, and a file that is edited badly."""
    secret = REST_CANARIES["refused"]
    base = {"base_url": governed.upstream.url}
    wrong: list[Any] = [
        secret,
        {"direct": secret},
        {"direct": {**base, "api_key": secret}},
        {"direct": {**base, "api_key": {"plaintext": [secret]}}},
        {"direct": {**base, "api_key": {"plaintext": secret + " "}}},
        {"direct": {**base, "api_key": {"secret": secret}}},
        {"direct": {**base, "api_key": {"secret_reference": secret}}},
        {"direct": {**base, "api_key": {"secret_reference": {"name": secret}}}},
        {"direct": {**base, "api_key": {"plaintext": secret}, "header_auth": secret}},
        {"direct": {**base, "header_auth": {"api_key_name": "x", "api_key_value": secret}}},
        {"direct": {"base_url": f"https://user:{secret}@host/v1"}},
        {"direct": {**base, "entra_service_principal": {"client_secret": {"plaintext": REST_CANARIES["entra"]}}}},
    ]
    for custom in wrong:
        config = {"provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_CUSTOM", "custom": custom}
        create(governed, "wrong", config, status=400)
    create(governed, "wrong", {"provider_type": "EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI", "custom": wrong[2]}, status=400)
    path = f"{UC}/model-provider-services?parent=schemas/main.ai&model_provider_service_id=wrong"
    governed.ask("POST", path, f'{{"config": {{"custom": "{secret}'.encode(), status=400)
    governed.ask("POST", path, f'{{"config": "{secret}"}}'.encode(), status=400)
    legacy: list[Any] = [
        secret,
        {"openai_api_key": secret},
        {"openai_api_key_plaintext": [secret]},
        {"openai_api_key_plaintext": secret + "\n"},
        {"openai_api_key_plaintext": secret, "openai_organization": ["x"]},
    ]
    for config in legacy:
        external = {"name": "m", "provider": "openai", "task": "llm/v1/chat", "openai_config": config}
        body = {"name": "legacy", "config": {"served_entities": [{"external_model": external}]}}
        governed.ask("POST", "/api/2.0/serving-endpoints", body, status=400)
    for form in (
        {"grant_type": "client_credentials", "client_id": "app", "client_secret": secret},
        {"grant_type": "client_credentials", "client_id": secret, "client_secret": secret},
        {"grant_type": "refresh_token", "refresh_token": secret},
        {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": secret},
    ):
        refused = httpx.post(governed.gateway.url + "/oidc/v1/token", data=form)
        assert refused.status_code in (400, 401)
        governed.keep("the token endpoint", refused.text)
    for headers in (
        {"Authorization": f"Bearer {secret}"},
        {"Authorization": secret},
        {"Authorization": f"Basic {secret}"},
        {"x-api-key": secret},
    ):
        refused = httpx.get(f"{governed.gateway.url}{UC}/catalogs?token={secret}", headers=headers)
        assert refused.status_code == 401
        governed.keep("a wrong token", f"{refused.headers} {refused.text}")

    # A store that cannot be written is told of, and what was to be written is not.
    with write_lock(governed.gateway.data / "gatehouse.sqlite"):
        create(governed, "locked", providers(governed.upstream)["plaintext"], status=503)
    wait_until(lambda: "A change cannot be written" in governed.gateway.stderr, "the store's trouble is logged")

    # A file that is wrong is told of line by line.
    def rewrite(**changes: Any) -> None:
        before = governed.gateway.stderr.count("The configuration cannot be used")
        governed.gateway.write_config({**governed.config, **changes})
        wait_until(
            lambda: governed.gateway.stderr.count("The configuration cannot be used") > before, "the file is refused"
        )
        governed.ask("GET", "/ready")
        governed.run("check", "--config", str(governed.gateway.config_file))

    literal = {"provider_type": "custom", "base_url": governed.upstream.url}
    for entry in (
        {"api_key": [secret]},
        {"api_key": secret + " x"},
        {"headers": secret},
        {"headers": {"x-key": secret + "\n"}},
        {"proxy": f"http://user:{secret}@"},
        {"tls": secret},
        {"aws_secret_access_key": secret},
        {"service_account_key": secret},
    ):
        rewrite(provider_services={"main.file.wrong": {**literal, **entry}})
    rewrite(secrets={"main.keys.literal": secret})
    rewrite(secrets={"main.keys.literal": {"value": [secret]}})
    rewrite(secrets=secret)
    (governed.directory / "file-file").write_text(secret + " " + secret)
    rewrite(workspace={})
    governed.check()


def test_no_secret_comes_back_from_an_upstream(governed: Governed) -> None:
    """An upstream that quotes the credentials it was sent: in a refusal, in a header, in a stream."""
    for name, config in providers(governed.upstream).items():
        create(governed, name, config)

    def quotes(exchange: Exchange, status: str) -> Any:
        sent = dict(exchange.request.headers)
        quoted = " ".join(
            sent.get(name, "") for name in ("authorization", "x-key", "x-api-token", "x-amz-security-token")
        )
        error = {"error": {"message": f"Incorrect API key provided: {quoted}.", "type": "invalid_request_error"}}
        return exchange.respond(error, status, headers=f"x-quoted: {quoted}\r\n")

    for status in ("400 Bad Request", "401 Unauthorized", "403 Forbidden", "429 Too Many", "500 Broken"):

        async def script(exchange: Exchange, status: str = status) -> None:
            await quotes(exchange, status)

        governed.upstream.script(script)
        for stream in (False, True):
            body = {"messages": [{"role": "user", "content": "Hi"}], "stream": stream}
            for model in governed.config["model_services"]:
                governed.ask("POST", CHAT, {**body, "model": model})
            for name in ("plaintext", "header", "reference"):
                headers = {**governed.gateway.bearer, "Databricks-Model-Provider-Service": f"main.ai.{name}"}
                response = governed.gateway.post(CHAT, {**body, "model": "m"}, headers=headers)
                assert response.status_code >= 400
                governed.keep(f"{status} of {name}", f"{response.headers} {response.text}")
    sent = b"".join(exchange.request.head for exchange in governed.upstream.exchanges).decode("latin-1")
    given = ("file-literal", "file-variable", "file-file", "secret-variable", "header", "aws-session")
    assert all(FILE_CANARIES[name] in sent for name in (*given, "secret-file"))
    assert REST_CANARIES["plaintext"] in sent and REST_CANARIES["header-auth"] in sent
    governed.ask("GET", "/metrics")
    governed.run("sql", "SELECT * FROM system.ai_gateway.usage", "--format", "json")
    governed.check()


def test_no_part_of_a_tls_key_shows(launch: Callable[..., Gateway], tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path / "server")
    secret = key.read_text().splitlines()[1]
    config = {"simulator": True, "server": {"tls": {"certificate": str(certificate), "key": str(key)}}}
    gateway = launch(config, arguments=("--log-level", "trace"))
    with httpx.Client(verify=ssl.create_default_context(cafile=str(certificate))) as http:
        said = [
            http.get(gateway.url + path, headers=gateway.bearer).text for path in ("/ready", "/api/gatehouse/config")
        ]
        text = key.read_text()
        key.write_text(text.replace("-----END", "broken\n-----END"))
        wait_until(lambda: "The new TLS certificate cannot be used" in gateway.stderr, "the broken key is told of")
        said.append(http.get(gateway.url + "/ready", headers=gateway.bearer).text)
        key.write_text(text)
    assert not [one for one in [*said, gateway.output] if secret in one]


def test_the_encryption_key_is_in_its_file_alone(launch: Callable[..., Gateway], upstream: Upstream) -> None:
    """Also once it is renewed, and with what it encrypts encrypted again."""
    gateway = launch({"schemas": {"main.ai": {}}}, arguments=("--log-level", "trace"))
    path = f"{UC}/model-provider-services?parent=schemas/main.ai&model_provider_service_id=vendor"
    config = providers(upstream)["plaintext"]
    said = [gateway.post(path, {"config": config}).text]
    keys = set((gateway.data / "encryption.key").read_text().split())
    rotated = gateway.run("key", "rotate")
    keys |= set((gateway.data / "encryption.key").read_text().split())
    assert len(keys) == 2
    said += [rotated.stdout, rotated.stderr, gateway.run("export", "--config", str(gateway.config_file)).stdout]
    said += [gateway.get(path).text for path in ("/api/gatehouse/config", "/ready", "/metrics", path)]
    headers = {**gateway.bearer, "Databricks-Model-Provider-Service": "main.ai.vendor"}
    assert gateway.post(CHAT, {"model": "m", "messages": []}, headers=headers).status_code == 200
    assert upstream.requests[-1].header("authorization") == f"Bearer {REST_CANARIES['plaintext']}"
    for file in gateway.data.rglob("*"):
        if file.is_file() and file.name != "encryption.key":
            said.append(file.read_bytes().decode("latin-1"))
    said.append(gateway.output)
    for secret in (*keys, *(base64.b64decode(key).decode("latin-1") for key in keys), REST_CANARIES["plaintext"]):
        assert not [text for text in said if secret in text]
