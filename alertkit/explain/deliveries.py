"""What a route does with an alert: when Alertmanager speaks, whom a policy tells step by step, what they read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from alertkit import names, oncall
from alertkit.compiler.compile import Compiled
from alertkit.explain import reasons
from alertkit.explain.model import Delivery, PageView, Silence, StepView, Timing
from alertkit.explain.wording import Word, name_of, wording
from alertkit.model.oncall import EscalationPolicy
from alertkit.model.policy import TenantPolicy
from alertkit.model.quantity import Duration
from alertkit.model.route import Fragment, NativeReceiver
from alertkit.oncall import Moment, Page, moments
from alertkit.routing import Path as Way
from alertkit.routing import group_labels


class Fired(msgspec.Struct, frozen=True):
    """An alert that reaches Alertmanager at `at`: its labels, and the id of its rule where that is known."""

    labels: dict[str, str]
    at: dt.datetime
    rule: str = ""


def delivery(way: Way, build: Compiled, fired: Fired, overrides: Path | None) -> Delivery:
    """What the route at the end of a way does. `build` is the tenant whose receiver it names."""
    place = oncall.zone(build.policy.timezone)
    opened = fired.at + dt.timedelta(milliseconds=way.group_wait.ms)
    timing = Timing(
        str(way.group_wait),
        str(way.group_interval),
        str(way.repeat_interval),
        group_labels(way, fired.labels),
        opened.astimezone(place),
    )
    native = next((one for one in build.fragment.receivers if one.name == way.receiver), None)
    if isinstance(native, NativeReceiver):
        return _native(native, way, build.fragment, timing, opened)
    name = way.receiver.removeprefix(names.receiver(build.tenant.name, ""))
    return _escalation(Delivery(way.receiver, timing, policy=name), build.policy, fired, opened, overrides)


def _native(native: NativeReceiver, way: Way, fragment: Fragment, timing: Timing, at: dt.datetime) -> Delivery:
    silences = tuple(reasons.of_intervals(way.route, fragment, at))
    return Delivery(way.receiver, timing, native=native.kind, address=native.address, silences=silences)


def _escalation(base: Delivery, policy: TenantPolicy, fired: Fired, opened: dt.datetime, overrides: Path | None) -> Delivery:
    escalation = policy.policies[base.policy]
    word = wording(policy, policy.texts.get(fired.rule), fired.labels, opened, overrides)
    silences: tuple[Silence, ...] = tuple(reasons.of_policy(policy, fired.labels, opened))
    steps = tuple(_step(moment, policy, opened, word) for moment in moments(policy, escalation, opened, fired.labels))
    return msgspec.structs.replace(base, silences=silences, steps=steps, ends=_ends(escalation))


def _step(moment: Moment, policy: TenantPolicy, opened: dt.datetime, word: Word | None) -> StepView:
    place = oncall.zone(policy.timezone)
    return StepView(
        at=moment.at.astimezone(place),
        after=str(Duration(int((moment.at - opened) / dt.timedelta(milliseconds=1)))),
        kind=moment.kind,
        cycle=moment.cycle + 1,
        step=moment.step + 1,
        pages=tuple(_page(moment, page, policy, word) for page in moment.pages),
        waited_for=moment.waited_for.astimezone(place) if moment.waited_for else None,
        nobody=moment.nobody,
        until=moment.until.astimezone(place) if moment.until else None,
        reason=moment.reason,
    )


def _page(moment: Moment, page: Page, policy: TenantPolicy, word: Word | None) -> PageView:
    return PageView(
        at=page.at.astimezone(oncall.zone(page.timezone)),
        recipient=page.recipient,
        name=name_of(policy, page.recipient),
        channel=page.channel,
        kind=policy.channels[page.channel].type,
        address=f"secret {page.address}" if page.secret else page.address,
        locale=page.locale,
        timezone=page.timezone,
        on_call_for=page.schedule,
        message=word(moment, page) if word else None,
    )


def _ends(escalation: EscalationPolicy) -> str:
    timeout = escalation.acknowledge_timeout
    after = f"; {Duration(timeout * 1_000)} after an acknowledgement without an end it begins anew" if timeout else ""
    return f"then nobody else is told{after}"
