"""Who is told when: by example, and the same as the receiver does it."""

from __future__ import annotations

import datetime as dt

import escalating
from escalating import LABELS, OPENED
from hypothesis import given, settings
from hypothesis import strategies as st

from alertkit.model.oncall import ActiveHours, EscalationPolicy, Maintenance, Restriction, Step, Target
from alertkit.oncall import moments

OFFICE = ActiveHours("Europe/Paris", Restriction((0, 1, 2, 3, 4), "09:00", "18:00"), (dt.date(2026, 11, 23),))
WEB, AMELIE, GONE = Target(team="web"), Target(person="amelie"), Target(person="gone")
PRIMARY, LOG = Target(schedule="primary"), Target(channel="log")


def at(minutes: float) -> dt.datetime:
    return OPENED + dt.timedelta(minutes=minutes)


def told(
    escalation: EscalationPolicy, *windows: Maintenance, labels: dict[str, str] = LABELS
) -> list[tuple[str, dt.datetime, list[str]]]:
    found = moments(escalating.tenant(*windows), escalation, OPENED, labels)
    return [(moment.kind, moment.at, [page.recipient for page in moment.pages]) for moment in found]


def test_steps_are_told_in_order_and_again_in_every_round():
    policy = EscalationPolicy((Step(0, (WEB, PRIMARY)), Step(600, (LOG,))), repeat=1)
    assert told(policy) == [
        ("paged", at(0), ["team/web", "person/jonas"]),
        ("paged", at(10), ["channel/log"]),
        ("paged", at(20), ["team/web", "person/jonas"]),
        ("paged", at(30), ["channel/log"]),
    ]


def test_whoever_is_on_call_at_the_step_is_told_not_whoever_was_when_it_began():
    policy = EscalationPolicy((Step(0, (PRIMARY,)), Step(3 * 3600, (PRIMARY,))))
    assert [people for _, _, people in told(policy)] == [["person/jonas"], ["person/amelie"], ["person/amelie"]]


def test_a_later_contact_of_a_person_is_a_reminder():
    policy = EscalationPolicy((Step(0, (AMELIE,)),))
    assert told(policy) == [("paged", at(0), ["person/amelie"]), ("reminder", at(5), ["person/amelie"])]


def test_a_step_that_reaches_nobody_is_not_waited_for():
    policy = EscalationPolicy((Step(0, (GONE, Target(schedule="over"))), Step(900, (LOG,)), Step(1800, (WEB,))))
    assert told(policy) == [("unreachable", at(0), []), ("paged", at(0), ["channel/log"]), ("paged", at(15), ["team/web"])]


def test_a_team_without_a_room_is_told_through_its_members():
    assert told(EscalationPolicy((Step(0, (Target(team="roomless"),)),)))[0][2] == ["person/amelie", "person/jonas"]


def test_a_step_outside_the_hours_waits_for_the_next_day_that_is_no_holiday():
    policy = EscalationPolicy((Step(0, (WEB,)), Step(600, (LOG,))), active=OFFICE)
    tuesday = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)  # 09:00 in Paris, after the weekend and a holiday
    assert told(policy) == [("paged", at(0), ["team/web"]), ("paged", tuesday, ["channel/log"])]
    second = moments(escalating.tenant(), policy, OPENED, LABELS)[1]
    assert second.waited_for == at(10)


def test_maintenance_holds_everything_back_and_then_begins_anew():
    policy = EscalationPolicy((Step(0, (WEB,)), Step(600, (LOG,))))
    window = Maintenance(at(5), at(60), {"service": "web"}, "upgrade")
    following = Maintenance(at(60), at(90), {"alertname": "Late"}, "more")
    assert told(policy, window, following) == [
        ("paged", at(0), ["team/web"]),
        ("suppressed", at(10), []),
        ("paged", at(90), ["team/web"]),
        ("paged", at(100), ["channel/log"]),
    ]
    assert told(policy, window, labels={**LABELS, "service": "other"})[1][0] == "paged"


def test_one_address_is_told_once_in_a_moment():
    policy = EscalationPolicy((Step(0, (AMELIE, Target(team="roomless"), AMELIE)),))
    assert [people for _, _, people in told(policy)] == [["person/amelie", "person/jonas"], ["person/amelie"]]


targets = st.sampled_from(
    [
        WEB,
        AMELIE,
        GONE,
        PRIMARY,
        LOG,
        Target(schedule="over"),
        Target(team="roomless"),
        Target(team="empty"),
        Target(person="nadia"),
    ]
)
delays = st.lists(st.sampled_from([0, 60, 300, 600, 3600, 90_000]), min_size=1, max_size=4).map(lambda found: sorted(set(found)))


@st.composite
def policies(draw: st.DrawFn) -> EscalationPolicy:
    steps = [Step(after, tuple(draw(st.lists(targets, min_size=1, max_size=3)))) for after in draw(delays)]
    return EscalationPolicy(tuple(steps), repeat=draw(st.integers(0, 3)), active=draw(st.sampled_from([None, OFFICE])))


windows = st.builds(
    lambda start, length, match: Maintenance(at(start), at(start + length), match, "work"),
    st.sampled_from([-10, 0, 5, 60]),
    st.sampled_from([5, 10, 3000]),
    st.sampled_from([{"service": "web"}, {"service": "other"}, {"alertname": "Late", "service": "web"}]),
)


@settings(max_examples=200)
@given(policies(), st.lists(windows, max_size=3))
def test_explain_tells_the_same_people_at_the_same_time_as_the_receiver(policy, held_back):
    tenant = escalating.tenant(*held_back)
    said = {(page.at, page.channel, page.address) for one in moments(tenant, policy, OPENED, LABELS) for page in one.pages}
    assert said == escalating.planned(tenant, policy)
