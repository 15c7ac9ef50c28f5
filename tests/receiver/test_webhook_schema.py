"""The schema of the webhook and what the receiver takes are the same."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import msgspec
from hypothesis import given
from hypothesis import strategies as st
from receiver_kit import alert, webhook

from alertkit import resources
from alertkit.model.webhook import Alert, Webhook
from alertkit.receiver import payload
from alertkit.receiver.problem import RequestError

SCHEMA = json.loads((resources.root() / "schemas" / "webhook.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
BOUNDS = payload.Bounds(100, 100)
BODY = json.loads(webhook(alert(), alert("two", resolved="2026-01-05T09:00:30.5+01:00")))
VALUES = [None, 0, 1, -1, 1.5, True, "", "4", "firing", "x" * 16, "2026-01-05T09:00:30Z", "2026-01-05T09:00:30", {}, []]


def taken(body: Any) -> bool:
    try:
        payload.read(json.dumps(body).encode(), BOUNDS)
    except RequestError:
        return False
    return True


def test_the_schema_names_and_describes_exactly_the_fields_that_are_read() -> None:
    for schema, kind in ((SCHEMA, Webhook), (SCHEMA["$defs"]["alert"], Alert)):
        fields = msgspec.structs.fields(kind)
        assert set(schema["properties"]) == {field.encode_name for field in fields}
        assert set(schema["required"]) == {field.encode_name for field in fields if field.required}
        assert all(len(described["description"]) > 20 for described in schema["properties"].values())


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


@given(st.sampled_from([p for p in places(BODY) if p]), st.one_of(st.sampled_from(VALUES), st.just("drop"), st.text(max_size=20)))
def test_a_body_is_taken_exactly_when_the_schema_allows_it(place: tuple[Any, ...], value: Any) -> None:
    body = copy.deepcopy(BODY)
    parent = body
    for key in place[:-1]:
        parent = parent[key]
    if value == "drop":
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    assert taken(body) == VALIDATOR.is_valid(body)


def test_the_body_of_a_real_alertmanager_is_taken() -> None:
    assert VALIDATOR.is_valid(BODY)
    assert taken(BODY)
    assert VALIDATOR.is_valid(BODY | {"fieldOfTomorrow": 1})
    assert taken(BODY | {"fieldOfTomorrow": 1})
