"""An alert's sentence as a Prometheus annotation, in one language.

Nothing of the sentence reaches Prometheus' template language but the value and labels by name: every brace of the literal
text is written as a quoted string.
"""

from __future__ import annotations

from alertkit.model import sentence
from alertkit.model.policy import Unit
from alertkit.model.tenant import Text

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


def annotation(words: str, unit: Unit) -> str:
    """The sentence in Prometheus' template language."""
    return "".join(_literal(part) if isinstance(part, str) else _field(part.name, unit) for part in sentence.parse(words))


def _literal(text: str) -> str:
    return text.replace("{", '{{"{"}}')


def _field(name: str, unit: Unit) -> str:
    return _VALUE[unit] if name == sentence.VALUE else f"{{{{ $labels.{name} }}}}"
