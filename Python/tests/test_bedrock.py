# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Amazon Bedrock as an upstream: every client SDK against the simulator's, and the wire against botocore.

The simulator is as strict as the vendor (roles, tool results, signatures of thoughts, unknown members); a fake upstream
checks each signature and each member with botocore.
"""

from __future__ import annotations

import binascii
import datetime
import json
import struct
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import botocore.auth
import openai
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer
from botocore.serialize import create_serializer
from botocore.session import Session
from botocore.validate import ParamValidator
from config import service
from gateway import Gateway
from google import genai
from google.genai import types
from ingress import Options, clients
from test_matrix import CHECKS, ROWS
from upstream import Exchange, Request, Upstream

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SESSION = "IQoJb3JpZ2luX2VjEXAMPLE//token=="
REGION = "eu-central-1"
PROFILE = f"arn:aws:bedrock:{REGION}:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
MODELS = {
    "claude": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "opus": "global.anthropic.claude-opus-4-6-v1",
    "open": "openai.gpt-oss-120b-1:0",
}
EMBEDDERS = {"titan": "amazon.titan-embed-text-v2:0", "cohere": "us.cohere.embed-v4:0"}
CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0"
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\ntransfer-encoding: chunked\r\n\r\n"
)
OPERATIONS = Session().get_service_model("bedrock-runtime")


# Every client in front of the simulator's Bedrock


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    config = {
        "simulator": True,
        "model_services": {
            f"bedrock.ai.{name}": service("system.providers.simulator-amazon_bedrock", model)
            for name, model in {**MODELS, **EMBEDDERS}.items()
        },
    }
    running = Gateway(tmp_path_factory.mktemp("bedrock"), config).start()
    yield running
    repairs = running.repairs()
    assert running.stop() == 0, running.output
    assert not repairs


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("feature", CHECKS)
@pytest.mark.parametrize("row", ROWS)
def test_every_client(simulated: Gateway, row: str, feature: str, stream: bool) -> None:
    """tools-01 tools-03 tools-04 reasoning-02 reasoning-03 usage-01 stream-09 stream-10, by the checks of the matrix"""
    CHECKS[feature](clients(simulated)[row], "bedrock.ai.claude", stream)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", ["opus", "open"])
@pytest.mark.parametrize("feature", ["text", "tools", "limits"])
def test_other_models(simulated: Gateway, model: str, feature: str, stream: bool) -> None:
    CHECKS[feature](clients(simulated)["OpenAI chat"], f"bedrock.ai.{model}", stream)


@pytest.mark.parametrize("row", ROWS)
def test_adaptive_thinking_over_turns(simulated: Gateway, row: str) -> None:
    CHECKS["reasoning"](clients(simulated)[row], "bedrock.ai.opus", True)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_stop_sequence_that_was_met(simulated: Gateway, stream: bool) -> None:
    body = {
        "model": "bedrock.ai.claude",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "First second third."}],
        "stop_sequences": ["second"],
        "stream": stream,
    }
    answer = simulated.post("/anthropic/v1/messages", body).text
    assert '"stop_sequence":"second"' in answer and '"stop_reason":"stop_sequence"' in answer


def test_cache_control_reaches_bedrock(simulated: Gateway) -> None:
    """cache-01: The second turn reads what the first one wrote."""
    rules = [{"type": "text", "text": "Rules. " * 2000, "cache_control": {"type": "ephemeral"}}]
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]
    body = {"model": "bedrock.ai.claude", "max_tokens": 64, "system": rules}
    first = simulated.post("/anthropic/v1/messages", {**body, "messages": messages}).json()
    assert first["usage"]["cache_creation_input_tokens"] > 2000
    messages += [{"role": "assistant", "content": first["content"]}, {"role": "user", "content": "Again"}]
    second = simulated.post("/anthropic/v1/messages", {**body, "messages": messages}).json()
    assert second["usage"]["cache_read_input_tokens"] > 2000


# Embeddings


def sdk(gateway: Gateway) -> openai.OpenAI:
    return openai.OpenAI(api_key=gateway.token, base_url=gateway.url + "/openai/v1", max_retries=0)


@pytest.mark.parametrize("model", EMBEDDERS)
def test_the_openai_sdk_embeds(simulated: Gateway, model: str) -> None:
    name = f"bedrock.ai.{model}"
    texts = ["What is Databricks?", "what is databricks ?", "Cats sleep all day"]
    # The SDK asks for base64 by default; several texts are several requests for Titan.
    answer = sdk(simulated).embeddings.create(model=name, input=texts, dimensions=256)
    first, same, far = [one.embedding for one in answer.data]
    assert [one.index for one in answer.data] == [0, 1, 2] and len(first) == 256
    assert first == same and sum(a * b for a, b in zip(first, far, strict=True)) < 0.9
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == 12
    floats = sdk(simulated).embeddings.create(model=name, input=texts[0], dimensions=256, encoding_format="float")
    assert floats.data[0].embedding == pytest.approx(first, abs=1e-6)


@pytest.mark.parametrize("model", EMBEDDERS)
def test_the_google_sdk_embeds(simulated: Gateway, model: str) -> None:
    client = genai.Client(api_key=simulated.token, http_options=types.HttpOptions(base_url=simulated.url + "/gemini"))
    config = types.EmbedContentConfig(output_dimensionality=512, task_type="RETRIEVAL_QUERY")
    answer = client.models.embed_content(model=f"bedrock.ai.{model}", contents=["one", "two"], config=config)
    assert [len(one.values or []) for one in answer.embeddings or []] == [512, 512]


def test_more_texts_than_cohere_takes_at_once(simulated: Gateway) -> None:
    texts = [f"text {index}" for index in range(200)]
    answer = sdk(simulated).embeddings.create(model="bedrock.ai.cohere", input=texts, dimensions=256)
    assert len(answer.data) == 200 and answer.usage.prompt_tokens == 400
    alone = sdk(simulated).embeddings.create(model="bedrock.ai.cohere", input=texts[150], dimensions=256)
    assert answer.data[150].embedding == alone.data[0].embedding


@pytest.mark.parametrize("model", EMBEDDERS)
def test_tokens_of_embeddings(simulated: Gateway, model: str) -> None:
    """security-09 usage-05: what the vendor does not count is estimated and marked."""
    for text, source in (("four words are here", "REPORTED"), ("four words [[simulate: no_usage]]", "ESTIMATED")):
        agent = f"embeds-{model}-{source}"
        body = {"model": f"bedrock.ai.{model}", "input": [text, text]}
        answer = simulated.post("/openai/v1/embeddings", body, headers={**simulated.bearer, "User-Agent": agent})
        assert answer.status_code == 200, answer.text
        (row,) = simulated.usage(f"user_agent = '{agent}'")
        assert row["usage_source"] == source and row["api_type"] == "openai/v1/embeddings"
        assert row["input_tokens"] == 8 if source == "REPORTED" else row["input_tokens"] > 0


def test_refused_embeddings(simulated: Gateway) -> None:
    def refusal(model: str, text: Any = "x", **more: Any) -> str:
        with pytest.raises(openai.BadRequestError) as error:
            sdk(simulated).embeddings.create(model=f"bedrock.ai.{model}", input=text, **more)
        return str(error.value)

    assert "[256, 512, 1024]" in refusal("titan", dimensions=300)
    assert "does not accept tokens" in refusal("titan", [[1, 2]])
    assert "at most 256" in refusal("titan", ["x"] * 257)
    assert "embedding_types" in refusal("cohere", extra_body={"embedding_types": ["int8"]})
    assert "search_document" in refusal("cohere", extra_body={"input_type": "poem"})
    assert "not supported" in refusal("claude")
    with pytest.raises(openai.RateLimitError):
        sdk(simulated).embeddings.create(model="bedrock.ai.titan", input=["x", "x [[simulate: status=429]]"])
    chat = simulated.post("/openai/v1/chat/completions", {"model": "bedrock.ai.titan", "messages": []})
    assert chat.status_code == 400 and "mlflow/v1/embeddings, openai/v1/embeddings" in chat.text


# Counts of tokens


@pytest.mark.parametrize("model", ["claude", "opus", "open"])
def test_counts(simulated: Gateway, model: str) -> None:
    """client-02: Claude is counted by the vendor, as Converse counts it; the others by an estimate that says so."""
    messages = [{"role": "user", "content": "How many tokens are these?"}]
    body = {"model": f"bedrock.ai.{model}", "messages": messages}
    count = simulated.post("/anthropic/v1/messages/count_tokens", body)
    assert count.status_code == 200, count.text
    assert count.headers.get("x-gatehouse-estimated") == ("true" if model == "open" else None)
    if model != "open":
        answer = simulated.post("/anthropic/v1/messages", {**body, "max_tokens": 64}).json()
        assert count.json()["input_tokens"] == answer["usage"]["input_tokens"]


# What goes over the wire


def canned(streaming: bool) -> bytes:
    """An answer of Bedrock's."""
    usage = {"inputTokens": 7, "outputTokens": 2, "totalTokens": 9}
    if not streaming:
        message = {"role": "assistant", "content": [{"text": "Grüße!"}]}
        answer = {"output": {"message": message}, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 5}}
        return json.dumps(answer).encode()
    delta = {"contentBlockIndex": 0, "delta": {"text": "Grüße!"}}
    events: list[tuple[str, dict[str, Any]]] = [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", delta),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": usage, "metrics": {"latencyMs": 5}}),
    ]
    return b"".join(event(name, payload) for name, payload in events)


