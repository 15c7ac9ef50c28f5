"""JSON Schema as the first judge of a definition.

Two libraries read the same schemas. jsonschema-rs says in a fraction of a millisecond whether anything is wrong; jsonschema,
two hundred times slower, says what, and is asked only then. A test holds the first to be no milder than the second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from alertkit import resources
from alertkit.compiler.finding import Finding
from alertkit.compiler.reading.violations import Violation, findings

_SHARED = ("tenant",)
"""Schemas whose definitions others refer to."""

STOPPED: Final = "AK119"
MAX_FINDINGS: Final = 500
"""Checking a definition against its schema stops after so many: a file of 60,000 unknown keys is no definition."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@cache
def text(name: str) -> str:
    """The text of a schema that ships with alertkit: one of `resources.SCHEMAS`."""
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


def _properties(schema: Any) -> Any:
    """The keys that a schema knows, or the one that it refers to."""
    file, _, name = schema.get("$ref", "").partition("#/$defs/")
    homes = [file.removesuffix(".schema.json")] if file else resources.SCHEMAS
    found = (_schema(home).get("$defs", {}).get(name, {}) for home in homes) if name else ()
    return schema.get("properties") or next((one["properties"] for one in found if "properties" in one), {})


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

    def check_pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Violation]:
        if isinstance(instance, str) and not _pattern(pattern).search(instance):
            yield jsonschema.ValidationError("form")

    def check_required(_validator: Any, required: Any, instance: Any, schema: Any) -> Iterator[Violation]:
        for key in required if isinstance(instance, dict) else ():
            if key not in instance:
                yield jsonschema.ValidationError(key, schema={"properties": _properties(schema)})

    def is_whole(_checker: Any, instance: Any) -> bool:
        return isinstance(instance, int) and not isinstance(instance, bool)

    def check_unique(validator: Any, unique: bool, instance: Any, schema: Any) -> Iterator[Violation]:
        # jsonschema compares each with each; a list that is too long is refused for that.
        if isinstance(instance, list) and len(instance) <= schema["maxItems"]:
            yield from base.VALIDATORS["uniqueItems"](validator, unique, instance, schema)

    def check_items(validator: Any, items: Any, instance: Any, schema: Any) -> Iterator[Violation]:
        # Of a list that is too long, which is said, its first entries tell enough.
        some = instance[: schema["maxItems"]] if isinstance(instance, list) and "maxItems" in schema else instance
        yield from base.VALIDATORS["items"](validator, items, some, schema)

    base = jsonschema.Draft202012Validator
    keywords = {"pattern": check_pattern, "required": check_required, "uniqueItems": check_unique, "items": check_items}
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
    found = (finding for error in _examiner(name).iter_errors(data) for finding in findings(error))
    first = list(islice(found, MAX_FINDINGS))
    if (beyond := next(found, None)) is not None:
        first.append(Finding(beyond.path, STOPPED, f"checking stops after {MAX_FINDINGS} problems", "mend these first"))
    return first


def is_name(text: str) -> bool:
    """True for a name as tenants, teams and policies have one."""
    return bool(_NAME.fullmatch(text))
