"""A detection as written becomes the value that is compiled; its defaults live here."""

from __future__ import annotations

from alertkit.compiler.scope import Data
from alertkit.model.detection import Absence, Anomaly, Capacity, DetectionDefinition
from alertkit.model.quantity import Duration
from alertkit.model.rules import Source
from alertkit.model.sentence import Text


def resolve_detection(entry: Data, locale: str, source: Source) -> DetectionDefinition:
    """The detection of a valid entry."""
    return DetectionDefinition(
        name=entry["name"],
        service=entry["service"],
        severity=entry["severity"],
        looks_for=_looks_for(entry),
        source=source,
        hold=Duration.parse(entry["for"]) if "for" in entry else None,
        labels=entry.get("labels", {}),
        unit=entry.get("unit", "none"),
        summary=_text(entry.get("summary", {}), locale),
        description=_text(entry.get("description", {}), locale),
        runbook=entry.get("runbook", ""),
    )


def _looks_for(entry: Data) -> Absence | Anomaly | Capacity:
    if "absence" in entry:
        return Absence(entry["absence"]["selector"], tuple(entry["absence"].get("by", ())))
    if "anomaly" in entry:
        return Anomaly(**entry["anomaly"])
    return Capacity(entry["capacity"]["expr"])


def _text(text: str | dict[str, str], locale: str) -> Text:
    return {locale: text} if isinstance(text, str) else text