def event(name: str, payload: dict[str, Any], kind: str = "event") -> bytes:
    """One message of the event stream, checked with botocore's own reader."""
    headers = b""
    for key, value in ((f":{kind}-type", name), (":content-type", "application/json"), (":message-type", kind)):
        headers += struct.pack("!B", len(key)) + key.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
    body = json.dumps(payload).encode()
    message = struct.pack("!II", 16 + len(headers) + len(body), len(headers))
    message += struct.pack("!I", binascii.crc32(message)) + headers + body
    message += struct.pack("!I", binascii.crc32(message))
    buffer = EventStreamBuffer()
    buffer.add_data(message)
    assert len(list(buffer)) == 1
    return message


async def answer(exchange: Exchange) -> None:
    if exchange.request.target.endswith("/converse-stream"):
        await exchange.send(STREAM_HEAD)
        # Cut where no message ends.
        data = canned(True)
        for start in range(0, len(data), 37):
            await exchange.chunk(data[start : start + 37])
        await exchange.end_stream()
    else:
        await exchange.respond(canned(False))


@pytest.fixture
def bedrock(upstream: Upstream, launch: Callable[..., Gateway]) -> Callable[..., Gateway]:
    upstream.script(answer)

    def start(model: str = PROFILE, facts: dict[str, Any] | None = None, **credentials: str) -> Gateway:
        provider = {
            "provider_type": "amazon_bedrock",
            "base_url": upstream.url,
            "region": REGION,
            **(credentials or {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET}),
        }
        claude = service("main.providers.bedrock", model)
        claude["destinations"][0].update(facts or {})
        return launch(
            {
                "provider_services": {"main.providers.bedrock": provider},
                "model_services": {"main.ai.claude": claude},
            }
        )

    return start


