"""The API, described: OpenAPI 3.1, with the shapes taken from the very types that are encoded and decoded."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from alertkit import __version__
from alertkit.model.incident import DutyOverride
from alertkit.model.message import ActionKind, State
from alertkit.model.webhook import Webhook
from alertkit.receiver.bodies import ActionBody, OverrideBody
from alertkit.receiver.views import PAGE_LIMIT, DutyView, IncidentPage, IncidentView, StoryView

Json = dict[str, Any]

_SHAPES = (Webhook, ActionBody, OverrideBody, IncidentPage, IncidentView, StoryView, DutyOverride)
_PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_ERRORS = {
    400: "The request is wrong; `detail` says where.",
    401: "No valid bearer token.",
    403: "The token lacks the scope.",
    404: "There is no such thing for this token.",
    409: "The incident's state does not allow it.",
    413: "Too large.",
    503: "Nothing was done; try again.",
}


def document() -> Json:
    """The document that /v1/openapi.json answers."""
    _, shapes = msgspec.json.schema_components((*_SHAPES, DutyView), ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "alertkit receiver", "version": __version__},
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "schemas": {**shapes, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> Json:
    states = _query("state", {"type": "array", "items": {"enum": list(get_args(State))}})
    tenants = _query("tenant", {"type": "array", "items": {"type": "string"}})
    listing = [tenants, states, _query("limit", _whole(PAGE_LIMIT)), _query("before", _whole(2**62))]
    number, action = _path("id", {"type": "integer", "minimum": 1}), {"enum": [*get_args(ActionKind), "reassign"]}
    places = [_path("tenant", {"type": "string"}), _path("policy", {"type": "string"})]
    return {
        "/v1/alerts/{tenant}/{policy}": {"post": _does("Take Alertmanager's webhook", 200, None, places, _ref(Webhook))},
        "/v1/incidents": {"get": _does("List incidents, the latest first", 200, _ref(IncidentPage), listing)},
        "/v1/incidents/{id}": {"get": _does("One incident with its timeline", 200, _ref(StoryView), [number])},
        "/v1/incidents/{id}/{action}": {
            "post": _does("Act on it", 200, _ref(IncidentView), [number, _path("action", action)], _ref(ActionBody))
        },
        "/v1/oncall": {"get": _does("Who is on call now", 200, _list(DutyView), [tenants])},
        "/v1/oncall/overrides": {
            "get": _does("Overrides that have not ended", 200, _list(DutyOverride)),
            "post": _does("Put somebody on call instead", 201, _ref(DutyOverride), (), _ref(OverrideBody)),
        },
        "/v1/oncall/overrides/{id}": {"delete": _does("Take an override back", 204, None, [number])},
    }


def _does(summary: str, status: int, answer: Json | None, parameters: Any = (), body: Json | None = None) -> Json:
    done: Json = {"description": "Done."} | ({"content": {"application/json": {"schema": answer}}} if answer else {})
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    errors = {str(code): {"description": why, "content": problem} for code, why in _ERRORS.items()}
    operation: Json = {"summary": summary, "parameters": list(parameters), "responses": {str(status): done, **errors}}
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _ref(kind: type) -> Json:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _list(kind: type) -> Json:
    return {"type": "array", "items": _ref(kind)}


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}


def _path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _whole(largest: int) -> Json:
    return {"type": "integer", "minimum": 1, "maximum": largest}
