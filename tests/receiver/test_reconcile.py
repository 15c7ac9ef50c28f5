"""Alerts whose resolve never came, and alerts that Alertmanager keeps back."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from receiver_kit import START, Kit, a_policy, alert, request, until, webhook

from alertkit.errors import UsageError
from alertkit.messages import troubles
from alertkit.model.incident import Incident, Occurrence
from alertkit.model.oncall import EscalationPolicy
from alertkit.receiver.alertmanager import Login, PeerError, Peers
from alertkit.receiver.reconcile import POLLS, Seen, View, judge
from alertkit.stores.base import OpenAlerts
from alertkit.testing.alertmanager import FakeAlertmanager

HOUR = dt.timedelta(hours=1)
A, B = Occurrence("a", START, "critical"), Occurrence("b", START, "warning")


def an_incident(*alerts: Occurrence, number: int = 1) -> OpenAlerts:
    row = Incident(number, "acme", "p", {}, EscalationPolicy(steps=()), "firing", "critical", START, START)
    return OpenAlerts(row, alerts)


def up(*active: str, minutes: float = 60, **kept_back: str) -> View:
    return View(START - dt.timedelta(minutes=minutes), dict.fromkeys(active, "") | kept_back)


@pytest.mark.parametrize(
    ("views", "over", "stale", "muted"),
    [
        pytest.param([up(), up()], True, False, False, id="absent from both"),
        pytest.param([up(), up("a")], False, False, False, id="one still has it"),
        pytest.param([up(), None], False, True, False, id="one cannot be asked"),
        pytest.param([up(), up(minutes=9)], False, True, False, id="one has just started"),
        pytest.param([up(), up(minutes=10)], True, False, False, id="one has been up for ten minutes"),
        pytest.param([None, None], False, False, False, id="none can be asked: nothing is known"),
        pytest.param([up(a="silenced"), up(a="silenced")], False, False, True, id="silenced on both"),
        pytest.param([up(a="silenced"), up("a")], False, False, False, id="the other would tell it"),
        pytest.param([up(a="silenced"), None], False, False, True, id="silenced, and the other cannot be asked"),
        pytest.param([up(a="silenced"), up()], False, False, True, id="silenced, and the other does not have it"),
    ],
)
def test_what_follows_from_the_views_of_a_pair(views: list[View | None], over: bool, stale: bool, muted: bool) -> None:
    before: Seen = {(1, A): POLLS - 1}
    verdict = judge([an_incident(A)], views, before, START)
    assert (1 in verdict.over, 1 in verdict.stale, 1 in verdict.muted) == (over, stale, muted)


def test_three_polls_in_a_row_are_needed_and_one_in_doubt_begins_the_count_anew() -> None:
    def run(*rounds: list[View | None]) -> list[bool]:
        seen: Seen = {}
        ended = []
        for views in rounds:
            verdict = judge([an_incident(A)], views, seen, START)
            seen = verdict.absent
            ended.append(bool(verdict.over))
        return ended

    absent: list[View | None] = [up(), up()]
    assert run(absent, absent, absent) == [False, False, True]
    assert run(absent, absent, [up(), None], absent, absent, absent) == [False, False, False, False, False, True]
    assert run(absent, absent, [up("a"), up()], absent) == [False, False, False, False]


def test_only_what_is_absent_ends() -> None:
    verdict = judge([an_incident(A, B)], [up("b")], {(1, A): 2, (1, B): 2}, START)
    assert verdict.over == {1: (A,)}


def test_a_later_occurrence_of_the_same_alert_is_counted_anew() -> None:
    again = Occurrence("a", START + HOUR, "critical")
    assert judge([an_incident(again)], [up()], {(1, A): 2}, START + 2 * HOUR).over == {}


def test_what_ends_while_it_is_silenced_pages_nobody_in_its_last_polls() -> None:
    silenced = an_incident(A)
    silenced = OpenAlerts(replace(silenced.incident, state="suppressed", suppressed_reason="silenced"), silenced.alerts)
    assert judge([silenced], [up(), up()], {}, START).muted == {1: "silenced"}
    assert judge([silenced], [up(), None], {}, START).muted == {}, "in doubt it goes on when its rest ends"
    assert judge([an_incident(A)], [up(), up()], {}, START).muted == {}, "what fires goes on until it is certain"


def test_an_incident_is_kept_back_only_when_all_its_alerts_are() -> None:
    views = [up("b", a="silenced")]
    assert judge([an_incident(A, B)], views, {}, START).muted == {}
    assert judge([an_incident(A)], views, {}, START).muted == {1: "silenced"}
    assert judge([an_incident()], views, {}, START).muted == {}, "an incident without open alerts waits to be closed"


@given(
    st.lists(st.one_of(st.none(), st.builds(lambda f, m: up(*f, minutes=m), st.sets(st.sampled_from("ab")), st.integers(0, 30)))),
    st.integers(0, 5),
)
def test_nothing_that_a_peer_knows_or_that_cannot_be_known_ever_ends(views: list[View | None], polls: int) -> None:
    verdict = judge([an_incident(A, B)], views, {(1, A): polls, (1, B): polls}, START)
    for gone in verdict.over.values():
        assert views
        assert all(view is not None and START - view.started >= dt.timedelta(minutes=10) for view in views)
        assert not any(view is not None and occurrence.fingerprint in view.alerts for view in views for occurrence in gone)


# The receiver with doubles of two Alertmanagers


@contextlib.contextmanager
def a_pair(folder: Path) -> Iterator[tuple[Kit, FakeAlertmanager, FakeAlertmanager]]:
    with FakeAlertmanager(START - HOUR) as one, FakeAlertmanager(START - HOUR) as two:
        kit = Kit(folder)
        kit.token("jonas", "acting", scopes=["read", "act"])
        kit.receiver = kit.new(alertmanager=(one.origin, two.origin))
        yield kit, one, two


async def poll(kit: Kit, times: int = 1) -> None:
    for _ in range(times):
        await kit.after(minutes=1)
        await kit.receiver.reconciler.poll()
        await kit.receiver.worker.settle()


async def state(kit: Kit, number: int = 1) -> str:
    found = await kit.receiver.store.incident(number)
    return found.state if found else "none"


async def rests(kit: Kit) -> bool:
    found = await kit.receiver.store.incident(1)
    return found is not None and found.suppressed_until is not None and found.suppressed_until > kit.clock()


async def timeline(kit: Kit) -> list[str]:
    return [event.kind for event in (await kit.receiver.store.story(1)).events]


Told = Callable[[Kit], Awaitable[None]]
ONE, TWO = alert("one")["fingerprint"], alert("two")["fingerprint"]


def test_an_alert_that_no_peer_knows_is_over_after_three_polls(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (kit, one, _):

        async def story(kit: Kit) -> None:
            one.alerts = {ONE: "active"}
            await kit.post(webhook(alert("one")))
            await poll(kit, 3)
            assert await state(kit) == "firing"
            one.alerts = {}
            await poll(kit, 2)
            assert await state(kit) == "firing"
            await poll(kit)
            assert await state(kit) == "resolved"
            assert (await timeline(kit))[-2:] == ["vanished", "resolved"]
            assert kit.pages()[-1][0] in ("reply", "update"), "and people are told"
            _, text = await request(kit.receiver, "GET", "/metrics")
            assert b'alertkit_incidents_resolved_total{by="absence",tenant="acme"} 1.0' in text

        kit.run(story)


def test_with_a_peer_away_it_is_stale_and_goes_on_escalating(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (kit, _, two):

        async def story(kit: Kit) -> None:
            await kit.post(webhook(alert("one")))
            two.down = True
            await poll(kit, 12)
            assert await state(kit) == "firing"
            assert ("reply", "U1") in kit.pages() or kit.pages().count(("open", "U1")) == 1
            assert "escalated" in await timeline(kit)
            _, text = await request(kit.receiver, "GET", "/metrics")
            assert b"alertkit_stale_incidents 1.0" in text
            assert f'alertkit_alertmanager_up{{alertmanager="{two.origin}"}} 0.0'.encode() in text

        kit.run(story)


def test_what_cannot_be_confirmed_says_so_where_people_look_until_it_can(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (kit, one, two):

        async def looked_at() -> tuple[Any, bool]:
            """What the API says, and whether the thread says it."""
            _, body = await request(kit.receiver, "GET", "/v1/incidents", headers={"authorization": "Bearer acting"})
            shown = [delivery for delivery in kit.told if delivery.address == "#payments" and delivery.purpose != "reply"][-1]
            return json.loads(body)["incidents"][0]["stale_since"], "Non confirmé" in [fact.name for fact in shown.message.facts]

        async def story(kit: Kit) -> None:
            await kit.post(webhook(alert("one")))
            await kit.after(seconds=0)
            two.down = True
            await poll(kit)
            assert await looked_at() == (None, False), "it may be over in a moment"
            await poll(kit, 10)
            assert await looked_at() == ("2026-01-05T09:01:00Z", True)
            one.alerts = {ONE: "active"}
            await poll(kit)
            assert await looked_at() == (None, False)

        kit.run(story)


@pytest.mark.parametrize("how", ["silenced", "inhibited", "muted"])
def test_what_is_kept_back_stops_escalating_and_goes_on_when_it_is_not_any_more(tmp_path: Path, how: str) -> None:
    with a_pair(tmp_path) as (kit, one, two):

        async def story(kit: Kit) -> None:
            await kit.post(webhook(alert("one")))
            await kit.after(seconds=0)
            before = len([page for page in kit.told if page.purpose == "open"])
            one.alerts = two.alerts = {ONE: how}  # type: ignore[dict-item]
            await poll(kit, 45)
            assert await state(kit) == "suppressed"
            assert not [delivery for delivery in kit.told[before:] if delivery.purpose == "open"], "nobody new is paged"
            assert (await timeline(kit)).count("suppressed") == 1, "and it is said once"
            one.alerts = {ONE: "active"}
            await poll(kit)
            assert await state(kit) == "firing"
            assert (await timeline(kit))[-2:] == ["suppression_ended", "escalated"]

        kit.run(story)


def test_an_acknowledgement_that_times_out_pages_for_nothing_that_is_silenced(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (kit, one, _):

        async def story(kit: Kit) -> None:
            await kit.post(webhook(alert("one")))
            await kit.after(seconds=0)
            headers = {"authorization": "Bearer acting"}
            assert (await request(kit.receiver, "POST", "/v1/incidents/1/acknowledge", headers=headers))[0] == 200
            one.alerts = {ONE: "silenced"}
            await poll(kit, 40)
            assert await state(kit) == "acknowledged"
            pages = len([one for one in kit.told if one.broadcast])
            await poll(kit, 20)
            assert await state(kit) == "suppressed"
            assert len([one for one in kit.told if one.broadcast]) == pages

        kit.run(story)


def test_a_restart_in_the_middle_of_a_silence_pages_nobody(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (kit, one, _):

        async def before(kit: Kit) -> None:
            await kit.post(webhook(alert("one")))
            await kit.after(seconds=0)
            one.alerts = {ONE: "silenced"}
            await poll(kit)

        async def after() -> None:
            kit.clock.advance(minutes=30)
            kit.receiver = kit.new(alertmanager=(one.origin,))
            async with kit.receiver.running():
                # It would wake now, and rests on because Alertmanager has been asked.
                await until(lambda: rests(kit))
                assert await state(kit) == "suppressed"

        kit.run(before)
        pages = len(kit.told)
        asyncio.run(after())
        assert not [page for page in kit.told[pages:] if page.broadcast]


def test_two_receivers_that_poll_end_an_alert_once(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (kit, *_):

        async def story(kit: Kit) -> None:
            await kit.post(webhook(alert("one"), alert("two")))
            await kit.after(seconds=0)
            other = kit.new(alertmanager=kit.receiver.settings.alertmanager)
            other.reconciler._store = kit.receiver.store
            for _ in range(3):
                await kit.after(minutes=1)
                await kit.receiver.reconciler.poll()
                await other.reconciler.poll()
            await kit.receiver.worker.settle()
            assert (await timeline(kit)).count("vanished") == 1
            assert (await timeline(kit)).count("resolved") == 1
            await other.reconciler.close()

        kit.run(story)


def test_a_partly_absent_incident_stays_open_with_what_is_left(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (kit, one, _):

        async def story(kit: Kit) -> None:
            one.alerts = {TWO: "active"}
            await kit.post(webhook(alert("one"), alert("two")))
            await poll(kit, 3)
            assert await state(kit) == "firing"
            found = await kit.receiver.store.alerts(1)
            assert {r.occurrence.fingerprint: r.ends is None for r in found.recorded} == {ONE: False, TWO: True}

        kit.run(story)


def test_what_only_bears_a_label_of_the_receivers_own_trouble_ends_like_any_other(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (kit, *_):

        async def story(kit: Kit) -> None:
            await kit.post(webhook(alert("one"), group={"alertname": "Billing", "affected_tenant": "somebody"}))
            await poll(kit, 3)
            assert await state(kit) == "resolved"

        kit.run(story)


def test_trouble_of_the_receiver_itself_is_nothing_that_alertmanager_would_know(tmp_path: Path) -> None:
    with a_pair(tmp_path) as (kit, *_):

        async def story(kit: Kit) -> None:
            trouble = troubles.refused("team/payments", "room", "it broke")
            await kit.receiver.worker._operator.tell("AlertkitMessageRefused", "acme", "room", trouble)
            await poll(kit, 5)
            assert await state(kit) == "firing"

        kit.write(a_policy("platform"))
        kit.run(story)


def test_without_alertmanagers_nothing_is_ever_ended(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert("one")))
        await poll(kit, 5)
        assert await state(kit) == "firing"

    Kit(tmp_path).run(story)


# Asking


@pytest.mark.parametrize("kind", ["token", "password"])
def test_peers_are_asked_with_what_a_file_says_at_each_poll(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("old\n")
    login = Login(token_file=secret) if kind == "token" else Login(user="robot", password_file=secret)

    def wanted(text: str) -> str:
        return f"Bearer {text}" if kind == "token" else "Basic " + base64.b64encode(f"robot:{text}".encode()).decode()

    async def ask(peer: FakeAlertmanager) -> None:
        peers = Peers([peer.origin], login)
        peer.alerts = {ONE: "active"}
        assert (await peers.view(peer.origin)).alerts == {ONE: ""}
        secret.write_bytes(b"new\r\n")
        peer.authorization = wanted("new")
        assert (await peers.view(peer.origin)).alerts == {ONE: ""}
        await peers.close()

    with FakeAlertmanager(START, wanted("old")) as peer:
        asyncio.run(ask(peer))


@pytest.mark.parametrize("text", ["", "\n", "two\nlines\n", "carriage\r\nreturn", "no\0text", "café"])
def test_a_file_that_holds_no_token_is_a_peer_that_cannot_be_asked(tmp_path: Path, text: str) -> None:
    (tmp_path / "token").write_text(text, "utf-8")

    async def ask(peer: FakeAlertmanager) -> None:
        peers = Peers([peer.origin], Login(token_file=tmp_path / "token"))
        with pytest.raises(PeerError, match="holds no token"):
            await peers.view(peer.origin)
        await peers.close()

    with FakeAlertmanager(START) as peer:
        asyncio.run(ask(peer))


@pytest.mark.parametrize("trouble", ["down", "garbage", "unauthorized"])
def test_a_peer_that_answers_anything_else_counts_as_away(tmp_path: Path, trouble: str) -> None:
    with a_pair(tmp_path) as (kit, one, _):

        async def story(kit: Kit) -> None:
            await kit.post(webhook(alert("one")))
            one.down, one.garbage = trouble == "down", trouble == "garbage"
            one.authorization = "Bearer other" if trouble == "unauthorized" else ""
            await poll(kit, 4)
            assert await state(kit) == "firing"

        kit.run(story)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("alertmanager:9093", "not a URL"),
        ("ftp://x", "not a URL"),
        ("http://a:b@x", "password-file"),
        ("http://x/?a=b", "not a URL"),
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start(url: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        Peers([url], Login())


def test_authorities_that_are_none_are_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(UsageError, match="--alertmanager-ca"):
        Peers(["https://x"], Login(), tmp_path / "ca.pem")
