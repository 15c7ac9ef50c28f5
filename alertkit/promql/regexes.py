"""How much a label's regular expression costs to compile, so that none can keep the parser busy for minutes.

The parser compiles every regular expression; 14,000 characters full of `\\w{100}` took it 70 seconds.
"""

from __future__ import annotations

import re

from alertkit.errors import PromQLError

MAX_COST = 100_000
"""Of all regular expressions in one expression, in the units below: a tenth of a second on the machine they were measured on."""

_BIG_CLASS = 260  # microseconds for one \w or \pL, most of it for Unicode's tables
_CLASS = 6
_CHARACTER = 1
_BIG = r"\\[wWdD]|\\[pP](?:\{[^}]*\}|.)"
_PART = re.compile(
    rf"""(?P<big>{_BIG})
    |(?P<class>\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\\[])*\])
    |(?P<unknown>\[|\(\?[a-zA-Z-]*x)
    |(?P<count>\{{\s*(?P<least>[0-9]{{0,9}})\s*(?:,\s*(?P<most>[0-9]{{0,9}})\s*)?\}})
    |(?P<repeat>[*+?])
    |(?P<open>\()|(?P<close>\))|\\.|.""",
    re.VERBOSE | re.DOTALL,
)


def check(regexes: list[tuple[str, int]]) -> None:
    """Refuse regular expressions, given with their offsets, that would take too long to compile.

    Raises:
        PromQLError: together they cost more than MAX_COST.
    """
    total = 0
    for regex, offset in regexes:
        total += cost(regex)
        if total > MAX_COST:
            raise PromQLError(
                "the regular expressions are too costly: write [a-z0-9] instead of \\w, fewer {n,m}, no class in a class",
                offset,
            )


def cost(regex: str) -> int:
    """An upper bound of the microseconds that compiling takes; above MAX_COST when it cannot be told."""
    groups, last = [0], 0
    for part in _PART.finditer(f"(?:{regex})"):  # as it is compiled: `a)|(b` is a valid regular expression of Prometheus
        if part["unknown"]:  # classes in classes and free spacing, which Prometheus does not know, could hide a repetition
            return MAX_COST + 1
        if part["open"]:
            groups.append(0)
            last = 0
        elif part["close"] and len(groups) > 1:
            last = groups.pop() + _CHARACTER
            groups[-1] += last
        elif part["count"]:
            times = max(int(part["least"] or 0), int(part["most"] or 0), 1)
            groups[-1] += last * (times - 1)
            last *= times
        elif part["repeat"]:
            groups[-1] += _CHARACTER
        else:
            last = _cost_of_one(part)
            groups[-1] += last
    return sum(groups)


def _cost_of_one(part: re.Match[str]) -> int:
    if part["big"]:
        return _BIG_CLASS
    if part["class"]:
        return _CLASS + len(part[0]) + _BIG_CLASS * len(re.findall(_BIG, part[0]))
    return _CLASS if part[0] == "." else _CHARACTER
