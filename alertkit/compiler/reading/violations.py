"""A violation of a JSON Schema as a finding that teaches: where, what was expected, and what to write instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.reading.merge import REMOVE

Violation: TypeAlias = Any
"""A ValidationError of jsonschema, whose attributes are typed as anything or unset."""

_WORDS = {
    "string": "a text",
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_FOUND: dict[type, str] = {
    str: "a text",
    dict: "a mapping",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
}
_THINGS = {"str": ("character", "characters"), "list": ("entry", "entries"), "dict": ("key", "keys")}
_LONGEST_QUOTE = 60
_BARE = re.compile(r'"[A-Za-z][A-Za-z0-9_./-]*"')
"""A text in quotes that needs none in YAML."""
_UNITS = ("s", "%", "/s")


def findings(error: Violation) -> Iterator[Finding]:
    """What one violation comes to: of alternatives, what keeps the value from being the one that was meant."""
    path = tuple(error.absolute_path)
    if "propertyNames" in error.schema_path:
        yield from _report_key(error, path)
        return
    if error.validator == "oneOf":
        deeper = _likeliest(error)
        if deeper:
            for inner in deeper:
                yield from findings(inner)
            return
    yield from _REPORTERS.get(str(error.validator), _report_form)(error, path)


def _likeliest(error: Violation) -> list[Violation]:
    """The errors of the alternative that the author meant: the one of the value's own kind."""
    branches: dict[Any, list[Violation]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [found for found in branches.values() if not any(e.validator == "type" and not e.path for e in found)]
    if len(fitting) != 1 or (isinstance(error.instance, str) and any(inner.validator == "pattern" for inner in fitting[0])):
        return []  # the title of the whole says more than that of one form
    return fitting[0]


def _report_unknown(error: Violation, path: Path) -> Iterator[Finding]:
    known = error.schema.get("properties", {})
    for key in error.instance:
        if key not in known:
            hint = _instead(key[:_LONGEST_QUOTE], known, path)
            yield Finding((*path, key), "AK201", f"unknown key {_found(key)}", hint, on_key=True)


def _instead(key: str, known: Mapping[str, Any], path: Path) -> str:
    """What to write instead of a key that there is not."""
    if path[:1] != ("environments",):
        return did_you_mean(key, known.keys() - {REMOVE})
    if key == REMOVE and isinstance(path[-1], int):
        section = next(part for part in reversed(path) if isinstance(part, str))
        if "name" in known:
            return f"an environment cannot leave out one entry of {section}; null in place of the list takes all away"
        return f"entries of {section} have no name to leave one out by: write the whole list as it shall be here, or [] for none"
    return did_you_mean(key, known)


def _report_missing(error: Violation, path: Path) -> Iterator[Finding]:
    key = error.message
    hint = _as_in(key, error.schema["properties"].get(key, {}))
    yield Finding(path, "AK202", f"missing key {key!r} in {_place(path)}", hint)


def _as_in(key: str, schema: Any) -> str:
    """A key as its schema's first example writes it, where that fits a line; what it is otherwise."""
    written = [json.dumps(example, ensure_ascii=False) for example in schema.get("examples", ())[:1]]
    short = next((one for one in written if len(one) <= _LONGEST_QUOTE), "")
    if not short:
        return str(schema.get("description", "")).rstrip(".")
    return f"for example {key}: {short[1:-1] if _BARE.fullmatch(short) else short}"


def _report_type(error: Violation, path: Path) -> Iterator[Finding]:
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    title = error.schema.get("title")
    words = " or ".join(_WORDS[kind] for kind in kinds)
    expected = f"{words} ({title})" if title and title not in words else words
    hint = _as_text(error) if kinds == ["string"] and isinstance(error.instance, (int, float)) else ""
    yield Finding(path, "AK203", f"{_place(path)}: expected {expected}, found {_found(error.instance)}", hint)


def _as_text(error: Violation) -> str:
    """How a number, or true and false, would do as a text: 300 is no duration in quotes either."""
    written, pattern = _found(error.instance), error.schema.get("pattern", "")
    if re.search(pattern, written):
        return "put it in quotes"
    return next((f"with its unit, as in {written}{unit}" for unit in _UNITS if re.search(pattern, f"{written}{unit}")), "")


def _report_choice(error: Violation, path: Path) -> Iterator[Finding]:
    choices = [str(choice) for choice in error.validator_value] if error.validator == "enum" else [str(error.validator_value)]
    expected = " or ".join(choices) if len(choices) < 3 else f"one of {', '.join(choices)}"
    message = f"{_place(path)}: expected {expected}, found {_found(error.instance)}"
    yield Finding(path, "AK205", message, did_you_mean(str(error.instance), choices) if len(choices) > 1 else "")


def _report_key(error: Violation, path: Path) -> Iterator[Finding]:
    message = f"{_place(path)}: key {_found(error.instance)} is not a {error.schema.get('title', 'name')}"
    yield Finding((*path, error.instance), "AK204", message, on_key=True)


def _report_length(error: Violation, path: Path) -> Iterator[Finding]:
    limit, size = error.validator_value, len(error.instance)
    words = {"minLength": "at least", "minItems": "at least", "minProperties": "at least"}
    one, many = _THINGS[type(error.instance).__name__]
    expected = f"{words.get(str(error.validator), 'at most')} {limit} {one if limit == 1 else many}"
    hint = f"shorten it by {size - limit}" if error.validator == "maxLength" else ""
    yield Finding(path, "AK204", f"{_place(path)}: expected {expected}, found {size}", hint)


def _report_range(error: Violation, path: Path) -> Iterator[Finding]:
    word = "at least" if error.validator == "minimum" else "at most"
    yield Finding(path, "AK204", f"{_place(path)}: expected {word} {error.validator_value}, found {error.instance}")


def _report_repeated(error: Violation, path: Path) -> Iterator[Finding]:
    seen: list[Any] = []
    for index, item in enumerate(error.instance):
        if item in seen:
            yield Finding((*path, index), "AK302", f"{_place(path)}: {_found(item)} stands twice")
        seen.append(item)


def _report_form(error: Violation, path: Path) -> Iterator[Finding]:
    title = error.schema.get("title", "valid value")
    plural = title.startswith(("labels", "hours", "weekdays")) or title[0].isdigit()
    article = "" if plural else "an " if title[0] in "aeioIA" else "a "
    yield Finding(path, "AK204", f"{_place(path)}: expected {article}{title}, found {_found(error.instance)}")


_REPORTERS = {
    "additionalProperties": _report_unknown,
    "required": _report_missing,
    "type": _report_type,
    "enum": _report_choice,
    "const": _report_choice,
    "minLength": _report_length,
    "maxLength": _report_length,
    "minItems": _report_length,
    "maxItems": _report_length,
    "minProperties": _report_length,
    "maxProperties": _report_length,
    "minimum": _report_range,
    "maximum": _report_range,
    "uniqueItems": _report_repeated,
}


def _place(path: Path) -> str:
    """The last name on the path, with the position where it is in a list: `steps[2].after`."""
    start = max(len(path) - 3, 0)
    while start and isinstance(path[start], int):
        start -= 1
    words = ""
    for part in path[start:]:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if words else part
    return words.lstrip(".") or "the file"


def _found(value: Any) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST_QUOTE else value[:_LONGEST_QUOTE] + "…")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, dict) and value:
        return f"a mapping with {' and '.join(map(str, value))}" if len(value) < 4 else "a mapping"
    return _FOUND.get(type(value), "nothing")
