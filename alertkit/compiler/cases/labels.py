"""Labels that a selector takes, for the series of a case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from alertkit.model.route import Matcher
from alertkit.promql import Selector
from alertkit.routing import matchers

Labels = dict[str, str]

_ANYTHING: Final = ("case", "0", "other", "1")
"""Values for a label whose matchers leave it open."""
_TOKEN: Final = re.compile(
    r"""(?P<escape>\\.)|\[(?P<not>\^)?(?P<class>(?:\\.|[^\]\\])+)\]|(?P<open>\((?:\?[:i]:?)?)|(?P<close>\))|(?P<or>\|)|(?P<any>\.)
    |(?P<anchor>[\^$])|(?P<char>[^?*+{])""",
    re.VERBOSE | re.DOTALL,
)
_REPEAT: Final = re.compile(r"[?*+]\??|\{(\d+)(?:,\d*)?\}\??")
_CLASSES: Final = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}


class NoExampleError(ValueError):
    """No labels were found that the matchers take."""


def takes(selector: Selector, name: str, labels: Mapping[str, str]) -> bool:
    """Whether a selector selects a series."""
    return all(matchers.accepts(m)(name if m.name == "__name__" else labels.get(m.name, "")) for m in selector.matchers) and (
        not selector.metric or selector.metric == name
    )


def labels_for(selector: Selector, wished: Mapping[str, str]) -> Labels:
    """Labels that the selector takes; `wished` ones where it leaves them open.

    Raises:
        NoExampleError: a pattern is beyond this, or the matchers contradict each other.
    """
    labels = dict(wished)
    constraints: dict[str, list[Matcher]] = {}
    for matcher in selector.matchers:
        if matcher.name != "__name__":
            constraints.setdefault(matcher.name, []).append(matcher)
    for name, found in constraints.items():
        value = _value(found, labels.get(name, ""))
        if value:
            labels[name] = value
        else:
            labels.pop(name, None)
    return labels


def others(selector: Selector, labels: Labels, avoided: Iterable[Selector], fixed: frozenset[str]) -> Iterator[Labels]:
    """Labels with one value changed that the selector takes and an avoided one may not; those in `fixed` stay."""
    for matcher in dict.fromkeys(matcher for other in avoided for matcher in other.matchers):
        if matcher.name in fixed or matcher.name == "__name__":
            continue
        refused = {"!=": [matcher.value], "!~": list(examples(matcher.value))}
        for value in refused.get(matcher.op, ["other", "200", "0"]):
            changed = {**labels, matcher.name: value}
            if takes(selector, selector.metric, changed):
                yield changed


def _value(found: Iterable[Matcher], wished: str) -> str:
    found = list(found)
    candidates = [m.value for m in found if m.op == "="] + [wished, ""]
    candidates += [text for m in found if m.op == "=~" for text in examples(m.value)]
    for candidate in (*candidates, *_ANYTHING):
        if all(matchers.accepts(m)(candidate) for m in found):
            return candidate
    raise NoExampleError(f"no value for label {found[0].name} was found that {found[0].value!r} takes")


def examples(pattern: str) -> Iterator[str]:
    """Texts that a regular expression may take: its first alternative, with what may be left out left out or put in once."""
    for optional in (False, True):
        yield _example(pattern, optional=optional)


def _example(pattern: str, *, optional: bool) -> str:
    """One pass over the pattern: `stack` holds the alternatives' texts of the groups that are open."""
    stack: list[list[list[str]]] = [[[]]]
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            at += 1
            continue
        at = token.end()
        repeat = _REPEAT.match(pattern, at) if not token["open"] else None
        if token["open"]:
            stack.append([[]])
        elif token["or"]:
            stack[-1].append([])
        else:
            text = "".join(stack.pop()[0]) if token["close"] and len(stack) > 1 else _one(token)
            stack[-1][-1].append(text * _times(repeat, optional=optional))
            at = repeat.end() if repeat else at
    return "".join(stack[0][0])


def _one(token: re.Match[str]) -> str:
    if token["escape"]:
        return _CLASSES.get(token["escape"][1], token["escape"][1])
    if token["class"]:
        first = token["class"]
        if token["not"]:
            return next(character for character in "a0_-" if character not in first)
        return _CLASSES.get(first[1], first[1]) if first[0] == "\\" else first[0]
    if token["any"]:
        return "0"
    return token["char"] or ""


def _times(repeat: re.Match[str] | None, *, optional: bool) -> int:
    if repeat is None:
        return 1
    if repeat[1]:
        return int(repeat[1])
    return 1 if repeat[0][0] == "+" or optional else 0
