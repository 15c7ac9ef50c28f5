"""For these labels at this time: which route, which policy, who is told first, second, third, and what they read.

question = Question({"severity": "critical"}, at=dt.datetime(2026, 11, 21, 3, tzinfo=ZoneInfo("Europe/Paris")))
explanation = explain(alertkit.build("my-project", ["acme"]), "acme", question)
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec

from alertkit import names, oncall
from alertkit.compiler.api import Build
from alertkit.compiler.compile import Compiled
from alertkit.compiler.finding import did_you_mean
from alertkit.errors import ProblemsFound, UsageError
from alertkit.explain import reasons, ways
from alertkit.explain.deliveries import Fired, delivery
from alertkit.explain.model import Explanation
from alertkit.model.rules import AlertingRule

__all__ = ["Explanation", "Question", "compiled", "explain", "local_instant"]


_YEARS = range(2000, 2100)


class Question(msgspec.Struct, frozen=True):
    """An alert: its labels, and the name or id of the rule that it comes from (its labels need not be given then).

    `at` is when it reaches Alertmanager; an instant, never naive.
    """

    labels: dict[str, str]
    at: dt.datetime
    alert: str = ""


def explain(build: Build, tenant: str, question: Question, overrides: Path | None = None) -> Explanation:
    """The whole way of an alert of a tenant. `overrides` is a folder with tenants' own sentences.

    Raises:
        UsageError: no such tenant or alert, or labels of another tenant.
        ProblemsFound: the definition is wrong.
    """
    asked = compiled(build, tenant)
    platform = compiled(build, names.PLATFORM)
    builds = (platform,) if tenant == names.PLATFORM else (platform, asked)
    project = build.workspace.project
    rule, labels = _asked(asked, project.label, question)
    tree = ways.whole_tree(platform.tenant, project, tuple(one.fragment for one in builds))
    decided = ways.decision(tree, labels)
    known = rule.id if rule else _rule_of(asked, labels)
    fired = Fired(labels, question.at, known)
    deliveries = tuple(delivery(way, _owner(way.receiver, builds), fired, overrides) for way in decided.paths)
    pages = [page for one in deliveries for step in one.steps for page in step.pages]
    return Explanation(
        tenant=tenant,
        title=asked.tenant.title,
        at=question.at.astimezone(oncall.zone(asked.tenant.timezone)),
        timezone=asked.tenant.timezone,
        labels=labels,
        route=ways.view(decided, builds, project),
        deliveries=deliveries,
        inhibitors=tuple(reasons.inhibitors(asked.alerts, asked.fragment, labels)),
        rule=known,
        hold=str(rule.hold) if rule and rule.hold else "",
        worded=all(page.message is not None for page in pages),
    )


def compiled(build: Build, tenant: str) -> Compiled:
    """One tenant of a build.

    Raises:
        UsageError: it was not built.
        ProblemsFound: its definition is wrong.
    """
    found = next((one for one in build.tenants if one.tenant == tenant), None)
    if found is None:
        raise UsageError(f"tenant {tenant!r} was not built; {did_you_mean(tenant, (one.tenant for one in build.tenants))}")
    if found.compiled is None:
        raise ProblemsFound(found.problems)
    return found.compiled


def local_instant(text: str, timezone: str) -> dt.datetime:
    """An instant as people write it: `2026-11-21T03:00` in a zone, or with an offset of its own.

    Raises:
        UsageError: it is no moment.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.year not in _YEARS:
            raise ValueError(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no moment; write it as 2026-11-21T03:00, or with an offset: 2026-11-21T03:00+01:00"
        ) from error
    return oncall.instant(moment, oncall.zone(timezone)) if moment.tzinfo is None else moment


def _asked(asked: Compiled, label: str, question: Question) -> tuple[AlertingRule | None, dict[str, str]]:
    """The rule, if one is asked for, and the labels of its alert: what it sets itself, and what is given."""
    tenant, given = asked.tenant.name, question.labels
    if given.get(label, tenant) != tenant and tenant != names.PLATFORM:
        raise UsageError(f"{label}={given[label]} is another tenant's; ask with --tenant {given[label]}")
    rule = _rule(asked, question.alert) if question.alert else None
    own = {**rule.labels, "alertname": rule.alert} if rule else {}
    labels = {**own, label: tenant, **given}
    return rule, {name: value for name, value in labels.items() if value}


def _rule(asked: Compiled, name: str) -> AlertingRule:
    """The rule of an id, or the only one whose alert has the name."""
    found = [rule for rule in asked.alerts if rule.id == name] or [rule for rule in asked.alerts if rule.alert == name]
    ids = [rule.id for rule in found or asked.alerts]
    if not found:
        hint = did_you_mean(name, ids) or "ask with --labels"
        raise UsageError(f"tenant {asked.tenant.name!r} has no alert {name!r}; {hint}")
    if len(found) > 1:
        raise UsageError(f"{len(found)} rules raise {name!r}; name one by its id: {', '.join(ids)}")
    return found[0]


def _rule_of(asked: Compiled, labels: dict[str, str]) -> str:
    """The rule whose alert these labels are, where the name tells: for the sentence."""
    found = [rule.id for rule in asked.alerts if rule.alert == labels.get("alertname")]
    return found[0] if len(found) == 1 else ""


def _owner(receiver: str, builds: tuple[Compiled, ...]) -> Compiled:
    return next(one for one in reversed(builds) if receiver.startswith(names.receiver(one.tenant.name, "")))