def check_signature(request: Request, upstream: Upstream, token: str | None = None) -> None:
    """Signs the request again with botocore at the time that it names."""
    stamp = request.header("x-amz-date")
    assert stamp
    then = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
    assert abs((datetime.datetime.now(datetime.UTC).replace(tzinfo=None) - then).total_seconds()) < 300
    given = request.header("authorization")
    assert given
    names = given.split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"host", "x-amz-date", "content-type"} <= set(names)
    signed = {name: request.header(name) for name in names if name not in ("host", "x-amz-date")}
    again = AWSRequest(method=request.method, url=upstream.url + request.target, data=request.body, headers=signed)
    signer = botocore.auth.SigV4Auth(Credentials(ACCESS_KEY, SECRET, token), "bedrock", REGION)
    clock = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *_, **__: then
    try:
        signer.add_auth(again)
    finally:
        botocore.auth.get_current_datetime = clock
    assert request.header("host") == f"127.0.0.1:{upstream.port}"
    assert given == again.headers["Authorization"]


def check_members(request: Request, operation: str, model: str) -> None:
    """Nothing is sent that botocore's model of the service does not have, and the path is the one botocore makes."""
    shape = OPERATIONS.operation_model(operation).input_shape
    body = dict(request.json)
    known = set(shape.members)
    assert set(body) <= known, set(body) - known
    report = ParamValidator().validate({"modelId": model, **body}, shape)
    assert not report.has_errors(), report.generate_report()
    expected = create_serializer("rest-json").serialize_to_request(
        {"modelId": model, **body}, OPERATIONS.operation_model(operation)
    )
    assert request.target == expected["url_path"]


