"""What readers of a contract rely on: kinds of values, keys of mappings, which of them must be there. No words, no bounds."""

from __future__ import annotations

from typing import Any

import msgspec

Data = dict[str, Any]


def shape_of_struct(struct: type) -> Any:
    """The shape of what msgspec reads."""
    schema = _kinds_in_one(msgspec.json.schema(struct))
    return _shape(schema, schema)


def shape_of_schema(schema: Data) -> Any:
    """The shape that a schema describes."""
    return _shape(schema, schema)


def _shape(schema: Data, root: Data) -> Any:
    if "$ref" in schema:
        return _shape(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:  # msgspec: `X | None`; None is never written
        (one,) = [inner for inner in schema["anyOf"] if inner != {"type": "null"}]
        return _shape(one, root)
    choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if choices:  # a single choice is a version; a reader may take it as text and look itself
        return sorted(choices) if len(choices) > 1 else "string"
    kind = schema["type"]
    if kind == "array":
        return [_shape(schema["items"], root)]
    if kind != "object":
        return sorted(kind) if isinstance(kind, list) else kind
    if "properties" in schema:
        required = schema.get("required", [])
        return {key: (_shape(inner, root), key in required) for key, inner in schema["properties"].items()}
    return {"*": _shape(schema["additionalProperties"], root)}


def _kinds_in_one(schema: Data) -> Data:
    """msgspec writes a union of scalars as `anyOf`, the schema as a list of types."""
    if isinstance(schema, list):
        return [_kinds_in_one(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if "anyOf" in schema and all(set(inner) == {"type"} for inner in schema["anyOf"]) and len(schema["anyOf"]) > 2:
        return {"type": [inner["type"] for inner in schema["anyOf"]]}
    return {key: _kinds_in_one(inner) for key, inner in schema.items()}
