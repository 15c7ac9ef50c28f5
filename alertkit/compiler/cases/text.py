"""What Prometheus makes of the annotations that alertkit writes: a value and labels put into a sentence.

Only the templates of `words` are known here. The formats are those of template/template.go in Prometheus 2.42; 3.x agrees.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

_PART: Final = re.compile(
    r"""\{\{\ ?(?:
        (?P<value>\$value)(?:\ \|\ (?P<how>\w+)(?:\ "%\.0f")?)?
      | \$labels\.(?P<label>\w+)
      | (?P<brace>"\{")
    )\ ?\}\}""",
    re.VERBOSE,
)


def expand(template: str, value: float, labels: Mapping[str, str]) -> str | None:
    """The annotation of an alert with this value, whose expression yields these labels; None for a template of other making."""
    if "{{" in _PART.sub("", template):
        return None
    return _PART.sub(lambda match: _expanded(match, value, labels), template)


def number(value: float) -> str:
    """A float as Go prints it: the shortest text that reads back the same, with an exponent from a million on."""
    if not math.isfinite(value):
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text, power = "".join(map(str, digits)), len(digits) - 1 + int(exponent)
    if value == 0 or -4 <= power < 6:
        return ("-" if sign else "") + format(Decimal(f"{text}e{exponent}"), "f")
    mantissa = f"{text[0]}.{text[1:]}" if len(text) > 1 else text
    return f"{'-' if sign else ''}{mantissa}e{power:+03d}"


def _expanded(match: re.Match[str], value: float, labels: Mapping[str, str]) -> str:
    if match["brace"]:
        return "{"
    if match["label"]:
        return labels.get(match["label"], "")
    return _FORMATS[match["how"] or ""](value)


def _humanize(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return _short(value)
    return _scaled(value, 1_000, "kMGTPEZY") if abs(value) >= 1 else _small(value)


def _humanize1024(value: float) -> str:
    if abs(value) <= 1 or not math.isfinite(value):
        return _short(value)
    return _scaled(value, 1024, ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"))


def _duration(value: float) -> str:
    if not math.isfinite(value):
        return _short(value)
    if abs(value) < 60:
        return f"{_small(value) if 0 < abs(value) < 1 else _short(value)}s"
    whole = int(abs(value))
    parts = [(whole // 86_400, "d"), (whole // 3_600 % 24, "h"), (whole // 60 % 60, "m"), (whole % 60, "s")]
    while not parts[0][0]:
        del parts[0]
    return ("-" if value < 0 else "") + " ".join(f"{count}{unit}" for count, unit in parts)


def _scaled(value: float, step: int, prefixes: Iterable[str]) -> str:
    found = ""
    for prefix in prefixes:
        if abs(value) < step:
            break
        found = prefix
        value /= step
    return _short(value) + found


def _small(value: float) -> str:
    found = ""
    for prefix in "munpfazy":
        if abs(value) >= 1:
            break
        found = prefix
        value *= 1_000
    return _short(value) + found


def _short(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else number(value)


_FORMATS: Final[dict[str, Callable[[float], str]]] = {
    "": number,
    "humanize": _humanize,
    "humanizeDuration": _duration,
    "humanizePercentage": lambda value: f"{_short(value * 100)}%",
    "humanize1024": _humanize1024,
    "printf": lambda value: f"{value:.0f}",
}
