# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""OpenAI accounts behind one upstream: each keeps its own responses and reads only its own encrypted thoughts."""

from __future__ import annotations

import json
from typing import Any

import bodies
from config import PROVIDER_KEY
from upstream import Exchange, Upstream


class Accounts:
    """Accounts by the first segment of the path: `/a/v1/responses` is a's."""

    def __init__(self, upstream: Upstream, names: str = "abc") -> None:
        self.upstream = upstream
        self.names = names
        #: Accounts that refuse connections from now on.
        self.down: set[str] = set()
        self.kept: dict[str, dict[str, Any]] = {name: {} for name in names}
        #: The account of every request, in order.
        self.asked: list[str] = []
        upstream.script(self.serve)

    def config(self) -> dict[str, Any]:
        """`test.ai.split` over all accounts, and `test.ai.<name>` with one each."""
        providers = {
            f"test.providers.{name}": {
                "provider_type": "openai",
                "base_url": f"{self.upstream.url}/{name}/v1",
                "api_key": PROVIDER_KEY,
            }
            for name in self.names
        }
        shares = [100 // len(self.names)] * len(self.names)
        shares[0] += 100 - sum(shares)
        split = [
            {"provider": f"test.providers.{name}", "model": "gpt-5", "traffic_percentage": part}
            for name, part in zip(self.names, shares, strict=True)
        ]
        services: dict[str, Any] = {"test.ai.split": {"destinations": split}}
        for name in self.names:
            one = {"provider": f"test.providers.{name}", "model": "gpt-5", "traffic_percentage": 100}
            services[f"test.ai.{name}"] = {"destinations": [one]}
        return {"provider_services": providers, "model_services": services}

    async def serve(self, exchange: Exchange) -> None:
        request = exchange.request
        _, account, _, *rest = request.target.partition("?")[0].split("/")
        self.asked.append(account)
        if account in self.down:
            return exchange.abort()
        assert rest[0] == "responses", request.target
        if request.method == "POST":
            return await (self.compact if rest[1:] == ["compact"] else self.create)(exchange, account)
        response = self.kept[account].get(rest[1])
        if response is None:
            return await self.refuse(exchange, f"Response with id '{rest[1]}' not found.", "404 Not Found")
        if request.method == "DELETE":
            del self.kept[account][rest[1]]
            return await exchange.respond({"id": rest[1], "object": "response", "deleted": True})
        if rest[2:] == ["input_items"]:
            items = [{"id": f"msg_of_{account}", "type": "message", "role": "user", "content": []}]
            page = {"first_id": items[0]["id"], "last_id": items[0]["id"], "has_more": False}
            return await exchange.respond({"object": "list", "data": items, **page})
        await exchange.respond(bodies.dump(response))

    async def create(self, exchange: Exchange, account: str) -> None:
        body = exchange.request.json
        if not await self.knows_state(exchange, account):
            return
        previous = body.get("previous_response_id")
        number = sum(len(kept) for kept in self.kept.values()) + 1
        thought = {
            "id": f"rs_{account}{number}",
            "type": "reasoning",
            "summary": [],
            "encrypted_content": f"gAAAA{account}{number:03}+/==",
        }
        response: dict[str, Any] = {
            **bodies.OPENAI_RESPONSE,
            "id": f"resp_{account}{number:040}",
            "output": [thought, *bodies.OPENAI_RESPONSE["output"]],
            "previous_response_id": previous,
        }
        if body.get("store") is not False:
            self.kept[account][response["id"]] = response
        if not body.get("stream"):
            return await exchange.respond(bodies.dump(response))
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": {**response, "output": [], "status": "in_progress"}},
            {"type": "response.output_item.added", "output_index": 0, "item": thought},
            {"type": "response.output_item.done", "output_index": 0, "item": thought},
            {"type": "response.completed", "response": response},
        ]
        await exchange.stream(bodies.named({**event, "sequence_number": n} for n, event in enumerate(events)))

    async def compact(self, exchange: Exchange, account: str) -> None:
        if not await self.knows_state(exchange, account):
            return
        item = {"id": f"cmp_{account}", "type": "compaction", "encrypted_content": f"gAAAA{account}cmp+/=="}
        compacted = {
            "id": f"resp_{account}compaction",
            "object": "response.compaction",
            "created_at": 1764967971,
            "output": [item],
            "usage": bodies.OPENAI_RESPONSE["usage"],
        }
        await exchange.respond(bodies.dump(compacted))

    async def knows_state(self, exchange: Exchange, account: str) -> bool:
        """Whether all that a request refers to is this account's; if not, the request is refused."""
        body = exchange.request.json
        previous = body.get("previous_response_id")
        if previous is not None and previous not in self.kept[account]:
            await self.refuse(exchange, f"Previous response with id '{previous}' not found.")
            return False
        for item in body["input"] if isinstance(body.get("input"), list) else []:
            blob = item.get("encrypted_content")
            if blob is not None and not blob.startswith(f"gAAAA{account}"):
                message = f"The encrypted content {blob[:8]}... could not be verified."
                await self.refuse(exchange, message, code="invalid_encrypted_content")
                return False
        return True

    async def refuse(
        self, exchange: Exchange, message: str, status: str = "400 Bad Request", code: str | None = None
    ) -> None:
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
        await exchange.respond(json.dumps({"error": error}).encode(), status)
