from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from alertkit import resources

FOLDER = resources.root() / "schemas"
SCHEMAS = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.schema.json"))}
REGISTRY: Registry[Any] = Registry().with_resources((name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items())

Found = tuple[str, str, Any]
"""File, path of keys, and what stands there."""


def walk(file: str, node: Any, path: str = "") -> Iterator[Found]:
    yield file, path, node
    if isinstance(node, dict):
        for key, child in node.items():
            if key not in ("examples", "enum", "const"):
                yield from walk(file, child, f"{path}/{key}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from walk(file, child, f"{path}/{index}")


def properties() -> list[Found]:
    """Every key that a schema describes; `true` only says which keys go together."""
    return [
        (file, f"{path}/properties/{key}", child)
        for name, schema in SCHEMAS.items()
        for file, path, node in walk(name, schema)
        if describes_keys(node, path)
        for key, child in node["properties"].items()
        if child is not True
    ]


def describes_keys(node: Any, path: str) -> bool:
    """True for a mapping with keys of its own; below `anyOf` stand conditions on keys that are described elsewhere."""
    is_mapping = isinstance(node, dict) and isinstance(node.get("properties"), dict)
    return is_mapping and not path.endswith("/properties") and "/anyOf/" not in path


PROPERTIES = properties()
IDS = [f"{file}{path}" for file, path, _ in PROPERTIES]


@pytest.mark.parametrize("file", SCHEMAS)
def test_a_schema_is_itself_valid(file: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[file])
    assert SCHEMAS[file]["$id"] == file


def test_there_are_properties_to_look_at() -> None:
    assert len(PROPERTIES) > 150


@pytest.mark.parametrize(("file", "path", "schema"), PROPERTIES, ids=IDS)
def test_every_key_has_a_description_that_is_a_sentence_and_an_example(file: str, path: str, schema: dict[str, Any]) -> None:
    assert schema["description"].endswith((".", ")", "?"))
    assert schema["examples"]


@pytest.mark.parametrize(("file", "path", "schema"), PROPERTIES, ids=IDS)
def test_every_example_is_valid(file: str, path: str, schema: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator({"$ref": f"{file}#{path}"}, registry=REGISTRY)
    for example in schema["examples"]:
        validator.validate(example)


def test_no_definition_is_left_that_nothing_uses() -> None:
    used = {
        (file if node["$ref"].startswith("#") else node["$ref"].partition("#")[0], node["$ref"].partition("#")[2])
        for name, schema in SCHEMAS.items()
        for file, _, node in walk(name, schema)
        if isinstance(node, dict) and isinstance(node.get("$ref"), str)
    }
    # Editors ask for `partial` by themselves: a file of a tenant's folder names it in its first line.
    defined = {(file, f"/$defs/{key}") for file, schema in SCHEMAS.items() for key in schema.get("$defs", {})}
    assert sorted(defined - used) == []


def test_every_mapping_with_keys_of_its_own_refuses_others() -> None:
    open_ended = [
        f"{file}{path}"
        for name, schema in SCHEMAS.items()
        if name != "webhook.schema.json"  # Alertmanager's: later versions add keys
        for file, path, node in walk(name, schema)
        if describes_keys(node, path)
        and True not in node["properties"].values()
        and node.get("additionalProperties") is not False
    ]
    assert open_ended == []