@pytest.mark.parametrize("model", [PROFILE, *MODELS.values()])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_requests_are_signed(bedrock: Callable[..., Gateway], upstream: Upstream, model: str, stream: bool) -> None:
    gateway = bedrock(model)
    turn = clients(gateway)["OpenAI chat"].ask(
        "main.ai.claude", [{"role": "user", "content": "Grüße 🌍"}], Options(), stream
    )
    assert turn.text == "Grüße!" and turn.finish == "stop"
    assert turn.usage and turn.usage.uncached == 7 and turn.usage.output == 2
    check_signature(upstream.request, upstream)
    check_members(upstream.request, "ConverseStream" if stream else "Converse", model)
    assert urllib.parse.quote(model, safe="") in upstream.request.target


def test_an_arn_that_does_not_tell_its_model_has_what_like_names(
    bedrock: Callable[..., Gateway], upstream: Upstream
) -> None:
    arn = f"arn:aws:bedrock:{REGION}:123456789012:application-inference-profile/a1b2c3"
    body = {"model": "main.ai.claude", "messages": [{"role": "user", "content": "Hi"}], "reasoning_effort": "low"}
    answers = []
    for facts in [{}, {"like": "claude-sonnet-4-5"}]:
        gateway = bedrock(arn, facts)
        answers.append(gateway.post("/openai/v1/chat/completions", body))
        gateway.stop()
    plain, alike = upstream.requests
    assert "additionalModelRequestFields" not in plain.json
    assert answers[0].headers["x-gatehouse-dropped"] == "reasoning"
    assert alike.json["additionalModelRequestFields"]["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert "x-gatehouse-dropped" not in answers[1].headers
    check_members(alike, "Converse", arn)


def test_temporary_credentials(bedrock: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = bedrock(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET, aws_session_token=SESSION)
    clients(gateway)["OpenAI chat"].ask("main.ai.claude", [{"role": "user", "content": "Hi"}], Options(), False)
    assert upstream.request.header("x-amz-security-token") == SESSION
    check_signature(upstream.request, upstream, SESSION)


def test_bedrock_api_key(bedrock: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = bedrock(api_key="bedrock-api-key-canary")
    clients(gateway)["OpenAI chat"].ask("main.ai.claude", [{"role": "user", "content": "Hi"}], Options(), False)
    assert upstream.request.header("authorization") == "Bearer bedrock-api-key-canary"
    assert upstream.request.header("x-amz-date") is None


def test_betas_never_reach_bedrock(bedrock: Callable[..., Gateway], upstream: Upstream) -> None:
    """client-01: neither as a header nor in the body."""
    gateway = bedrock()
    body = {
        "model": "main.ai.claude",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "Hi"}],
        "anthropic_beta": ["context-1m-2025-08-07"],
    }
    betas = {"anthropic-beta": "claude-code-20250219,context-1m-2025-08-07", "anthropic-version": "2023-06-01"}
    with gateway.client(headers=betas) as client:
        assert client.post("/anthropic/v1/messages?beta=true", json=body).status_code == 200
    assert not [name for name, _ in upstream.request.headers if name.startswith("anthropic")]
    assert b"beta" not in upstream.request.body
    check_signature(upstream.request, upstream)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        ("400 Bad Request", "ValidationException", 400),
        ("429 Too Many Requests", "ThrottlingException", 429),
        ("503 Service Unavailable", "ServiceUnavailableException", 503),
        ("424 Failed", "ModelErrorException", 502),
        ("403 Forbidden", "AccessDeniedException", 502),
    ],
)
def test_errors(bedrock: Callable[..., Gateway], upstream: Upstream, status: str, kind: str, expected: int) -> None:
    gateway = bedrock()
    upstream.answer({"message": "Amazon says no."}, status, f"x-amzn-errortype: {kind}\r\n")
    body = {"model": "main.ai.claude", "messages": [{"role": "user", "content": "Hi"}]}
    with gateway.client() as client:
        refused = client.post("/openai/v1/chat/completions", json=body)
    assert refused.status_code == expected
    assert ("Amazon says no." in refused.text) == (expected != 502 or "424" in status)
    assert SECRET not in refused.text and ACCESS_KEY not in refused.text + gateway.output


