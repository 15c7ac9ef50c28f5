"""Sentences of alerts and titles of records: fields that can be filled, languages that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.scope import Data, Scope
from alertkit.errors import Level, PromQLError
from alertkit.model import sentence
from alertkit.promql.labels import LabelFlow, label_flow

_GO_TEMPLATE = re.compile(
    r"\{\{[^{}]*\$(?:labels\.(?P<label>[A-Za-z_][A-Za-z0-9_]*)|(?P<value>value)\b|labels\b|external)|\{\{-?\s*\.[A-Z]"
)
"""What rules of Prometheus and templates of Alertmanager hold; in a sentence `{{` is a brace, and people would read the rest."""


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """Braces that are no field, labels that the expression does not return, a missing sentence in the tenant's language."""
    locale = data.get("locale", "en")
    for index, alert in enumerate(data.get("alerts", [])):
        labels = _labels(alert, scope)
        for key in ("summary", "description"):
            if key in alert:
                yield from check_text(alert[key], ("alerts", index, key), labels)
                yield from _language(alert[key], ("alerts", index, key), locale)
    for index, record in enumerate(data.get("records", [])):
        yield from _language(record.get("title", ""), ("records", index, "title"), locale)


def check_text(text: str | dict[str, str], path: Path, labels: LabelFlow | None) -> Iterator[Finding]:
    """Braces that are no field, and fields that no label of the result can fill (None: not known)."""
    for place, words in [(path, text)] if isinstance(text, str) else [((*path, lang), words) for lang, words in text.items()]:
        if template := _GO_TEMPLATE.search(words):
            yield Finding(
                place, "AK405", "a template of Go's is not evaluated, people would read it as it stands", _instead(template)
            )
            continue
        try:
            fields = sentence.fields(words)
        except ValueError as error:
            yield Finding(place, "AK405", str(error))
            continue
        for name in sorted(fields - {sentence.VALUE}):
            if labels is not None and not labels.may_have(name):
                message = f"the expression returns no label {name!r}, so {{{name}}} would stay empty"
                misspelt = name.lower() == sentence.VALUE
                yield Finding(
                    place, "AK406", message, "write {value}" if misspelt else "keep the label in by(...), or remove the field"
                )


def _instead(template: re.Match[str]) -> str:
    if template["label"] or template["value"]:
        return f"write {{{template['label'] or sentence.VALUE}}}"
    return "write {value} for the value, {name} for a label"


def _language(text: str | dict[str, str], path: Path, locale: str) -> Iterator[Finding]:
    if isinstance(text, dict) and not {locale, locale.split("_")[0], "en"} & text.keys():
        wanted = " or ".join(dict.fromkeys((locale.split("_")[0], "en")))
        message = f"no sentence in {wanted}; people will read {next(iter(text))}"
        yield Finding(path, "AK409", message, level=Level.WARNING)


def _labels(alert: Data, scope: Scope) -> LabelFlow | None:
    """What the alert's labels can be; None when the expression does not parse, which another check reports."""
    try:
        flow = label_flow(alert["expr"])
    except PromQLError:
        return None
    added = {scope.project.label, "alertname", "severity", "service", *alert.get("labels", {})}
    return flow.add(added)
