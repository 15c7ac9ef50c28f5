"""Places for parameters in a pack's expressions: `${name}`, filled with typed literals. Nothing is ever evaluated.

Where a place stands decides how its value is written, and which kinds may stand there:

    job="${job}"          exact    a text, quoted and escaped; also after !=
    mount=~"${mounts}"    pattern  a regular expression, quoted and escaped; also after !~
    rate(x[${window}])    span     a duration as Prometheus writes it; also after `offset`
    x > ${limit}          bare     a number in base units (a duration in seconds), a metric's or a label's name
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Context, Decimal
from functools import lru_cache
from typing import Final, Literal

import msgspec

from alertkit import names
from alertkit.model.pack import Kind, Value
from alertkit.model.quantity import Duration, plain
from alertkit.promql import isolate, metric_names, quote

Form = Literal["exact", "pattern", "span", "bare"]

FORMS: Final[dict[Kind, tuple[Form, ...]]] = {
    "duration": ("span", "bare"),
    "ratio": ("bare",),
    "rate": ("bare",),
    "bytes": ("bare",),
    "number": ("bare",),
    "integer": ("bare",),
    "text": ("exact",),
    "pattern": ("pattern",),
    "metric": ("bare",),
    "label": ("bare",),
}
"""Where each kind of value may stand."""

WRITTEN: Final[dict[Form, str]] = {
    "exact": 'after = or !=, as the whole value: job="${job}"',
    "pattern": 'after =~ or !~, as the whole value: mount=~"${mounts}"',
    "span": "in brackets or after offset: rate(x[${window}])",
    "bare": "outside of quotes and brackets: x > ${limit}",
}
"""How each form of place is written."""

_PRECISION: Final = Context(prec=17)
"""Digits that Prometheus can tell apart; 100/h has no end in events per second."""
_NAME = r"\$\{([a-z][a-z0-9_]{0,62})\}"
_SCAN = re.compile(
    rf"""(?P<op>=~|!~|!=|=)\s*"{_NAME}"
    |"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`
    |\#[^\n]*
    |(?P<span>[\[:]\s*|\boffset\s+)?{_NAME}
    |\$""",
    re.VERBOSE | re.DOTALL,
)


class Place(msgspec.Struct, frozen=True):
    """A place in a text: `text[start:end]` is replaced, quotes included where it has some."""

    name: str
    form: Form
    start: int
    end: int


class MisplacedError(ValueError):
    """Something that looks like a place and is none; `offset` counts characters from 0."""

    def __init__(self, message: str, offset: int) -> None:
        self.offset = offset
        super().__init__(message)


@lru_cache(maxsize=4096)
def find(text: str) -> tuple[Place, ...]:
    """Every place of an expression, in order; comments hold none.

    Raises:
        MisplacedError: a `$` begins no place, or a place is a part of a quoted text.
    """
    return tuple(place for match in _SCAN.finditer(text) if (place := _place(match)))


def _place(match: re.Match[str]) -> Place | None:
    found = match[0]
    if match["op"]:
        form: Form = "pattern" if "~" in match["op"] else "exact"
        return Place(match[2], form, match.start() + found.index('"'), match.end())
    if match[4]:
        return Place(match[4], "span" if match["span"] else "bare", match.start() + found.index("$"), match.end())
    if found == "$" or ("${" in found and not found.startswith("#")):
        problem = "a lone $" if found == "$" else f"a place inside the text {found}"
        raise MisplacedError(f'{problem}; a place is ${{name}}, and in quotes it stands alone: label="${{name}}"', match.start())
    return None


def fill(text: str, values: Mapping[str, Value]) -> str:
    """The text with every place filled. Each has a value of a kind that may stand there; that has been checked."""
    parts, end = [], 0
    for place in find(text):
        parts += [text[end : place.start], _literal(values[place.name], place.form)]
        end = place.end
    return "".join([*parts, text[end:]])


@lru_cache(maxsize=4096)
def own_records(expr: str, recorded: frozenset[str], service: str) -> str:
    """The expression with the service matched wherever it reads one of the recorded names.

    Remembered, because checking and compiling both ask, and many tenants ask the same.

    Raises:
        PromQLError: it does not parse.
        IsolationError: it matches on `service` itself there.
    """
    others = frozenset(metric for metric in metric_names(expr) if metric not in recorded)
    return isolate(expr, names.LABEL_SERVICE, service, others)


def _literal(value: Value, form: Form) -> str:
    if isinstance(value, Duration):
        return str(value) if form == "span" else plain(Decimal(value.ms) / 1_000)
    if isinstance(value, Decimal):
        number = plain(value.normalize(_PRECISION))
        return number if value >= 0 else f"({number})"
    return value if form == "bare" else quote(value)