def test_an_exception_in_the_stream(bedrock: Callable[..., Gateway], upstream: Upstream) -> None:
    """stream-18: after the first words an error is the last event; the usage row knows its status."""
    gateway = bedrock()

    async def throttle(exchange: Exchange) -> None:
        await exchange.send(STREAM_HEAD)
        await exchange.chunk(event("messageStart", {"role": "assistant"}))
        await exchange.chunk(event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hel"}}))
        await exchange.chunk(event("throttlingException", {"message": "Too many tokens."}, "exception"))
        await exchange.end_stream()

    upstream.script(throttle)
    body = {"model": "main.ai.claude", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    with gateway.client() as client:
        text = client.post("/openai/v1/chat/completions", json=body).text
    assert "Hel" in text and "Too many tokens." in text and "[DONE]" not in text


@pytest.mark.parametrize("texts", [["Grüße"], ["a", "b", "c"]])
def test_embeddings_are_signed(bedrock: Callable[..., Gateway], upstream: Upstream, texts: list[str]) -> None:
    gateway = bedrock(EMBEDDERS["titan"])
    upstream.answer({"embedding": [0.25, -0.5], "inputTextTokenCount": 2})
    answer = sdk(gateway).embeddings.create(model="main.ai.claude", input=texts)
    assert [one.embedding for one in answer.data] == [[0.25, -0.5]] * len(texts)
    assert answer.usage.prompt_tokens == 2 * len(texts)
    assert [request.json for request in upstream.requests] == [{"inputText": text} for text in texts]
    expected = create_serializer("rest-json").serialize_to_request(
        {"modelId": EMBEDDERS["titan"], "body": b"{}"}, OPERATIONS.operation_model("InvokeModel")
    )
    for request in upstream.requests:
        assert request.target == expected["url_path"]
        check_signature(request, upstream)


def test_counts_are_signed(bedrock: Callable[..., Gateway], upstream: Upstream) -> None:
    gateway = bedrock(PROFILE)
    upstream.answer({"inputTokens": 38})
    body = {"model": "main.ai.claude", "system": "Be brief.", "messages": [{"role": "user", "content": "Grüße"}]}
    count = gateway.post("/anthropic/v1/messages/count_tokens", body)
    assert count.json() == {"input_tokens": 38} and "x-gatehouse-estimated" not in count.headers
    check_signature(upstream.request, upstream)
    # The count of an inference profile is its foundation model's.
    check_members(upstream.request, "CountTokens", CLAUDE)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("400 Bad Request", None), ("403 Forbidden", None), ("404 Not Found", None), ("429 Too Many Requests", 429)],
)
def test_a_model_that_has_no_counts(
    bedrock: Callable[..., Gateway], upstream: Upstream, status: str, expected: int | None
) -> None:
    gateway = bedrock(PROFILE)
    upstream.answer({"message": "The provided model doesn't support counting tokens."}, status)
    body = {"model": "main.ai.claude", "messages": [{"role": "user", "content": "x" * 399}]}
    count = gateway.post("/anthropic/v1/messages/count_tokens", body)
    if expected:
        assert count.status_code == expected
    else:
        assert count.json() == {"input_tokens": 100} and count.headers["x-gatehouse-estimated"] == "true"
