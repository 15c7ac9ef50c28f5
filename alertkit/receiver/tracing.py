"""Traces: on log lines about a webhook, a step or a message, in what is sent on, and as spans where OpenTelemetry is."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from alertkit import __version__
from alertkit.errors import MissingTool
from alertkit.model import trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

SERVICE: Final = "alertkit"
LAST_SPANS: Final = 3.0
"""Seconds that a collector which does not answer may keep a receiver from stopping."""
Kind = Literal["internal", "server", "client"]
About = Mapping[str, str | int]
"""Attributes of a span: `http.…` as OpenTelemetry's conventions name them, what is alertkit's own without its prefix."""
_current: ContextVar[str] = ContextVar("traceparent", default="")


class Tracer(Protocol):
    """`records` says that spans go somewhere, so that one is worth beginning where there is no trace yet."""

    records: bool

    def span(self, name: str, parent: str, about: About, kind: Kind = "internal") -> contextlib.AbstractContextManager[str]:
        """A piece of work below `parent` (empty: a new trace), and the traceparent for whatever it calls."""
        ...

    def ends(self, about: About, trouble: str = "") -> None:
        """What came of the piece of work that is under way; `trouble` says why it failed."""
        ...

    async def close(self) -> None:
        """Let spans that are leaving leave."""
        ...


class LogTracer:
    """Traces are carried on and written on log lines; no spans are kept."""

    records = False

    def span(self, name: str, parent: str, about: About, kind: Kind = "internal") -> contextlib.AbstractContextManager[str]:
        """Carry a trace on."""
        return logged(trace.child(parent, random.randbytes(8)) if parent else "")  # noqa: S311 - tells spans apart, guards nothing

    def ends(self, about: About, trouble: str = "") -> None:
        """Nothing is kept."""

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
    def span(self, name: str, parent: str, about: About, kind: Kind = "internal") -> Iterator[str]:
        """Begin a span, end it with the block; what is raised in it is recorded."""
        from opentelemetry.context import Context
        from opentelemetry.trace import SpanKind

        above = self._propagator.extract({"traceparent": parent}, Context()) if parent else Context()
        what = SpanKind[kind.upper()]
        with self._tracer.start_as_current_span(name, context=above, kind=what, attributes=_attributes(about)):
            carrier: dict[str, str] = {}
            self._propagator.inject(carrier)
            current = carrier.get("traceparent", "")
            with logged(current):
                yield current

    def ends(self, about: About, trouble: str = "") -> None:
        """Written on the span that was begun last."""
        from opentelemetry.trace import Status, StatusCode, get_current_span

        span = get_current_span()
        span.set_attributes(_attributes(about))
        if trouble:
            span.set_status(Status(StatusCode.ERROR, trouble))

    async def close(self) -> None:
        """Export what is left, for LAST_SPANS at most: the thread of a collector that hangs does not keep the process."""
        last = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        last.start()
        await asyncio.to_thread(last.join, LAST_SPANS)


def _attributes(about: About) -> dict[str, str | int]:
    return {key if key.startswith("http.") else f"{SERVICE}.{key}": value for key, value in about.items()}


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
    """Spans to the URL of an OTLP endpoint for traces over HTTP, or none when it is empty.

    OpenTelemetry's own variables say the rest: headers, certificates, sampling, attributes of the resource.

    Raises:
        MissingTool: the packages for it are not installed.
    """
    if not endpoint:
        return LogTracer()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise MissingTool(f"OTEL_EXPORTER_OTLP_ENDPOINT is set and needs {error.name}: pip install 'alertkit[otel]'") from error
    own = Resource.create({"service.name": SERVICE, "service.version": __version__})
    provider = TracerProvider(resource=own.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    return SpanTracer(provider)
