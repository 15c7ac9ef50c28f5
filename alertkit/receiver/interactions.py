"""POST /v1/interactions/slack/<owner>/<channel>: a click in Slack becomes an action, or an answer that says why not.

The signature proves the app; the person is the one whose Slack id the incident's tenant has configured, and the incident has to
belong to a tenant that uses this very channel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response

from alertkit import names
from alertkit.channels.slack.channel import SlackChannel
from alertkit.channels.slack.interactions import LARGEST, Interaction, Rejected, read_interaction
from alertkit.errors import AlertkitError
from alertkit.messages import Answer, Words
from alertkit.model.incident import Changes
from alertkit.model.policy import ChannelSettings, TenantPolicy
from alertkit.receiver.actions import Action, act
from alertkit.receiver.channels import Channels
from alertkit.receiver.problem import RequestError
from alertkit.receiver.runtime import Runtime
from alertkit.receiver.secrets import Secrets
from alertkit.stores.base import StoreError

PATIENCE: Final = 2.5
"""Seconds after which Slack gets its answer, whatever is still being done: it waits for three."""
SIGNING_SECRET = "signing_secret"  # noqa: S105 - the option's name

_log = structlog.get_logger(__name__)


class SlackInteractions:
    """The route. What was clicked is done before the answer; words for the person follow it."""

    def __init__(
        self, runtime: Runtime, channels: Channels, secrets: Secrets, words: Words, acted: Callable[[Changes], None]
    ) -> None:
        self._store = runtime.store
        self._policies = runtime.policies
        self._clock = runtime.clock
        self._secrets = secrets
        self._channels = channels
        self._words = words
        self._acted = acted
        self._answers: set[asyncio.Task[None]] = set()

    async def serve(self, request: Request) -> Response:
        """Check, act, answer 200 within Slack's three seconds."""
        owner, name = request.path_params["owner"], request.path_params["channel"]
        configured = self._configured(owner, name)
        body = await _bounded(request)
        clicked = read_interaction(
            body, request.headers, self._secrets.read(configured.secrets[SIGNING_SECRET], owner), self._clock()
        )
        if isinstance(clicked, Rejected):
            raise RequestError(HTTPStatus(clicked.status), clicked.reason)
        if isinstance(clicked, Interaction):
            await self._in_time(self._act(clicked, configured, owner, name))
        return Response()

    async def _in_time(self, doing: Coroutine[None, None, None]) -> None:
        """Wait while Slack does; what takes longer goes on, or the person would be warned of a click that works."""
        task = self._keep(doing)
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if done:
            task.result()
        else:
            task.add_done_callback(_ended)

    def _keep(self, doing: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(doing)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)
        return task

    async def drain(self) -> None:
        """Let answers that are leaving finish."""
        while self._answers:
            await asyncio.gather(*self._answers, return_exceptions=True)

    def _configured(self, owner: str, name: str) -> ChannelSettings:
        """A platform's channel may be known only through the tenants that use it."""
        for policy in self._policies.using(owner):
            channel = policy.channels.get(_key(policy, owner, name))
            if channel and channel.type == "slack" and _owner(channel) == owner:
                return channel
        raise RequestError(HTTPStatus.NOT_FOUND, "no such Slack channel with a signing secret")

    async def _act(self, clicked: Interaction, configured: ChannelSettings, owner: str, name: str) -> None:
        answer: Answer | None = "gone"
        policy = await self._tenant(clicked.incident, configured, owner, name)
        if policy is not None:
            answer = await self._try(clicked, policy)
        if answer is not None:
            self._reply(clicked, configured, policy, answer)

    async def _tenant(self, incident: str, configured: ChannelSettings, owner: str, name: str) -> TenantPolicy | None:
        found = await self._store.incident(int(incident)) if incident.isascii() and incident.isdecimal() else None
        policy = self._policies.get(found.tenant) if found else None
        return policy if policy is not None and policy.channels.get(_key(policy, owner, name)) == configured else None

    async def _try(self, clicked: Interaction, policy: TenantPolicy) -> Answer | None:
        person = _person(policy, clicked)
        if person is None:
            return "unknown_person"
        if policy.people[person].role == "observer":
            return "not_allowed"
        action = Action(clicked.action, int(clicked.incident), policy.tenant, person, clicked.seconds)
        try:
            done = await act(self._store, action, self._clock(), self._acted)
        except StoreError as error:
            _log.error("a click was not stored", reason=str(error))
            return "failed"
        if isinstance(done, str):
            return done
        return None

    def _reply(self, clicked: Interaction, configured: ChannelSettings, policy: TenantPolicy | None, answer: Answer) -> None:
        tenant = policy.tenant if policy else names.PLATFORM
        words = self._words.answer(answer, tenant, _locale(policy, clicked), self._clock())
        self._keep(self._send(clicked.answer_to, configured, words))

    async def _send(self, answer_to: str, configured: ChannelSettings, words: str) -> None:
        try:
            channel = self._channels.get(configured, _owner(configured))
        except AlertkitError as error:
            _log.warning("a click could not be answered", reason=str(error))
            return
        if isinstance(channel, SlackChannel) and answer_to:
            await channel.answer(answer_to, words)


def _key(policy: TenantPolicy, owner: str, name: str) -> str:
    """What the owner's channel is called in a tenant's policy: a tenant names what the platform lends it differently."""
    return name if policy.tenant == owner else names.lent(name)


def _ended(task: asyncio.Task[None]) -> None:
    """Of something that nobody waits for any more."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("a click failed after it was answered", reason=str(error))


def _person(policy: TenantPolicy, clicked: Interaction) -> str | None:
    """Whose click it is."""
    return next((id_ for id_, person in policy.people.items() if person.slack == clicked.user), None)


def _locale(policy: TenantPolicy | None, clicked: Interaction) -> str:
    """The person's language, else the tenant's."""
    if policy is None:
        return names.LANGUAGES[0]
    person = _person(policy, clicked)
    return policy.people[person].locale if person else policy.locale


def _owner(channel: ChannelSettings) -> str:
    return channel.secrets.get(SIGNING_SECRET, "").partition("/")[0]


async def _bounded(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "larger than anything that Slack sends")
    return body
