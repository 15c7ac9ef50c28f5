"""A pack's file becomes a pack, or the list of everything that is wrong with it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from alertkit.compiler.finding import problems_at
from alertkit.compiler.packs import check, values
from alertkit.compiler.reading import schema
from alertkit.compiler.reading.load import load_text
from alertkit.errors import Level, Problem, ProblemsFound
from alertkit.model.document import Node, find, plain
from alertkit.model.pack import Pack, PackAlert, PackCase, PackRecord, Parameter
from alertkit.model.quantity import Duration
from alertkit.model.rules import Source


class Reading(msgspec.Struct, frozen=True):
    """A pack, or None when one of the problems is an error."""

    pack: Pack | None
    problems: tuple[Problem, ...] = ()


@lru_cache(maxsize=256)
def read(text: bytes, origin: str) -> Reading:
    """Read a pack. `origin` is its file as problems call it; the folder in it is the pack's name."""
    try:
        node = load_text(text, origin)
    except ProblemsFound as found:
        return Reading(None, found.problems)
    data = plain(node)
    findings = schema.check("pack", data) or check.check(data, origin.split("/")[-2])
    problems = tuple(problems_at(node, findings, ""))
    wrong = any(problem.level is Level.ERROR for problem in problems)
    return Reading(None if wrong else _pack(data, node, origin), problems)


def _pack(data: dict[str, Any], node: Node, origin: str) -> Pack:
    parameters = {name: values.parameter(name, entry) for name, entry in data.get("parameters", {}).items()}
    return Pack(
        name=data["name"],
        title=data["title"],
        description=data["description"],
        version=data["version"],
        exporter=data["exporter"],
        origin=origin,
        parameters=parameters,
        metrics=data["metrics"],
        records=tuple(PackRecord(entry["record"], entry["expr"], entry.get("title", {})) for entry in data.get("records", [])),
        alerts=tuple(_alert(entry) for entry in data["alerts"]),
        cases=tuple(
            _case(entry, parameters, Source(origin, find(node, ("cases", index)).line))
            for index, entry in enumerate(data.get("cases", []))
        ),
        view=data.get("view", "technical"),
    )


def _alert(entry: dict[str, Any]) -> PackAlert:
    return PackAlert(
        name=entry["name"],
        expr=entry["expr"],
        severity=entry["severity"],
        summary=entry["summary"],
        description=entry["description"],
        unit=entry.get("unit", "none"),
        hold=_span(entry, "for"),
        keep_firing_for=_span(entry, "keep_firing_for"),
    )


def _case(entry: dict[str, Any], parameters: dict[str, Parameter], source: Source) -> PackCase:
    return PackCase(
        alert=entry["alert"],
        title=entry["title"],
        series=entry["series"],
        source=source,
        values={name: values.read(parameters[name].kind, value) for name, value in entry.get("with", {}).items()},
        labels=entry.get("labels", {}),
        fires_at=_span(entry, "fires_at"),
        silent_at=_span(entry, "silent_at"),
        interval=_span(entry, "interval") or Duration.of(minutes=1),
    )


def _span(entry: dict[str, Any], key: str) -> Duration | None:
    return Duration.parse(entry[key]) if key in entry else None
