"""Traces: on log lines about a webhook, a step or a message, in what is sent on, and as spans where OpenTelemetry is."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterator, MutableMapping
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Protocol

from alertkit.errors import MissingTool
from alertkit.model import trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

SERVICE = "alertkit"
_current: ContextVar[str] = ContextVar("traceparent", default="")


class Tracer(Protocol):
    """`records` says that spans go somewhere, so that one is worth beginning where there is no trace yet."""

    records: bool

    def span(self, name: str, parent: str, **about: str | int) -> contextlib.AbstractContextManager[str]:
        """A piece of work below `parent` (empty: a new trace), and the traceparent for whatever it calls."""
        ...

    async def close(self) -> None:
        """Let spans that are leaving leave."""
        ...


class LogTracer:
    """Traces are carried on and written on log lines; no spans are kept."""

    records = False

    def span(self, name: str, parent: str, **about: str | int) -> contextlib.AbstractContextManager[str]:
        """Carry a trace on."""
        return logged(trace.child(parent, random.randbytes(8)) if parent else "")  # noqa: S311 - tells spans apart, guards nothing

    async def close(self) -> None:
        """Nothing is held."""


class SpanTracer:
    """Spans by OpenTelemetry's SDK."""

    records = True

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer(SERVICE)
        self._propagator = TraceContextTextMapPropagator()

    @contextlib.contextmanager
    def span(self, name: str, parent: str, **about: str | int) -> Iterator[str]:
        """Begin a span, end it with the block; what is raised in it is recorded."""
        from opentelemetry.context import Context

        above = self._propagator.extract({"traceparent": parent}, Context()) if parent else Context()
        attributes = {f"{SERVICE}.{key}": value for key, value in about.items()}
        with self._tracer.start_as_current_span(name, context=above, attributes=attributes):
            carrier: dict[str, str] = {}
            self._propagator.inject(carrier)
            current = carrier.get("traceparent", "")
            with logged(current):
                yield current

    async def close(self) -> None:
        """Export what is left."""
        await asyncio.to_thread(self._provider.shutdown)


class logged:  # noqa: N801 - reads as what it does, and every step and message enters one: a generator would cost twice as much
    """Write a trace on every line that is logged in the block, and give it to whoever asks."""

    __slots__ = ("_before", "_traceparent")
    _before: Token[str]

    def __init__(self, traceparent: str) -> None:
        self._traceparent = traceparent

    def __enter__(self) -> str:
        self._before = _current.set(self._traceparent or _current.get())
        return self._traceparent

    def __exit__(self, *_: object) -> None:
        _current.reset(self._before)


def with_trace(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog: a line that is logged in a block of `logged` names its trace."""
    if given := _current.get():
        line["trace_id"], line["span_id"] = trace.trace_id(given), given[36:52]
    return line


def tracer(endpoint: str) -> Tracer:
    """Spans to an OTLP endpoint over HTTP, or none when it is empty.

    Raises:
        MissingTool: the packages for it are not installed.
    """
    if not endpoint:
        return LogTracer()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise MissingTool(f"OTEL_EXPORTER_OTLP_ENDPOINT is set and needs {error.name}: pip install 'alertkit[otel]'") from error
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    return SpanTracer(provider)
