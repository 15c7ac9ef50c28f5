"""An alert's sentence as a Prometheus annotation, in one language.

Nothing of the sentence reaches Prometheus' template language but the value and labels by name: every brace of the literal
text is written as a quoted string.
"""

from __future__ import annotations

from collections.abc import Mapping

from alertkit.model import sentence
from alertkit.model.policy import Unit
from alertkit.model.sentence import Text

_VALUE: dict[Unit, str] = {
    "none": "{{ $value | humanize }}",
    "duration": "{{ $value | humanizeDuration }}",
    "percent": "{{ $value | humanizePercentage }}",
    "bytes": "{{ $value | humanize1024 }}B",
    "per_second": "{{ $value | humanize }}/s",
    "count": '{{ $value | printf "%.0f" }}',
}


def in_language(text: Text, locale: str) -> str:
    """The sentence for a locale: its own, its language's, English, or the first there is; "" when there is none."""
    for wanted in (locale, locale.split("_")[0], "en"):
        if wanted in text:
            return text[wanted]
    return next(iter(text.values()), "")


def annotation(words: str, unit: Unit, own: Mapping[str, str]) -> str:
    """The sentence in Prometheus' template language.

    `own` are the labels that the rule itself sets. They are written out, because `$labels` holds the expression's only.
    """
    parts = sentence.parse(words)
    return "".join(literal(part) if isinstance(part, str) else _field(part.name, unit, own) for part in parts)


def literal(text: str) -> str:
    """Text that the template language gives back as it is; Prometheus expands annotations and the labels of alerts."""
    return text.replace("{", '{{"{"}}')


def _field(name: str, unit: Unit, own: Mapping[str, str]) -> str:
    if name == sentence.VALUE:
        return _VALUE[unit]
    return literal(own[name]) if name in own else f"{{{{ $labels.{name} }}}}"
