"""Names under `routing` that nothing defines."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit.compiler.finding import Finding, Path, did_you_mean

_HOMES = {"policy": "escalation", "receiver": "routing.receivers", "interval": "routing.intervals", "person": "people"}


def unknown(kind: str, name: str, known: set[str], path: Path) -> Iterator[Finding]:
    """A finding when the name is not known; the hint is the nearest name, or where to define it."""
    if name not in known:
        yield Finding(path, "AK301", f"unknown {kind} {name!r}", did_you_mean(name, known) or f"add it to {_HOMES[kind]}")
