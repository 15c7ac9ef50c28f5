"""A trace leads from the webhook through planning to the messages: on log lines, in what is sent on, and as spans."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from process_kit import serving
from receiver_kit import Kit, T, a_policy, alert, request, webhook

from alertkit.channels.base import Refused, Retry
from alertkit.errors import MissingTool
from alertkit.model.policy import ChannelSettings
from alertkit.model.trace import child, read, trace_id
from alertkit.receiver import tracing
from alertkit.receiver.settings import read as read_settings
from alertkit.testing.webhook import FakeWebhook

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        pytest.param(PARENT, PARENT, id="as it should be"),
        pytest.param(PARENT.replace("00-", "01-", 1) + "-more", PARENT, id="a later version, with more behind"),
        pytest.param(PARENT + "-more", "", id="version 00 has nothing behind"),
        pytest.param("ff" + PARENT[2:], "", id="a version that is none"),
        pytest.param(PARENT.upper(), "", id="capitals"),
        pytest.param(f"00-{'0' * 32}-00f067aa0ba902b7-01", "", id="no trace"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", "", id="no span"),
        pytest.param(PARENT + "\n", "", id="a line break"),
        pytest.param(PARENT.replace("4", "٤"), "", id="digits of another script"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_traceparent_is_read_as_the_standard_says(header: str, taken: str) -> None:
    assert read(header) == taken


@given(st.text(max_size=300))
def test_whatever_comes_is_a_traceparent_or_nothing(header: str) -> None:
    found = read(header)
    assert found == "" or (len(found) == 55 and found.startswith("00-"))


def test_a_child_keeps_trace_and_flags() -> None:
    assert child(PARENT, bytes(range(8))) == f"00-{TRACE}-0001020304050607-01"


async def traced(kit: Kit, **headers: str) -> None:
    assert await kit.post(webhook(alert()), traceparent=PARENT, **headers) == 200
    await kit.after()


def test_what_is_sent_carries_the_trace_of_the_webhook_even_after_a_restart(tmp_path: Path) -> None:
    async def before(kit: Kit) -> None:
        await traced(kit)

    async def after(kit: Kit) -> None:
        await kit.after(minutes=10)

    kit = Kit(tmp_path)
    kit.run(before)
    kit.receiver = kit.new()
    kit.run(after)
    sent = [delivery.trace for delivery in kit.told]
    assert len(sent) > 2
    assert {trace_id(one) for one in sent} == {TRACE}
    assert len(set(sent)) == len(sent), "each is a span of its own"
    assert PARENT not in sent


def test_without_a_traceparent_all_messages_of_an_incident_share_one_trace(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()), traceparent="nonsense")
        await kit.after()
        await kit.post(webhook(alert(name="b"), group={"alertname": "Other", "tenant": "acme"}))
        await kit.after()
        traces = {delivery.incident: trace_id(delivery.trace) for delivery in kit.told}
        assert len(traces) == len(set(traces.values())) == 2
        assert all(read(delivery.trace) for delivery in kit.told)

    Kit(tmp_path).run(story)


def test_an_outgoing_webhook_sends_the_trace_on(tmp_path: Path) -> None:
    with FakeWebhook() as hook:
        policy = a_policy(channels={"room": ChannelSettings("webhook", {"url": hook.url}), "mail": ChannelSettings("scripted")})
        kit = Kit(tmp_path, [policy])
        kit.receiver = kit.new(private_networks=True)
        kit.run(traced)
        assert hook.traces
        assert {trace_id(one) for one in hook.traces} == {TRACE}


def test_log_lines_about_a_message_name_its_trace(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = []

    def keep(_: object, __: str, event: MutableMapping[str, Any]) -> str:
        lines.append(dict(event))
        raise structlog.DropEvent

    async def story(kit: Kit) -> None:
        kit.channel.then(*[Refused("channel_not_found")] * 2)
        await traced(kit)

    kept = structlog.get_config()
    structlog.configure(processors=[tracing.with_trace, keep], cache_logger_on_first_use=False)
    try:
        Kit(tmp_path).run(story)
    finally:
        structlog.configure(**kept)
    (failed, *_) = [line for line in lines if line["event"] == "message failed"]
    assert failed["trace_id"] == TRACE


def spans_of(kit: Kit, story: Callable[[Kit], Awaitable[None]]) -> Sequence[ReadableSpan]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    kit.receiver = kit.new(tracer=tracing.SpanTracer(provider))
    kit.run(story)
    return exporter.get_finished_spans()


def test_spans_of_a_webhook_its_plan_and_its_messages_are_of_one_trace(tmp_path: Path) -> None:
    kit = Kit(tmp_path)
    spans = spans_of(kit, traced)
    assert {(span.name, span.kind) for span in spans} == {
        ("POST /v1/alerts/{tenant}/{policy}", SpanKind.SERVER),
        ("plan", SpanKind.INTERNAL),
        ("deliver", SpanKind.CLIENT),
    }
    assert {format(span.context.trace_id, "032x") for span in spans} == {TRACE}
    (ingest,) = [span for span in spans if span.kind is SpanKind.SERVER]
    assert ingest.parent is not None
    assert dict(ingest.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/alerts/{tenant}/{policy}",
        "http.response.status_code": 200,
        "alertkit.tenant": "acme",
        "alertkit.policy": "standard",
        "alertkit.alerts": 1,
    }
    assert format(ingest.parent.span_id, "016x") == PARENT[36:52]
    deliver = [span for span in spans if span.name == "deliver"]
    told = {(span.attributes["alertkit.channel"], span.attributes["alertkit.outcome"]) for span in deliver if span.attributes}
    assert told == {("room", "sent")}
    below = {format(span.parent.span_id, "016x") for span in spans if span.parent and span.name in ("plan", "deliver")}
    assert below == {format(ingest.context.span_id, "016x")}, "what follows from a webhook is below it"
    sent = {trace[36:52] for trace in (one.trace for one in kit.told)}
    assert sent == {format(span.context.span_id, "016x") for span in deliver}


@pytest.mark.parametrize(
    ("method", "path", "name", "status"),
    [
        ("GET", "/v1/openapi.json", "GET /v1/openapi.json", 200),
        ("GET", "/v1/incidents/7", "GET /v1/incidents/{id}", 401),
        ("POST", "/v1/interactions/slack/acme/room", "POST /v1/interactions/slack/{owner}/{channel}", 404),
        ("PUT", "/v1/incidents", "PUT /v1/incidents", 405),
        ("GET", "/v1/" + "x" * 900, "GET", 404),
        ("NONSENSE", "/v1/incidents", "HTTP /v1/incidents", 405),
    ],
)
def test_a_span_of_the_api_has_the_name_of_its_route_and_nothing_that_whoever_asks_can_choose(
    tmp_path: Path, method: str, path: str, name: str, status: int
) -> None:
    async def story(kit: Kit) -> None:
        await request(kit.receiver, method, path, headers={"traceparent": PARENT, "authorization": "Bearer s3cret-s3cret"})

    (span,) = spans_of(Kit(tmp_path), story)
    assert (span.name, span.kind) == (name, SpanKind.SERVER)
    assert format(span.context.trace_id, "032x") == TRACE
    verb, _, route = name.partition(" ")
    expected = {"http.request.method": verb, "http.route": route, "http.response.status_code": status}
    assert dict(span.attributes or {}) == {key: value for key, value in expected.items() if value}


def test_scrapes_and_questions_after_health_leave_no_spans(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        for path in ("/metrics", "/healthz", "/readyz"):
            await request(kit.receiver, "GET", path, headers={"traceparent": PARENT})

    assert spans_of(Kit(tmp_path), story) == ()


def test_a_message_that_did_not_arrive_and_a_post_that_was_not_stored_are_errors(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Retry(1, "rate limited"), Refused("channel_not_found"))
        await traced(kit)
        await kit.receiver.store.close()
        assert await kit.post(webhook(alert("late"))) == 503

    class Closed(Kit):
        def run(self, story: Callable[[Kit], Awaitable[T]]) -> T:
            async def play() -> T:
                await self.receiver.start()
                return await story(self)

            return asyncio.run(play())

    spans = spans_of(Closed(tmp_path), story)
    failed = [span for span in spans if not span.status.is_ok and span.status.status_code is StatusCode.ERROR]
    assert [(span.name, span.status.description) for span in failed] == [
        ("deliver", "rate limited"),
        ("deliver", "channel_not_found"),
        ("POST /v1/alerts/{tenant}/{policy}", "StoreError: the store is closing"),
    ]


def test_with_spans_a_webhook_without_a_trace_begins_one(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()

    assert len({span.context.trace_id for span in spans_of(Kit(tmp_path), story)}) == 1


@pytest.mark.parametrize(
    ("environment", "endpoint"),
    [
        ({}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318/"}, "http://127.0.0.1:4318/v1/traces"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:2/t"},
            "http://127.0.0.1:2/t",
        ),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}, ""),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"}, ""),
    ],
)
def test_the_standard_variables_ask_for_spans(tmp_path: Path, environment: dict[str, str], endpoint: str) -> None:
    given_ = {"policies": tmp_path, "database": "sqlite:///x.db", "secrets": tmp_path, "tokens": tmp_path}
    assert read_settings(given_, environment).otlp_endpoint == endpoint
    found = tracing.tracer(endpoint)
    assert found.records == bool(endpoint)
    asyncio.run(found.close())


def test_the_service_is_called_as_the_standard_variables_say_and_alertkit_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def name() -> object:
        found = tracing.tracer("http://127.0.0.1:9/v1/traces")
        assert isinstance(found, tracing.SpanTracer)
        asyncio.run(found.close())
        return found._provider.resource.attributes["service.name"]

    assert name() == "alertkit"
    monkeypatch.setenv("OTEL_SERVICE_NAME", "alertkit-eu")
    assert name() == "alertkit-eu"


def test_a_collector_that_hangs_does_not_keep_the_receiver_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, let_go, ended = threading.Event(), threading.Event(), threading.Event()

    class Hanging(SpanProcessor):
        def shutdown(self) -> None:
            begun.set()
            let_go.wait(20)
            ended.set()

    provider = TracerProvider()
    provider.add_span_processor(Hanging())
    monkeypatch.setattr(tracing, "LAST_SPANS", 0.01)
    asyncio.run(tracing.SpanTracer(provider).close())
    assert begun.wait(20)
    assert not ended.is_set()
    let_go.set()


def test_what_libraries_log_are_json_lines_too_and_a_collector_that_is_down_holds_nothing_up(tmp_path: Path) -> None:
    logged = {"room": ChannelSettings("log"), "mail": ChannelSettings("log")}
    Kit(tmp_path, [a_policy(channels=logged)])
    with socket.create_server(("127.0.0.1", 0)) as closed:
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with serving(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, OTEL_BSP_SCHEDULE_DELAY="1") as process:
        assert process.post(webhook(alert())) == 200
        while "opentelemetry" not in process.errors or process.errors.count('"event": "message"') < 2:
            assert process.popen.poll() is None, process.errors
        lines = [line for line in process.errors.splitlines() if not line.startswith("alertkit: listening")]
    complaints = [line for line in map(json.loads, lines) if line.get("logger", "").startswith("opentelemetry")]
    assert complaints
    assert {line["level"] for line in complaints} <= {"warning", "error"}


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(MissingTool, match=r"OTEL_EXPORTER_OTLP_ENDPOINT is set and needs .*: pip install 'alertkit\[otel\]'$"):
        tracing.tracer("http://127.0.0.1:4318")


def test_a_receiver_that_keeps_no_spans_imports_nothing_of_opentelemetry() -> None:
    code = "import sys, alertkit.receiver.app; print([m for m in sys.modules if m.startswith('opentelemetry')])"
    assert json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) == []
