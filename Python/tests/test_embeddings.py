# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Embeddings through every API and to every kind of upstream: floats and base64, instructions, bounds."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from gateway import Gateway
from google import genai
from google.genai import types
from openai import OpenAI
from upstream import Exchange, Upstream

MODEL = "system.ai.gte-large-en"
VECTOR = [0.25, -0.5, 1.0]


def sdk(gateway: Gateway, base: str = "/openai/v1") -> OpenAI:
    return OpenAI(api_key=gateway.token, base_url=gateway.url + base, max_retries=0)


def packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def openai_answer(vectors: list[Any]) -> dict[str, Any]:
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    return {"object": "list", "model": "e", "data": data, "usage": {"prompt_tokens": 3, "total_tokens": 3}}


@pytest.mark.parametrize("base", ["/openai/v1", "/mlflow/v1", "/ai-gateway/mlflow/v1", "/serving-endpoints"])
def test_the_openai_sdk(gateway: Gateway, base: str) -> None:
    answer = sdk(gateway, base).embeddings.create(model=MODEL, input=["one", "two"], dimensions=8)
    assert [len(one.embedding) for one in answer.data] == [8, 8]
    floats = sdk(gateway, base).embeddings.create(model=MODEL, input="one", dimensions=8, encoding_format="float")
    assert floats.data[0].embedding == pytest.approx(answer.data[0].embedding, abs=1e-6)


def test_an_invocation_of_a_serving_endpoint(gateway: Gateway) -> None:
    answer = gateway.post("/serving-endpoints/gte-large-en/invocations", {"input": ["one"]})
    assert answer.status_code == 200 and len(answer.json()["data"]) == 1


def test_the_google_sdk_embeds_with_a_model_of_another_kind(gateway: Gateway) -> None:
    client = genai.Client(api_key=gateway.token, http_options=types.HttpOptions(base_url=gateway.url + "/gemini"))
    config = types.EmbedContentConfig(output_dimensionality=8)
    answer = client.models.embed_content(model=MODEL, contents=["one", "two"], config=config)
    mine = [one.values for one in answer.embeddings or []]
    theirs = sdk(gateway).embeddings.create(model=MODEL, input=["one", "two"], dimensions=8)
    assert mine == [pytest.approx(one.embedding, abs=1e-6) for one in theirs.data]
    single = gateway.post(
        f"/gemini/v1beta/models/{MODEL}:embedContent",
        {"content": {"parts": [{"text": "one"}]}, "outputDimensionality": 8},
    )
    assert single.json()["embedding"]["values"] == pytest.approx(mine[0], abs=1e-6)


def test_gemini_vectors_for_the_openai_sdk(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer({"embeddings": [{"values": VECTOR}, {"values": [0.0, 1, -1e-3]}]})
    answer = sdk(relay).embeddings.create(model="test.ai.gemini", input=["one", "two"], dimensions=3)
    assert answer.data[0].embedding == VECTOR and answer.data[1].embedding == pytest.approx([0, 1, -1e-3])
    request = scripted.request
    assert request.target == "/gemini/v1beta/models/upstream-gemini:batchEmbedContents"
    assert request.json["requests"][1] == {
        "model": "models/upstream-gemini",
        "content": {"parts": [{"text": "two"}]},
        "outputDimensionality": 3,
    }


def test_gemini_to_gemini_keeps_its_bytes(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer({"embeddings": [{"values": VECTOR}]})
    text = '{"requests": [{"model":"models/test.ai.gemini","content":{"parts":[{"inlineData":{"a":1}}]}, "new":1}]}'
    assert relay.post("/gemini/v1beta/models/test.ai.gemini:batchEmbedContents", text).status_code == 200
    assert scripted.request.body.decode() == text.replace("test.ai.gemini", "upstream-gemini")


@pytest.mark.parametrize(("asked", "given"), [("base64", VECTOR), ("float", packed(VECTOR))])
def test_a_server_that_knows_one_form_only(relay: Gateway, scripted: Upstream, asked: str, given: Any) -> None:
    scripted.answer(openai_answer([given]))
    body = {"model": "test.ai.custom", "input": "x", "encoding_format": asked}
    vector = relay.post("/openai/v1/embeddings", body).json()["data"][0]["embedding"]
    assert vector == (packed(VECTOR) if asked == "base64" else VECTOR)


def test_the_form_that_was_asked_is_passed_on_unchanged(relay: Gateway, scripted: Upstream) -> None:
    odd = b'{ "data":[{"embedding":"AACAPg==","index":0,"object":"embedding"}], "more": 1 }'
    scripted.answer(odd)
    body = {"model": "test.ai.custom", "input": "x", "encoding_format": "base64"}
    assert relay.post("/openai/v1/embeddings", body).content == odd


def test_an_instruction_is_put_before_every_text(relay: Gateway, scripted: Upstream) -> None:
    scripted.answer(openai_answer([VECTOR, VECTOR]))
    body = {"model": "test.ai.custom", "input": ["one", "two"], "instruction": "Represent this:", "dimensions": 3}
    assert relay.post("/mlflow/v1/embeddings", body).status_code == 200
    assert scripted.request.json == {
        "model": "upstream-custom",
        "input": ["Represent this: one", "Represent this: two"],
        "dimensions": 3,
        "encoding_format": "float",
    }


def test_bounds_and_mistakes(relay: Gateway, scripted: Upstream) -> None:
    def refusal(path: str = "/mlflow/v1/embeddings", model: str = "test.ai.custom", **body: Any) -> str:
        answer = relay.post(path, {"model": model, **body})
        assert answer.status_code == 400, answer.text
        return answer.json()["message"]

    assert "at most 150" in refusal(input=["x"] * 151)
    assert "'input'" in refusal()
    assert "not empty" in refusal(input=[])
    assert "encoding_format" in refusal(input="x", encoding_format="hex")
    assert "instruction" in refusal(input=[1, 2], instruction="Say:")
    assert "tokens" in refusal("/openai/v1/embeddings", "test.ai.gemini", input=[[1, 2]])
    assert not scripted.requests


def test_fewer_vectors_than_inputs_are_no_answer(relay: Gateway, scripted: Upstream) -> None:
    async def one(exchange: Exchange) -> None:
        await exchange.respond(openai_answer([VECTOR]))

    scripted.script(one)
    body = {"model": "test.ai.custom", "input": ["one", "two"], "encoding_format": "base64"}
    assert relay.post("/openai/v1/embeddings", body).status_code == 502
