"""A trace leads from the webhook through planning to the messages: on log lines, in what is sent on, and as spans."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from receiver_kit import Kit, a_policy, alert, request, webhook

from alertkit.channels.base import Refused
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


def test_spans_of_a_webhook_its_plan_and_its_messages_are_of_one_trace(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    async def story(kit: Kit) -> None:
        await traced(kit)
        await request(kit.receiver, "GET", "/v1/openapi.json", headers={"traceparent": PARENT})

    kit = Kit(tmp_path)
    kit.receiver = kit.new(tracer=tracing.SpanTracer(provider))
    kit.run(story)
    spans = exporter.get_finished_spans()
    assert {span.name for span in spans} == {"ingest", "plan", "deliver", "request"}
    assert {format(span.context.trace_id, "032x") for span in spans} == {TRACE}
    (ingest,) = [span for span in spans if span.name == "ingest"]
    assert ingest.parent is not None
    assert format(ingest.parent.span_id, "016x") == PARENT[36:52]
    deliver = [span for span in spans if span.name == "deliver"]
    assert {span.attributes["alertkit.channel"] for span in deliver if span.attributes} == {"room"}
    below = {format(span.parent.span_id, "016x") for span in spans if span.parent and span.name in ("plan", "deliver")}
    assert below == {format(ingest.context.span_id, "016x")}, "what follows from a webhook is below it"
    sent = {trace[36:52] for trace in (one.trace for one in kit.told)}
    assert sent == {format(span.context.span_id, "016x") for span in deliver}


def test_with_spans_a_webhook_without_a_trace_begins_one(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()

    kit = Kit(tmp_path)
    kit.receiver = kit.new(tracer=tracing.SpanTracer(provider))
    kit.run(story)
    spans = exporter.get_finished_spans()
    assert len({span.context.trace_id for span in spans}) == 1


def test_the_standard_variable_asks_for_spans(tmp_path: Path) -> None:
    given_ = {"policies": tmp_path, "database": "sqlite:///x.db", "secrets": tmp_path, "tokens": tmp_path}
    settings = read_settings(given_, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
    found = tracing.tracer(settings.otlp_endpoint)
    assert found.records
    asyncio.run(found.close())
    assert not tracing.tracer(read_settings(given_, {}).otlp_endpoint).records


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(MissingTool, match=r"OTEL_EXPORTER_OTLP_ENDPOINT is set and needs .*: pip install 'alertkit\[otel\]'$"):
        tracing.tracer("http://127.0.0.1:4318")


def test_a_receiver_that_keeps_no_spans_imports_nothing_of_opentelemetry() -> None:
    code = "import sys, alertkit.receiver.app; print([m for m in sys.modules if m.startswith('opentelemetry')])"
    assert json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) == []
