"""Isolate a dashboard's query: Grafana's variables are hidden while the query is read, and stand in it again afterwards.

A variable is hidden behind something of its own length, so every offset stays what it is and nothing has to be put back: the
matchers that were proven on the hidden text are put into the text that the author wrote.

Grafana pastes a variable's value into the query as text. What a viewer types there is therefore never held back by a matcher;
the data source is the boundary of a dashboard. What is proven here is that the query, as written, stays inside its tenant.
"""

from __future__ import annotations

import re

from alertkit.errors import IsolationError
from alertkit.promql import isolation, lexer

_HIDDEN = "¤"
"""Stands for a variable inside a string. No tenant's value may hold it, or a hidden variable could pass for the value."""

_SPANS = frozenset(("__interval", "__range", "__rate_interval"))
_NUMBERS = frozenset(("__interval_ms", "__range_ms", "__range_s"))
_VARIABLE = r"\$(?P<plain>[A-Za-z0-9_]+)|\$\{(?P<braced>[A-Za-z0-9_]+)"
_OUTSIDE = re.compile(rf"(?P<comment>#[^\n]*)|(?P<string>{lexer.STRING})|(?:{_VARIABLE}\}})", re.DOTALL)
_INSIDE = re.compile(_VARIABLE + r"[^}]{0,100}\}|\[\[(?P<old>[A-Za-z0-9_]+)(?::[A-Za-z0-9_]+)?\]\]")
"""Inside a string Grafana also knows `${name:format}` and `[[name]]`."""


def isolate_query(expr: str, label: str, value: str, shared: frozenset[str], variables: frozenset[str]) -> str:
    """Isolate a query that uses Grafana's variables: `$name` or `${name}` as a whole duration or inside a matcher's value.

    `$__interval`, `$__rate_interval` and `$__range` always exist, and `$__range_s`, `$__range_ms` and `$__interval_ms` as whole
    numbers; `variables` names the dashboard's own. Arguments otherwise as for isolate.

    Raises:
        PromQLError: the query is not PromQL.
        IsolationError: a variable is unknown or stands elsewhere, or as for isolate.
    """
    if "$" in value or "[[" in value or _HIDDEN in value:
        raise IsolationError(f"{value!r} cannot be a tenant's label value on a dashboard: Grafana would read a variable in it")
    lexer.check_text(expr)
    known = variables | _SPANS | _NUMBERS
    hidden = _hide(expr, known)
    _check_places(expr, hidden)
    found = isolation.insertions(hidden, label, value, shared)
    result = isolation.insert(expr, found)
    if _hide(result, known) != isolation.insert(hidden, found):
        raise IsolationError("the query cannot be proven to read only the tenant's series; write it more plainly")
    return result


def _hide(expr: str, known: frozenset[str]) -> str:
    """The query with each variable replaced by a duration, a number or filling of the same length."""

    def hide(piece: re.Match[str]) -> str:
        text, start = piece[0], piece.start()
        if piece["comment"]:
            if any(_name(inner) in known for inner in _INSIDE.finditer(text)):
                raise IsolationError("a variable may not stand in a comment: its value could end the comment", start)
            return text
        if piece["string"]:
            return _INSIDE.sub(lambda inner: _HIDDEN * len(inner[0]) if _name(inner) in known else inner[0], text)
        if _name(piece) not in known:
            raise IsolationError(f"unknown variable {text}: {_listed(known)}", start)
        return "1" * len(text) if _name(piece) in _NUMBERS else "1s".rjust(len(text), "0")

    return _OUTSIDE.sub(hide, expr)


def _name(found: re.Match[str]) -> str:
    names = found.groupdict()
    return names["plain"] or names["braced"] or names.get("old") or ""


def _listed(known: frozenset[str]) -> str:
    return "expected one of " + ", ".join(f"${name}" for name in sorted(known))


def _check_places(expr: str, hidden: str) -> None:
    """Every variable is a whole duration or number, or part of a matcher's value."""
    tokens = lexer.lex(hidden)
    for at, (text, start) in enumerate(tokens):
        before = [token.lower() for token, _ in tokens[max(at - 2, 0) : at]]
        written = expr[start : start + len(text)]
        if text[0] in lexer.QUOTES:
            _check_string(text, written, start, in_matcher=not lexer.MATCH_OPERATORS.isdisjoint(before[-1:]))
        elif written != text and not _stands_alone(written, before):
            raise IsolationError(
                "a variable stands as a whole duration, as in [$__rate_interval], or inside a matcher's value", start
            )


def _check_string(text: str, written: str, start: int, *, in_matcher: bool) -> None:
    if not in_matcher and written != text:
        raise IsolationError("a variable inside a string stands in the value of a matcher only", start)
    unknown = next((found for found in _INSIDE.finditer(text) if not _name(found).isdecimal()), None)
    if in_matcher and unknown is not None:
        raise IsolationError(f"unknown variable {unknown[0]}: add it to the dashboard, or write [$] for a dollar sign", start)


def _stands_alone(written: str, before: list[str]) -> bool:
    whole = _OUTSIDE.fullmatch(written)
    if whole is None:
        return False
    in_span = before[-1:] in (["["], [":"], ["offset"]) or (before[:1] == ["offset"] and before[1:] in (["-"], ["+"]))
    return in_span != (_name(whole) in _NUMBERS)
