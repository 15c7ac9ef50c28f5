"""An SLO as written becomes the value that is compiled; its defaults live here."""

from __future__ import annotations

from decimal import Decimal

from alertkit.compiler.scope import Data
from alertkit.model.quantity import Duration, parse_rate, parse_ratio
from alertkit.model.rules import Source
from alertkit.model.sentence import Text
from alertkit.model.slo import (
    PAGE,
    BooleanGauge,
    EventsErrors,
    EventsGood,
    LatencyBucket,
    LatencyNative,
    RawRatio,
    Sli,
    Slo,
    Tier,
    default_tiers,
)

_WINDOW = "30d"
_SEVERITIES = {"page": "critical", "ticket": "warning"}
_OFF = "off"
_SHORT = 12
"""A short window is a twelfth of the long one: the Site Reliability Workbook's choice."""


def resolve_slo(entry: Data, locale: str, source: Source) -> Slo:
    """The SLO of a valid entry."""
    window = Duration.parse(entry.get("window", _WINDOW))
    return Slo(
        name=entry["name"],
        service=entry["service"],
        objective=parse_ratio(entry["objective"]),
        window=window,
        sli=_sli(entry["sli"]),
        tiers=_tiers(entry, window),
        source=source,
        group_by=tuple(entry.get("group_by", ())),
        min_rate=parse_rate(entry["min_rate"]) if "min_rate" in entry else None,
        absence=entry.get("absence", False),
        compatibility=entry.get("compatibility", ""),
        alert=entry.get("alert", ""),
        summary=_text(entry.get("summary", {}), locale),
        description=_text(entry.get("description", {}), locale),
        runbook=entry.get("runbook", ""),
    )


def path_in_definition(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """A path in the names of the model, in those of the definition."""
    renamed = {("sli", "expr"): ("sli", "ratio")}
    if path in renamed:
        return renamed[path]
    return (*path[:-1], "budget") if path[-1:] == ("share",) else path


def _sli(entry: Data) -> Sli:
    if "errors" in entry:
        return EventsErrors(entry["errors"], entry["total"])
    if "good" in entry:
        return EventsGood(entry["good"], entry["total"])
    if "ratio" in entry:
        return RawRatio(entry["ratio"])
    if "gauge" in entry:
        return BooleanGauge(entry["gauge"])
    kind = LatencyNative if entry.get("native") else LatencyBucket
    return kind(entry["histogram"], Duration.parse(entry["threshold"]))


def _tiers(entry: Data, window: Duration) -> tuple[Tier, ...]:
    severities = {kind: entry.get(kind, severity) for kind, severity in _SEVERITIES.items()}
    written = entry.get("tiers")
    if written is None:
        tiers = default_tiers(window, severities["page"], severities["ticket"])
    else:
        tiers = tuple(_tier(tier, severities) for tier in written)
    return tuple(tier for tier in tiers if tier.severity != _OFF)


def _tier(entry: Data, severities: dict[str, str]) -> Tier:
    long = Duration.parse(entry["long"])
    short = Duration.parse(entry["short"]) if "short" in entry else Duration(long.ms // _SHORT)
    severity = severities["page" if entry["name"].startswith(PAGE) else "ticket"]
    return Tier(entry["name"], severity, long, short, Decimal(parse_ratio(entry["budget"])))


def _text(text: str | dict[str, str], locale: str) -> Text:
    return {locale: text} if isinstance(text, str) else text
