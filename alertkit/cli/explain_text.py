"""An explanation as people read it: the tree of routes, then for each receiver who is told when, with what words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from alertkit.explain.model import Delivery, Explanation, Inhibitor, PageView, RouteView, StepView
from alertkit.model.message import Message

_MARKS = {"taken": ("✓", "bold green"), "entered": ("↓", "green"), "refused": ("✗", "dim"), "not reached": ("–", "dim")}


def draw(answer: Explanation) -> Iterator[RenderableType]:
    """The parts in the order in which they are read."""
    yield Text(f"{answer.title} · {_moment(answer.at)} {answer.timezone}", style="bold")
    yield Text(", ".join(f"{name}={value}" for name, value in sorted(answer.labels.items())), style="cyan")
    if answer.rule:
        hold = f", which fires when its condition has held for {answer.hold}" if answer.hold else ""
        yield Text(f"rule {answer.rule}{hold}")
    yield Text()
    yield _route(answer.route, None)
    for inhibitor in answer.inhibitors:
        yield Text(_inhibitor(inhibitor), style="yellow")
    for delivery in answer.deliveries:
        yield Text()
        yield _delivery(delivery)
    if not answer.worded:
        yield Text(
            "what they read is shown when alertkit's words are installed: pip install 'alertkit[receiver]'", style="yellow"
        )


def _route(route: RouteView, parent: Tree | None) -> Tree:
    mark, style = _MARKS[route.outcome]
    copies = " (a copy; it goes on)" if route.copies and route.outcome in ("taken", "entered") else ""
    line = Text.assemble(
        (f"{mark} ", style),
        (" ".join(route.matchers) or "everything else" if parent else "every alert", style),
        f" → {route.receiver}{copies}" if route.outcome == "taken" else "",
        (_why(route), "yellow"),
        (f"  {route.origin}" if route.origin else "", "dim"),
    )
    node = parent.add(line) if parent else Tree(line)
    for below in route.routes:
        _route(below, node)
    return node


def _why(route: RouteView) -> str:
    if route.outcome == "refused":
        found = f"{route.label} is {route.found!r}" if route.found else f"it has no {route.label}"
        return f"  {found}, not {route.decided}" if len(route.matchers) > 1 else f"  {found}"
    return f"  {route.taken_before_by} has taken it" if route.outcome == "not reached" else ""


def _inhibitor(one: Inhibitor) -> str:
    sources = " ".join(one.while_firing) or "any alert"
    alerts = f" ({', '.join(one.alerts)})" if one.alerts else ""
    if one.missing:
        return f"not muted by {sources}{alerts}: it has no {' and no '.join(one.missing)}"
    equal = f" with {', '.join(f'{name}={value}' for name, value in one.equal.items())}" if one.equal else ""
    return f"muted while an alert with {sources}{alerts}{equal} fires"


def _delivery(one: Delivery) -> Tree:
    timing, place = one.timing, f" · {one.native} {one.address}".rstrip() if one.native else ""
    tree = Tree(Text(f"{one.receiver}{place}", style="bold"))
    group = ", ".join(f"{name}={value}" for name, value in timing.group.items())
    spoken = "tells" if one.native else "tells alertkit"
    later = f"of changes every {timing.changes}, again every {timing.repeats}"
    tree.add(Text(f"Alertmanager {spoken} {timing.first} after the alert, {later}"))
    tree.add(Text(f"one {'notification' if one.native else 'incident'} for {group}"))
    for silence in one.silences:
        until = f" until {_moment(silence.until)}" if silence.until else ""
        tree.add(Text(f"{silence.kind}: {silence.reason}{until}", style="yellow"))
    _steps(one.steps, tree)
    if one.ends:
        tree.add(Text(one.ends, style="dim"))
    return tree


def _steps(steps: Iterable[StepView], tree: Tree) -> None:
    """Every round of the policy; one that tells the same people as the first is a line."""
    read: set[tuple[str, str]] = set()
    first: list[tuple[int, list[str]]] = []
    for number, found in groupby(steps, key=lambda step: step.cycle):
        round_ = list(found)
        told = [(step.step, [page.recipient for page in step.pages]) for step in round_]
        if number > 1 and told == first:
            tree.add(Text(f"{_moment(round_[0].at)}  round {number} begins: the same steps, the same people"))
            continue
        first = told if number == 1 else first
        for step in round_:
            _step(step, tree, read)


def _step(step: StepView, tree: Tree, read: set[tuple[str, str]]) -> None:
    round_ = f", round {step.cycle}" if step.cycle > 1 else ""
    waited = f"; was due {_moment(step.waited_for)}, outside the policy's hours" if step.waited_for else ""
    until = _moment(step.until) if step.until else ""
    words = {
        "paged": f"step {step.step}{round_}{waited}",
        "reminder": f"step {step.step}{round_}, no answer yet",
        "unreachable": f"step {step.step}{round_}: nobody is found for {_targets(step.nobody)}; what follows comes at once",
        "suppressed": f"maintenance ({step.reason}): nobody is told until {until}, then from step 1",
    }
    style = "bold" if step.kind in ("paged", "reminder") else "yellow"
    node = tree.add(Text.assemble((f"{_moment(step.at)}  +{step.after}  ", "bold"), (words[step.kind], style)))
    for page in step.pages:
        _page(page, node, read)


def _targets(names: Iterable[str]) -> str:
    return " and ".join(name.replace("/", " ", 1) for name in names)


def _page(page: PageView, tree: Tree, read: set[tuple[str, str]]) -> None:
    duty = f", on call for {page.on_call_for}" if page.on_call_for else ""
    address = f" {page.address}" if page.address else ""
    node = tree.add(Text(f"{page.recipient.partition('/')[0]} {page.name}{duty} · {page.kind}{address} · {page.locale}"))
    if page.message is not None and (page.locale, page.timezone) not in read:
        read.add((page.locale, page.timezone))
        for line in _lines(page.message):
            node.add(Text(line, style="italic"))


def _lines(message: Message) -> Iterator[str]:
    yield message.headline
    for entry in message.entries:
        if entry.sentence not in message.headline:
            yield entry.sentence
        if entry.description:
            yield entry.description


def _moment(at: dt.datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M}" + (f":{at:%S}" if at.second else "")
