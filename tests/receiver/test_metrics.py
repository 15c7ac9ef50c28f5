"""What the receiver counts is what has happened, in labels that nobody outside can multiply."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import receiver_kit as kits

from alertkit import names
from alertkit.model.policy import ChannelSettings
from alertkit.receiver.metric_list import METRICS, PEOPLE

LINE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.MULTILINE)


async def scrape(kit: kits.Kit) -> dict[str, float]:
    """Every sample by its name and labels."""
    await kit.receiver.worker.check()
    _, text = await kits.request(kit.receiver, "GET", "/metrics")
    found = {f"{m['name']}{{{m['labels'] or ''}}}": float(m["value"]) for m in LINE.finditer(text.decode())}
    return {name.removesuffix("{}"): value for name, value in found.items()}


async def metrics(kit: kits.Kit) -> dict[str, float]:
    """As a scrape sees it; what is zero is left out."""
    return {name: value for name, value in (await scrape(kit)).items() if value}


async def act(kit: kits.Kit, kind: Any, number: int = 1) -> None:
    headers = {"authorization": "Bearer acting"}
    status, body = await kits.request(kit.receiver, "POST", f"/v1/incidents/{number}/{kind}", headers=headers)
    assert status == 200, body
    await kit.receiver.worker.settle()


def a_kit(folder: Path) -> kits.Kit:
    kit = kits.Kit(folder)
    kit.token("jonas", "acting", scopes=["read", "act"])
    return kit


def test_an_incident_is_counted_from_its_opening_to_its_end(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        await kit.post(kits.webhook(kits.alert("one"), kits.alert("two", severity="critical")))
        await kit.after(seconds=0)
        await kit.after(minutes=3)
        await act(kit, "acknowledge")
        assert (await metrics(kit))['alertkit_incidents_open{state="acknowledged",tenant="acme"}'] == 1
        await kit.after(minutes=17)
        ended = "2026-01-05T09:20:00Z"
        await kit.post(kits.webhook(kits.alert("one", resolved=ended), kits.alert("two", severity="critical", resolved=ended)))
        await kit.after(seconds=0)

        found = await metrics(kit)
        assert found['alertkit_incidents_opened_total{severity="critical",tenant="acme"}'] == 1
        assert found['alertkit_incidents_resolved_total{by="alerts",tenant="acme"}'] == 1
        assert found['alertkit_acknowledge_seconds_sum{tenant="acme"}'] == 180
        assert found['alertkit_resolve_seconds_sum{tenant="acme"}'] == 20 * 60
        assert found['alertkit_resolve_seconds_count{tenant="acme"}'] == 1
        assert not [name for name in found if name.startswith("alertkit_incidents_open{")]

    a_kit(tmp_path).run(story)


def test_whoever_closes_an_incident_by_hand_is_people(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        await kit.post(kits.webhook(kits.alert()))
        await kit.after(minutes=2)
        await act(kit, "resolve")
        found = await metrics(kit)
        assert found['alertkit_incidents_resolved_total{by="people",tenant="acme"}'] == 1
        assert not [name for name in found if name.startswith("alertkit_acknowledge_seconds")], "nobody acknowledged"

    a_kit(tmp_path).run(story)


def test_steps_are_counted_by_policy_and_position_each_time_they_run(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        await kit.post(kits.webhook(kits.alert()))
        counts = []
        for _ in range(5):
            await kit.after(minutes=10)
            found = await metrics(kit)
            steps = [f'alertkit_escalation_steps_total{{policy="standard",step="{n}",tenant="acme"}}' for n in "123"]
            counts.append([found.get(step, 0) for step in steps])
        assert counts == [[1, 1, 0], [1, 1, 1], [2, 1, 1], [2, 2, 1], [2, 2, 2]]

    a_kit(tmp_path).run(story)


def test_pages_are_counted_by_the_kind_of_recipient_and_by_how_late_they_left(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        await kit.post(kits.webhook(kits.alert()))
        await kit.after(seconds=40)
        found = await metrics(kit)
        assert found['alertkit_pages_total{recipient="team",tenant="acme"}'] == 1
        assert found['alertkit_pages_total{recipient="person",tenant="acme"}'] == 1
        # Due when the post came, planned and sent 40 seconds later: the message was due when it was planned.
        assert found['alertkit_delivery_seconds_count{channel="room"}'] == 2
        assert found['alertkit_delivery_seconds_bucket{channel="room",le="0.1"}'] == 2
        assert found['alertkit_deliveries_total{channel="room",outcome="sent",tenant="acme"}'] == 2

    a_kit(tmp_path).run(story)


def test_time_to_acknowledge_begins_anew_when_an_incident_pages_again(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        await kit.post(kits.webhook(kits.alert()))
        await kit.after(seconds=0)
        await kit.after(minutes=1)
        await act(kit, "acknowledge")
        await kit.after(minutes=45)
        await kit.after(minutes=2)
        await act(kit, "acknowledge")
        found = await metrics(kit)
        assert found['alertkit_paged_again_total{reason="acknowledgement_expired",tenant="acme"}'] == 1
        assert found['alertkit_acknowledge_seconds_count{tenant="acme"}'] == 2
        assert found['alertkit_acknowledge_seconds_sum{tenant="acme"}'] == 60 + 120

    a_kit(tmp_path).run(story)


def test_an_acknowledgement_after_a_snooze_is_no_answer_to_a_page(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        await kit.post(kits.webhook(kits.alert()))
        await kit.after(minutes=1)
        await act(kit, "snooze")
        await kit.after(minutes=30)
        await act(kit, "acknowledge")
        assert not [name for name in await metrics(kit) if name.startswith("alertkit_acknowledge_seconds")]

    a_kit(tmp_path).run(story)


def test_a_step_that_finds_nobody_is_counted(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        await kit.post(kits.webhook(kits.alert()))
        await kit.after(seconds=0)
        assert (await metrics(kit))['alertkit_unreachable_steps_total{tenant="acme"}'] == 6, "three steps, twice"

    kit = a_kit(tmp_path)
    kit.write(kits.a_policy(people={}, teams={}))
    kit.run(story)


def test_no_alert_can_add_a_series(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        for number in range(3):
            group = {"alertname": f"Late{number}", "tenant": "acme"}
            labels = {"alertname": f"Late{number}", "severity": f"made-up-{number}"}
            assert await kit.post(kits.webhook(kits.alert(str(number), **labels), group=group)) == 200
        assert await kit.post(kits.webhook(kits.alert()), "/v1/alerts/acme/made-up") == 200
        await kit.after(seconds=0)
        found = await metrics(kit)
        assert found['alertkit_incidents_opened_total{severity="other",tenant="acme"}'] == 3
        assert not [name for name in found if "made-up" in name or "Late" in name]

    a_kit(tmp_path).run(story)


def test_what_can_be_counted_is_there_at_zero_before_it_happens_so_that_the_first_event_is_an_increase(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        before = await scrape(kit)
        assert {value for name, value in before.items() if "_total" in name} == {0}
        for name in (
            'alertkit_deliveries_total{channel="room",outcome="failed",tenant="acme"}',
            'alertkit_unreachable_steps_total{tenant="acme"}',
            'alertkit_incidents_opened_total{severity="other",tenant="acme"}',
            'alertkit_escalation_steps_total{policy="standard",step="3",tenant="acme"}',
            'alertkit_requests_refused_total{status="503"}',
            'alertkit_heartbeats_total{outcome="unheard"}',
            "alertkit_unrouted_posts_total",
        ):
            assert before[name] == 0
        await kit.post(kits.webhook(kits.alert()))
        await kit.after(minutes=2)
        await act(kit, "acknowledge")
        await kit.after(minutes=40)
        await act(kit, "resolve")
        counted = {name for name in await scrape(kit) if "_total" in name}
        assert counted == {name for name in before if "_total" in name}, "nothing appears with its first event"

    a_kit(tmp_path).run(story)


def test_the_series_of_a_tenant_and_of_a_channel_go_with_them(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        await kit.post(kits.webhook(kits.alert()))
        await kit.after(seconds=0)
        assert [name for name in await scrape(kit) if 'tenant="acme"' in name]
        kit.write(kits.a_policy("globex", channels={"elsewhere": ChannelSettings("scripted")}))
        (kit.folder / "policies" / "acme.json").unlink()
        await kit.receiver.files.look()
        left = [name for name in await scrape(kit) if 'tenant="acme"' in name or 'channel="room"' in name]
        assert {name.partition("{")[0] for name in left} <= {"alertkit_incidents_open"}, "the incident itself is still open"

    kit = a_kit(tmp_path)
    kit.run(story)


def test_the_series_of_a_channel_that_a_tenant_gave_up_go_and_those_of_others_on_it_stay(tmp_path: Path) -> None:
    async def story(kit: kits.Kit) -> None:
        async def on(channel: str) -> set[str]:
            return {name for name in await scrape(kit) if f'channel="{channel}"' in name}

        def by(*tenants: str) -> set[str]:
            outcomes = ("sent", "pending", "failed", "skipped")
            form = 'alertkit_deliveries_total{{channel="room",outcome="{}",tenant="{}"}}'
            return {form.format(outcome, tenant) for outcome in outcomes for tenant in tenants}

        assert await on("room") == by("acme", "globex")
        kit.write(kits.a_policy("globex", channels={"elsewhere": ChannelSettings("scripted")}))
        await kit.receiver.files.look()
        assert await on("room") == by("acme")
        assert await on("mail")

    kit = a_kit(tmp_path)
    kit.write(kits.a_policy("globex"))
    kit.run(story)


def test_every_metric_has_its_name_in_one_place_and_its_line_in_the_reference() -> None:
    described = {metric.name for metric in METRICS}
    assert described == {value for name, value in vars(names).items() if name.startswith("METRIC_")}
    assert not [metric for metric in METRICS if not metric.text.endswith(".")]


def test_people_are_measured_from_a_minute_to_a_day() -> None:
    assert (PEOPLE[0], PEOPLE[-1]) == (60, 86_400)
    assert list(PEOPLE) == sorted(PEOPLE)
