"""Values of pack parameters: read from what was written, checked against type and bounds, shown as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, Never

import re2

from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.model.pack import Kind, Parameter, Value
from alertkit.model.quantity import Duration, parse_bytes, parse_rate, parse_ratio, plain, plain_bytes

Written = str | int | float
"""A value as it stands in YAML."""

_LARGEST: Final = Decimal(10) ** 18
_LONGEST: Final = 500
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_FEW_DECIMALS: Final = 3
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,62}", re.ASCII)


def read(kind: Kind, written: Written) -> Value:
    """The value of a parameter.

    Raises:
        ValueError: it is not of that kind; the message says what is.
    """
    return _READERS[kind](written)


def parameter(name: str, entry: dict[str, Any]) -> Parameter:
    """A parameter.

    Raises:
        ValueError: one of its values is not of its type.
    """
    values = ("default", "example", "relaxed", "minimum", "maximum")
    return Parameter(
        name=name,
        kind=entry["type"],
        description=entry["description"],
        reason=entry.get("reason", ""),
        unit=entry.get("unit", ""),
        **{key: read(entry["type"], entry[key]) for key in values if key in entry},
    )


def _duration(written: Written) -> Duration:
    return Duration.parse(written if isinstance(written, str) else _refuse(written, "a duration such as 30s, 5m or 1h30m"))


def _ratio(written: Written) -> Decimal:
    return parse_ratio(written)


def _rate(written: Written) -> Decimal:
    return parse_rate(written if isinstance(written, str) else _refuse(written, "a rate such as 0.1/s or 6/m"))


def _bytes(written: Written) -> Decimal:
    return parse_bytes(written if isinstance(written, str) else _refuse(written, "a size such as 512MiB or 10GB"))


def _number(written: Written) -> Decimal:
    number = _refuse(written, "a number") if isinstance(written, str) else Decimal(repr(written))
    return number if abs(number) <= _LARGEST else _refuse(written, "a number of at most 18 digits")


def _integer(written: Written) -> Decimal:
    number = _number(written)
    return number if number == number.to_integral_value() else _refuse(written, "a whole number")


def _text(written: Written) -> str:
    if not isinstance(written, str) or not written or len(written) > _LONGEST or not written.isprintable():
        _refuse(written, f"a text of 1 to {_LONGEST} visible characters")
    return written


def _pattern(written: Written) -> str:
    text = _text(written)
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options)
    except re2.error:
        _refuse(written, "a regular expression as Prometheus knows them (RE2)")
    return text


def _metric(written: Written) -> str:
    return written if isinstance(written, str) and _METRIC.fullmatch(written) else _refuse(written, "the name of a metric")


def _label(written: Written) -> str:
    return written if isinstance(written, str) and _LABEL.fullmatch(written) else _refuse(written, "the name of a label")


def _refuse(written: Written, expected: str) -> Never:
    shown = repr(written) if not isinstance(written, str) or len(written) <= 60 else repr(written[:60] + "…")
    raise ValueError(f"{shown} is not {expected}")


_READERS: Final[dict[Kind, Callable[[Written], Value]]] = {
    "duration": _duration,
    "ratio": _ratio,
    "rate": _rate,
    "bytes": _bytes,
    "number": _number,
    "integer": _integer,
    "text": _text,
    "pattern": _pattern,
    "metric": _metric,
    "label": _label,
}


def shown(kind: Kind, value: Value) -> str:
    """The value as a definition would write it: `5m`, `1%`, `0.5/s`, `512MiB`, `99`, `checkout`."""
    if isinstance(value, (Duration, str)):
        return str(value)
    if kind == "ratio":
        return f"{plain(value * 100)}%"
    if kind == "bytes":
        return plain_bytes(value)
    return _rate_shown(value) if kind == "rate" else plain(value)


def _rate_shown(per_second: Decimal) -> str:
    """In the shortest unit in which the number is short: 0.1/s, 100/h."""
    shown = {unit: plain(round(per_second * seconds, 9)) for unit, seconds in _SECONDS.items()}
    short = (unit for unit, number in shown.items() if len(number.partition(".")[2]) <= _FEW_DECIMALS)
    unit = next(short, "s")
    return f"{shown[unit]}/{unit}"


def outside(parameter: Parameter, value: Value) -> str:
    """Why a value of the right kind is out of bounds, or "" when it is not."""
    low, high = parameter.minimum, parameter.maximum
    if low is not None and _less(value, low):
        return f"{shown(parameter.kind, value)} is less than the least, {shown(parameter.kind, low)}"
    if high is not None and _less(high, value):
        return f"{shown(parameter.kind, value)} is more than the most, {shown(parameter.kind, high)}"
    return ""


def _less(one: Value, other: Value) -> bool:
    if isinstance(one, Duration) and isinstance(other, Duration):
        return one < other
    return isinstance(one, Decimal) and isinstance(other, Decimal) and one < other


def check(parameters: Mapping[str, Parameter], written: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    """Values for parameters that do not exist, are of another type, or out of bounds."""
    for name, value in written.items():
        parameter = parameters.get(name)
        if parameter is None:
            hint = did_you_mean(name, parameters)
            yield Finding((*path, name), "AK802", f"the pack has no parameter {name!r}", hint, on_key=True)
            continue
        try:
            problem = outside(parameter, read(parameter.kind, value))
        except ValueError as error:
            problem = str(error)
        if problem:
            yield Finding((*path, name), "AK804", f"parameter {name!r}: {problem}", parameter.description)
