"""JSON Schema as the first judge of a definition: every violation becomes a finding that teaches.

Two libraries read the same schemas. jsonschema-rs says in a fraction of a millisecond whether anything is wrong; jsonschema,
two hundred times slower, says what, and is asked only then. A test holds the first to be no milder than the second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Final, TypeAlias

import jsonschema_rs

from alertkit import resources
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.reading.merge import REMOVE

_Violation: TypeAlias = Any
"""A ValidationError of jsonschema, whose attributes are typed as anything or unset."""

SCHEMAS = ("project", "tenant", "pack", "policy", "webhook")
_SHARED = ("tenant",)
"""Schemas whose definitions others refer to."""

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
STOPPED: Final = "AK119"
MAX_FINDINGS: Final = 500
"""Checking a definition against its schema stops after so many: a file of 60,000 unknown keys is no definition."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@cache
def text(name: str) -> str:
    """The text of a schema that ships with alertkit: one of `SCHEMAS`."""
    return (resources.root() / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # ECMAScript's $ never matches before a final newline, Python's does.
    return re.compile(pattern.replace("$", r"\Z"), re.ASCII)


class _Whole:
    """JSON Schema calls 2.0 an integer; readers of what is compiled do not."""

    def __init__(self, parent_schema: Any, value: Any, schema_path: Any) -> None: ...

    def validate(self, instance: Any) -> None:
        if isinstance(instance, float):
            raise ValueError


def _with_whole(schema: Any) -> Any:
    """The schema with the keyword `whole` wherever it asks for integers."""
    if isinstance(schema, list):
        return [_with_whole(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {"whole": True} if schema.get("type") == "integer" else {}
    return {key: _with_whole(value) for key, value in schema.items()} | whole


@cache
def _schema(name: str) -> Any:
    return json.loads(text(name))


@cache
def _judge(name: str) -> jsonschema_rs.Validator:
    """Says whether anything is wrong."""
    shared = jsonschema_rs.Registry([(f"{schema}.schema.json", _with_whole(_schema(schema))) for schema in _SHARED])
    return jsonschema_rs.Draft202012Validator(_with_whole(_schema(name)), registry=shared, keywords={"whole": _Whole})


@cache
def _examiner(name: str) -> Any:
    """Says what is wrong."""
    import jsonschema  # takes as long to import as everything else together
    from referencing import Registry, Resource

    def check_pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[_Violation]:
        if isinstance(instance, str) and not _pattern(pattern).search(instance):
            yield jsonschema.ValidationError("form")

    def is_whole(_checker: Any, instance: Any) -> bool:
        return isinstance(instance, int) and not isinstance(instance, bool)

    def check_unique(validator: Any, unique: bool, instance: Any, schema: Any) -> Iterator[_Violation]:
        # jsonschema compares each with each; a list that is too long is refused for that.
        if isinstance(instance, list) and len(instance) <= schema["maxItems"]:
            yield from base.VALIDATORS["uniqueItems"](validator, unique, instance, schema)

    def check_items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[_Violation]:
        # Of a list that is too long, which is said, its first entries tell enough.
        some = instance[: schema["maxItems"]] if isinstance(instance, list) and "maxItems" in schema else instance
        yield from base.VALIDATORS["items"](validator, items, some, schema)

    base = jsonschema.Draft202012Validator
    keywords = {"pattern": check_pattern, "uniqueItems": check_unique, "items": check_items}
    validator: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # jsonschema leaves it untyped
        base, keywords, type_checker=base.TYPE_CHECKER.redefine("integer", is_whole)
    )
    registry: Registry[Any] = Registry().with_resources(
        (f"{schema}.schema.json", Resource.from_contents(_schema(schema))) for schema in _SHARED
    )
    return validator(_schema(name), registry=registry)


def check(name: str, data: Any) -> list[Finding]:
    """Everything in `data` that breaks the schema, in document order."""
    return [] if is_valid(name, data) else examine(name, data)


def is_valid(name: str, data: Any) -> bool:
    """True when nothing breaks the schema."""
    return _judge(name).is_valid(data)


def examine(name: str, data: Any) -> list[Finding]:
    """As check, slowly."""
    found = (finding for error in _examiner(name).iter_errors(data) for finding in _findings(error))
    first = list(islice(found, MAX_FINDINGS))
    beyond = next(found, None)
    return (
        [*first, Finding(beyond.path, STOPPED, f"checking stops after {MAX_FINDINGS} problems", "mend these first")]
        if beyond
        else first
    )


def _findings(error: _Violation) -> Iterator[Finding]:
    path = tuple(error.absolute_path)
    if "propertyNames" in error.schema_path:
        yield from _report_key(error, path)
        return
    if error.validator == "oneOf":
        deeper = _likeliest(error)
        if deeper:
            for inner in deeper:
                yield from _findings(inner)
            return
    yield from _REPORTERS.get(str(error.validator), _report_form)(error, path)


def _likeliest(error: _Violation) -> list[_Violation]:
    """The errors of the alternative that the author meant: the one of the value's own kind."""
    branches: dict[Any, list[_Violation]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [found for found in branches.values() if not any(e.validator == "type" and not e.path for e in found)]
    if len(fitting) != 1 or (isinstance(error.instance, str) and any(inner.validator == "pattern" for inner in fitting[0])):
        return []  # the title of the whole says more than that of one form
    return fitting[0]


def _report_unknown(error: _Violation, path: Path) -> Iterator[Finding]:
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


def _report_missing(error: _Violation, path: Path) -> Iterator[Finding]:
    key = re.match(r"'(.*)' is a required property", error.message)
    yield Finding(path, "AK202", f"missing key {key[1] if key else ''!r} in {_place(path)}")


def _report_type(error: _Violation, path: Path) -> Iterator[Finding]:
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    title = error.schema.get("title")
    words = " or ".join(_WORDS[kind] for kind in kinds)
    expected = f"{words} ({title})" if title and title not in words else words
    quote = "put it in quotes" if kinds == ["string"] and _is_right_in_quotes(error) else ""
    yield Finding(path, "AK203", f"{_place(path)}: expected {expected}, found {_found(error.instance)}", quote)


def _is_right_in_quotes(error: _Violation) -> bool:
    """Whether a number would do as a text; 300 is no duration in quotes either."""
    if not isinstance(error.instance, (int, float)):
        return False
    pattern = error.schema.get("pattern")
    return pattern is None or re.search(pattern, str(error.instance)) is not None


def _report_choice(error: _Violation, path: Path) -> Iterator[Finding]:
    choices = [str(choice) for choice in error.validator_value] if error.validator == "enum" else [str(error.validator_value)]
    expected = " or ".join(choices) if len(choices) < 3 else f"one of {', '.join(choices)}"
    message = f"{_place(path)}: expected {expected}, found {_found(error.instance)}"
    yield Finding(path, "AK205", message, did_you_mean(str(error.instance), choices) if len(choices) > 1 else "")


def _report_key(error: _Violation, path: Path) -> Iterator[Finding]:
    message = f"{_place(path)}: key {_found(error.instance)} is not a {error.schema.get('title', 'name')}"
    yield Finding((*path, error.instance), "AK204", message, on_key=True)


def _report_length(error: _Violation, path: Path) -> Iterator[Finding]:
    limit, size = error.validator_value, len(error.instance)
    words = {"minLength": "at least", "minItems": "at least", "minProperties": "at least"}
    one, many = _THINGS[type(error.instance).__name__]
    expected = f"{words.get(str(error.validator), 'at most')} {limit} {one if limit == 1 else many}"
    hint = f"shorten it by {size - limit}" if error.validator == "maxLength" else ""
    yield Finding(path, "AK204", f"{_place(path)}: expected {expected}, found {size}", hint)


def _report_range(error: _Violation, path: Path) -> Iterator[Finding]:
    word = "at least" if error.validator == "minimum" else "at most"
    yield Finding(path, "AK204", f"{_place(path)}: expected {word} {error.validator_value}, found {error.instance}")


def _report_repeated(error: _Violation, path: Path) -> Iterator[Finding]:
    seen: list[Any] = []
    for index, item in enumerate(error.instance):
        if item in seen:
            yield Finding((*path, index), "AK302", f"{_place(path)}: {_found(item)} stands twice")
        seen.append(item)


def _report_form(error: _Violation, path: Path) -> Iterator[Finding]:
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


def is_name(text: str) -> bool:
    """True for a name as tenants, teams and policies have one."""
    return bool(_NAME.fullmatch(text))
