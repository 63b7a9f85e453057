# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""LangChain's own standard tests for chat models, through each of its clients, in front of models of every family."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gateway import Gateway, wait_until
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests

MODELS = {
    "GPT": "system.ai.gpt-5-1",
    "Claude": "system.ai.claude-sonnet-4-5",
    "Gemini": "system.ai.gemini-2-5-pro",
    "open": "system.ai.kimi-k3",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("family", metafunc.cls.families)


#: What the tests would download.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000000"
    "000500010d0a2db40000000049454e44ae426082"
)


class ThroughTheGateway(ChatModelIntegrationTests):
    """What is common to all clients. A class runs on its path, once for each of its families of models."""

    path: str
    families: tuple[str, ...] = tuple(MODELS)
    #: Why tests may fail, by patterns that their names match: `test_invoke[GPT]`. Never strictly: the client's next
    #: release may have fixed it.
    expected: dict[str, str] = {}
    #: Tests that replay a signature of another model: the gateway leaves it out where it is refused (reasoning-06).
    foreign_state = "none"

    gateway: Gateway
    model_name: str

    @pytest.fixture(autouse=True)
    def _served(self, gateway: Gateway, family: str, monkeypatch: pytest.MonkeyPatch, request: Any) -> Iterator[None]:
        for pattern, reason in self.expected.items():
            if re.match(pattern, request.node.name):
                request.applymarker(pytest.mark.xfail(strict=False, reason=reason))
        is_repaired = re.match(self.foreign_state, request.node.name) is not None
        if is_repaired:
            # The shared one must not repair anything.
            gateway = request.getfixturevalue("launch")()
        # The parameters of the standard tests are properties, which see no fixtures.
        type(self).gateway = gateway
        type(self).model_name = MODELS[family]
        # The tests are offline.
        downloads = SimpleNamespace(get=lambda url, **options: SimpleNamespace(content=PIXEL))
        monkeypatch.setattr("langchain_tests.integration_tests.chat_models.httpx", downloads)
        yield
        if is_repaired:
            wait_until(lambda: bool(gateway.repairs()), "the repaired call is recorded")

    @pytest.fixture
    def model(self, _served: None, request: Any) -> BaseChatModel:
        extra = getattr(request, "param", None) or {}
        return self.chat_model_class(**{**self.standard_chat_model_params, **self.chat_model_params, **extra})

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        return {"max_retries": 0}

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": self.model_name, "api_key": self.gateway.token, "base_url": self.gateway.url + self.path}

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def enable_vcr_tests(self) -> bool:
        # The only such test measures time with recorded answers; there is nothing to record here.
        return False


class Chat(ThroughTheGateway):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAI

    @property
    def supports_json_mode(self) -> bool:
        return True


class TestChat(Chat):
    path = "/ai-gateway/openai/v1"
    families = ("GPT",)

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        return {"max_retries": 0, "stream_usage": True}


class TestDatabricksChat(Chat):
    path = "/ai-gateway/mlflow/v1"
    expected = {"test_usage_metadata_streaming": "Databricks has usage in every chunk; LangChain wants it in one"}


class TestResponses(ThroughTheGateway):
    path = "/ai-gateway/openai/v1"
    families = ("GPT", "Claude", "Gemini")

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {**super().chat_model_params, "use_responses_api": True, "output_version": "responses/v1"}

    @property
    def supports_image_tool_message(self) -> bool:
        return True


class TestMessages(ThroughTheGateway):
    path = "/ai-gateway/anthropic"
    families = ("Claude", "GPT", "Gemini")
    foreign_state = r"test_anthropic_inputs\[Claude"

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatAnthropic

    @property
    def supports_image_tool_message(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True


class TestContents(ThroughTheGateway):
    path = "/ai-gateway/gemini"
    families = ("Gemini", "GPT", "Claude")

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatGoogleGenerativeAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {**super().chat_model_params, "transport": "rest"}

    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        # Without it the client offers a tool, but forces it for models alone whose names it knows.
        return {"method": "json_schema"}


# What is left would be collected as tests of its own.
del Chat, ThroughTheGateway, ChatModelIntegrationTests
