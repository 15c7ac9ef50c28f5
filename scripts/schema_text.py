"""A JSON Schema as text for people: every key with its kind, whether it is required, and what it means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from alertkit import resources

Schema = dict[str, Any]


class SchemaText:
    """One schema as text. What is used in several places is described at the first and named at the others."""

    def __init__(self, name: str) -> None:
        self._schemas: dict[str, Schema] = {}
        self._name = f"{name}.schema.json"
        self._described: dict[str, str] = {}

    def lines(self) -> Iterator[str]:
        root = self._load(self._name)
        yield from ("", root["description"])
        yield from self._object("", root, self._name)

    def _load(self, file: str) -> Schema:
        if file not in self._schemas:
            self._schemas[file] = json.loads((resources.root() / "schemas" / file).read_text(encoding="utf-8"))
        return self._schemas[file]

    def _object(self, path: str, schema: Schema, file: str) -> Iterator[str]:
        yield ""
        if path:
            yield from (f"### `{path}`", "")
        below = []
        needed = [*schema.get("required", []), *schema.get("then", {}).get("required", [])]
        for key, written in schema["properties"].items():
            place = f"{path}.{key}" if path else key
            yield self._entry(key, written, file, required=key in needed)
            below += list(self._objects_in(place, written, file))
        for place, inner, home in below:
            yield from self._object(place, inner, home)

    def _entry(self, key: str, written: Schema, file: str, *, required: bool) -> str:
        resolved, _, _ = self._resolve(written, file)
        kind = _kind({**resolved, **written})
        examples = ", ".join(f"`{json.dumps(example, ensure_ascii=False)}`" for example in written.get("examples", []))
        needed = ", required" if required else ""
        see = "".join(f" As `{place}`." for place in self._seen(written, file))
        shown = f" For example {examples}." if examples else ""
        return f"- **`{key}`** ({kind}{needed}): {written['description']}{see}{shown}"

    def _seen(self, written: Schema, file: str) -> Iterator[str]:
        reference = self._reference(written, file)
        if reference in self._described:
            yield self._described[reference]

    def _objects_in(self, place: str, written: Schema, file: str) -> Iterator[tuple[str, Schema, str]]:
        """Objects with keys of their own that a value can be or hold."""
        resolved, home, reference = self._resolve(written, file)
        if home != self._name:  # the platform's sections are a tenant's
            return
        if reference and reference in self._described:
            return
        if reference and "properties" in resolved:
            self._described[reference] = place
        whole = {
            **resolved,
            "required": [*resolved.get("required", []), *(written.get("required", []) if "$ref" in written else [])],
        }
        if "properties" in resolved:
            yield place, whole, home
        for variant in resolved.get("oneOf", []):
            if True not in variant.get("properties", {}).values():  # else it says which keys go together
                yield from self._objects_in(place, variant, home)
        if isinstance(resolved.get("items"), dict):
            yield from self._objects_in(f"{place}[]", resolved["items"], home)
        if isinstance(resolved.get("additionalProperties"), dict):
            yield from self._objects_in(f"{place}.*", resolved["additionalProperties"], home)

    def _reference(self, written: Schema, file: str) -> str:
        target = written.get("$ref", "")
        return (file + target if target.startswith("#") else target) if target else ""

    def _resolve(self, written: Schema, file: str) -> tuple[Schema, str, str]:
        """What a reference leads to, the file that it stands in, and the reference in full."""
        reference = self._reference(written, file)
        if not reference:
            return written, file, ""
        home, _, pointer = reference.partition("#")
        found = self._load(home)
        for part in pointer.strip("/").split("/"):
            found = found[part]
        if "$ref" in found:
            return self._resolve(found, home)
        return found, home, reference


_WORDS = {"array": "list", "object": "mapping", "string": "text", "integer": "whole number", "boolean": "true or false"}


def _kind(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(f"`{choice}`" for choice in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kinds = schema.get("type", "value")
    plain = " or ".join(_WORDS.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    return plain if plain in ("list", "mapping") else schema.get("title", plain)
