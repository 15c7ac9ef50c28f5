"""The API: incidents and who is on call, to read and to act on, within the tenants and scopes of a token.

What a token may not see does not exist for it: 404, so that ids tell nothing. Every action is written into the incident's
timeline under the token's name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, TypeVar, get_args

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertkit import names
from alertkit.model.incident import Changes, DutyOverride, Incident, Place
from alertkit.model.message import ActionKind, State
from alertkit.model.oncall import Target
from alertkit.oncall.paging import recipients
from alertkit.receiver.actions import LONGEST_SNOOZE, SHORTEST_SNOOZE, Action, act
from alertkit.receiver.bodies import ActionBody, OverrideBody
from alertkit.receiver.fallback import place_of
from alertkit.receiver.openapi import document
from alertkit.receiver.policies import Policies
from alertkit.receiver.problem import RequestError
from alertkit.receiver.tokens import Scope, Token, Tokens
from alertkit.receiver.views import PAGE_LIMIT, IncidentPage, duty_view, incident_view, story_view
from alertkit.stores.base import Listing, Store

T = TypeVar("T")
BODY_LIMIT: Final = 64 * 1024
_SHORTEST: Final = int(SHORTEST_SNOOZE.total_seconds())
_LONGEST: Final = int(LONGEST_SNOOZE.total_seconds())
_LARGEST_ID: Final = 2**62
_ACTIONS: Final = (*get_args(ActionKind), "reassign")


class Api:
    """The routes. `tokens` is replaced when the file changes; `acted` is told what each action has changed."""

    def __init__(
        self,
        store: Store,
        policies: Policies,
        clock: Callable[[], dt.datetime],
        acted: Callable[[Changes], None],
    ) -> None:
        self._store = store
        self._policies = policies
        self._clock = clock
        self._acted = acted
        self.tokens = Tokens([])

    def routes(self) -> list[Route]:
        """For the application."""
        return [
            Route("/v1/incidents", self._list, methods=["GET"]),
            Route("/v1/incidents/{id}", self._show, methods=["GET"]),
            Route("/v1/incidents/{id}/{action}", self._act, methods=["POST"]),
            Route("/v1/oncall", self._oncall, methods=["GET"]),
            Route("/v1/oncall/overrides", self._overrides, methods=["GET"]),
            Route("/v1/oncall/overrides", self._override, methods=["POST"]),
            Route("/v1/oncall/overrides/{id}", self._remove, methods=["DELETE"]),
            Route("/v1/openapi.json", _document, methods=["GET"]),
        ]

    async def _list(self, request: Request) -> Response:
        token = self._token(request, "read")
        query = request.query_params
        limit = _number(query.get("limit", "50"), "limit", PAGE_LIMIT)
        before = _number(query["before"], "before", _LARGEST_ID) if "before" in query else None
        states = frozenset(query.getlist("state"))
        if unknown := states - set(get_args(State)):
            raise _bad(f"no state {min(unknown)!r}; there are {', '.join(get_args(State))}")
        listing = Listing(_tenants(token, query.getlist("tenant")), states, before, limit)
        found = await self._store.incidents(listing)
        return _json(IncidentPage(tuple(map(incident_view, found)), found[-1].id if len(found) == limit else None))

    async def _show(self, request: Request) -> Response:
        incident = await self._incident(request, self._token(request, "read"))
        return _json(story_view(incident, await self._store.alerts(incident.id), await self._store.story(incident.id)))

    async def _act(self, request: Request) -> Response:
        token = self._token(request, "act")
        kind = request.path_params["action"]
        if kind not in _ACTIONS:
            raise RequestError(HTTPStatus.NOT_FOUND, f"no such action; there are {', '.join(_ACTIONS)}")
        body = await _read(request, ActionBody)
        if body.seconds and not _SHORTEST <= body.seconds <= _LONGEST:
            raise _bad(f"a snooze lasts between {_SHORTEST} seconds and {_LONGEST} ({LONGEST_SNOOZE.days} days)")
        incident = await self._incident(request, token)
        places = self._places(incident, body) if kind == "reassign" else ()
        recipient = f"team/{body.team}" if body.team else f"person/{body.person}"
        action = Action(kind, incident.id, incident.tenant, token.name, body.seconds, recipient, places)
        done = await act(self._store, action, self._clock(), self._acted)
        if isinstance(done, str):
            raise RequestError(HTTPStatus.CONFLICT, f"nothing was done: the incident is {incident.state}")
        return _json(incident_view(done))

    def _places(self, incident: Incident, to: ActionBody) -> tuple[Place, ...]:
        """Where a person or a team is told first; a team without a room through its members."""
        policy = self._policies.get(incident.tenant)
        if bool(to.person) == bool(to.team):
            raise _bad("a reassignment names either a person or a team")
        if policy is None or (to.person not in policy.people and to.team not in policy.teams):
            kind, name = ("team", to.team) if to.team else ("person", to.person)
            raise _bad(f"no {kind} {name!r} in the policy of {incident.tenant}")
        places = []
        for recipient, contacts, locale, zone in recipients(policy, Target(person=to.person, team=to.team), self._clock()):
            first = min(contact.after for contact in contacts)
            places += [place_of(contact, recipient, locale, zone) for contact in contacts if contact.after == first]
        return tuple(places)

    async def _oncall(self, request: Request) -> Response:
        token = self._token(request, "read")
        wanted = _tenants(token, request.query_params.getlist("tenant"))
        overrides, now = await self._store.overrides(self._clock()), self._clock()
        policies = [policy for policy in self._policies.using(names.PLATFORM) if wanted is None or policy.tenant in wanted]
        return _json([duty_view(p, schedule, overrides, now) for p in policies for schedule in sorted(p.schedules)])

    async def _overrides(self, request: Request) -> Response:
        token = self._token(request, "read")
        found = await self._store.overrides(self._clock())
        return _json([override for override in found if token.allows("read", override.owner)])

    async def _override(self, request: Request) -> Response:
        token = self._token(request, "act")
        body = await _read(request, OverrideBody)
        policy = self._policies.get(body.tenant) if token.allows("act", body.tenant) else None
        if policy is None:
            raise RequestError(HTTPStatus.NOT_FOUND, f"no tenant {body.tenant!r} for this token")
        now = self._clock()
        begins = body.begins or now
        if body.schedule not in policy.schedules or names.is_lent(body.schedule):
            raise _bad(
                f"no schedule {body.schedule!r} of {body.tenant}; there are {', '.join(sorted(policy.schedules)) or 'none'}"
            )
        if body.person not in policy.people:
            raise _bad(f"no person {body.person!r} in the policy of {body.tenant}")
        if not max(begins, now) < body.ends <= now + dt.timedelta(days=366):
            raise _bad("an override ends after it begins, in the future, and within a year")
        override = DutyOverride(body.tenant, body.schedule, begins, body.ends, body.person, token.name, now)
        return _json(await self._store.add_override(override), HTTPStatus.CREATED)

    async def _remove(self, request: Request) -> Response:
        token = self._token(request, "act")
        number = _id(request)
        mine = [o for o in await self._store.overrides(self._clock()) if o.id == number and token.allows("act", o.owner)]
        if not mine or not await self._store.remove_override(number):
            raise RequestError(HTTPStatus.NOT_FOUND, "no such override")
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _incident(self, request: Request, token: Token) -> Incident:
        found = await self._store.incident(_id(request))
        if found is None or not (token.tenants == "*" or found.tenant in token.tenants):
            raise RequestError(HTTPStatus.NOT_FOUND, "no such incident")
        return found

    def _token(self, request: Request, scope: Scope) -> Token:
        token = self.tokens.find(request.headers.get("authorization", "").encode("latin-1", "replace"))
        if token is None:
            raise RequestError(HTTPStatus.UNAUTHORIZED, "a valid bearer token is required")
        if scope not in token.scopes:
            raise RequestError(HTTPStatus.FORBIDDEN, f"this token has no scope {scope!r}")
        return token


def _tenants(token: Token, wanted: list[str]) -> frozenset[str] | None:
    """The tenants that a request asks for and its token allows; None for all there are."""
    if token.tenants == "*":
        return frozenset(wanted) if wanted else None
    return token.tenants & frozenset(wanted) if wanted else token.tenants


def _id(request: Request) -> int:
    text: str = request.path_params["id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise RequestError(HTTPStatus.NOT_FOUND, "ids are whole numbers")
    return int(text)


def _number(text: str, name: str, largest: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= largest):
        raise _bad(f"{name} is not a whole number between 1 and {largest}")
    return int(text)


async def _read(request: Request, kind: type[T]) -> T:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {BODY_LIMIT} bytes")
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _bad(str(error)) from error


def _bad(detail: str) -> RequestError:
    return RequestError(HTTPStatus.BAD_REQUEST, detail)


def _json(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


async def _document(_: Request) -> Response:
    return _json(document())
