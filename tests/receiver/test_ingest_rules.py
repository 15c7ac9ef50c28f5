"""What Alertmanager may send, and in what order, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from receiver_kit import Kit, a_policy, alert, request, webhook

from alertkit import names
from alertkit.model.incident import Incident
from alertkit.receiver.actions import Action, act
from alertkit.stores.base import StoreError

END = "2026-01-05T09:00:30Z"
LATER = "2026-01-05T09:01:00Z"


async def incident(kit: Kit, number: int = 1) -> Incident:
    found = await kit.receiver.store.incident(number)
    assert found is not None
    return found


async def occurrences(kit: Kit, number: int = 1) -> list[tuple[str, bool]]:
    alerts = await kit.receiver.store.alerts(number)
    return [(one.occurrence.starts.strftime("%H:%M"), one.ends is None) for one in alerts.recorded]


def test_the_same_post_from_both_peers_of_a_pair_is_one_incident_and_one_page(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.post(webhook(alert(), externalURL="http://other-peer"))
        await kit.after()
        assert kit.pages() == [("open", "#payments"), ("open", "U1")]
        assert await kit.receiver.store.incident(2) is None
        assert len((await kit.receiver.store.alerts(1)).posts) == 1

    Kit(tmp_path).run(story)


def test_repetition_by_alertmanager_is_kept_for_its_values_and_pages_nobody(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        await act(kit.receiver.store, Action("acknowledge", 1, "acme", "jonas"), kit.clock())
        await kit.after()
        told = len(kit.told)
        kit.clock.advance(minutes=30)
        fresh = alert()
        fresh["annotations"]["alertkit_value"] = "2.5"
        await kit.post(webhook(fresh))
        await kit.after()
        assert len(kit.told) == told
        (body,) = (await kit.receiver.store.alerts(1)).posts.values()
        assert b'"2.5"' in body

    Kit(tmp_path).run(story)


def test_firing_that_comes_after_its_resolve_opens_nothing(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.post(webhook(alert(resolved=END)))
        await kit.post(webhook(alert()))
        assert (await incident(kit)).state == "resolved"
        assert await kit.receiver.store.incident(2) is None

    Kit(tmp_path).run(story)


def test_firing_that_comes_after_its_resolve_stays_over_after_a_restart(tmp_path: Path) -> None:
    async def before(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.post(webhook(alert(resolved=END)))

    async def after(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.post(webhook(alert(), alert("two")))
        assert await occurrences(kit, 2) == [("08:59", True)]

    kit = Kit(tmp_path)
    kit.run(before)
    kit.receiver = kit.new()
    kit.run(after)


def test_a_later_start_is_a_new_incident(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.post(webhook(alert(resolved=END)))
        await kit.post(webhook(alert(starts=LATER)))
        assert (await incident(kit, 2)).state == "firing"

    Kit(tmp_path).run(story)


def test_a_resolve_closes_every_start_before_it_even_one_that_was_never_announced(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.post(webhook(alert(starts="2026-01-05T09:00:10Z")))
        await kit.post(webhook(alert(starts="2026-01-05T09:00:20Z", resolved=END)))
        assert await occurrences(kit) == [("08:59", False), ("09:00", False)]
        assert (await incident(kit)).state == "resolved"

    Kit(tmp_path).run(story)


def test_an_alert_that_comes_back_without_a_resolve_is_open_once(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert(starts="2026-01-05T08:00:00Z")))
        await kit.post(webhook(alert(starts="2026-01-05T08:30:00Z")))
        recorded = (await kit.receiver.store.alerts(1)).recorded
        first, second = sorted(recorded, key=lambda one: one.occurrence.starts)
        assert first.ends == second.occurrence.starts
        assert second.ends is None

    Kit(tmp_path).run(story)


def test_an_old_resolve_does_not_close_a_newer_start(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.post(webhook(alert(starts=LATER)))
        await kit.post(webhook(alert(resolved=END)))
        assert await occurrences(kit) == [("08:59", False), ("09:01", True)]
        assert (await incident(kit)).state == "firing"

    Kit(tmp_path).run(story)


def test_a_resolve_of_something_unknown_opens_nothing(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        assert await kit.post(webhook(alert(resolved=END))) == 200
        assert await kit.receiver.store.incident(1) is None

    Kit(tmp_path).run(story)


def test_an_alert_that_vanishes_from_the_payload_stays_open(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert(), alert("two")))
        await kit.post(webhook(alert(resolved=END)))
        assert (await incident(kit)).state == "firing"
        assert await occurrences(kit) == [("08:59", False), ("08:59", True)] or await occurrences(kit) == [
            ("08:59", True),
            ("08:59", False),
        ]

    Kit(tmp_path).run(story)


def test_a_truncated_payload_closes_nothing_and_the_next_whole_one_does(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert(), truncated=3))
        await kit.post(webhook(alert(resolved=END), truncated=3))
        assert (await incident(kit)).state == "firing"
        await kit.post(webhook(alert("three", resolved=END)))
        assert (await incident(kit)).state == "resolved"

    Kit(tmp_path).run(story)


def test_an_open_alert_stays_in_its_incident_when_grouping_changes(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert(), alert("two")))
        finer = {"alertname": "Late", "tenant": "acme", "instance": "one"}
        await kit.post(webhook(alert(), alert("three"), group=finer))
        assert len(await occurrences(kit, 1)) == 2
        assert len(await occurrences(kit, 2)) == 1
        await kit.post(webhook(alert(resolved=END), group=finer))
        assert [open_ for _, open_ in await occurrences(kit, 1)].count(True) == 1
        assert (await incident(kit, 2)).state == "firing"

    Kit(tmp_path).run(story)


def test_messages_are_rewritten_once_for_all_posts_of_a_second(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        kit.told.clear()
        for number in range(5):
            await kit.post(webhook(alert(), alert(str(number))))
            await kit.after(seconds=0.1)
        assert kit.pages() == []
        await kit.after(seconds=0.5)
        assert {purpose for purpose, _ in kit.pages()} == {"update"}
        assert len(kit.pages()) == len({address for _, address in kit.pages()})

    Kit(tmp_path).run(story)


def test_a_new_alert_in_an_acknowledged_incident_pages_again_and_a_known_one_does_not(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert(), alert("two")))
        await kit.after()
        await act(kit.receiver.store, Action("acknowledge", 1, "acme", "amelie"), kit.clock())
        await kit.after(minutes=1)
        kit.told.clear()
        await kit.post(webhook(alert(), alert("two", resolved=END)))
        await kit.post(webhook(alert(), alert("two", starts=LATER)))
        await kit.after(seconds=1)
        assert (await incident(kit)).state == "acknowledged"
        assert {purpose for purpose, _ in kit.pages()} == {"update"}
        kit.told.clear()
        await kit.post(webhook(alert(), alert("three")))
        await kit.after()
        assert (await incident(kit)).state == "firing"
        assert ("reply", "U1") in kit.pages()

    Kit(tmp_path).run(story)


def test_a_snoozed_incident_wakes_only_for_a_worse_severity(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await act(kit.receiver.store, Action("snooze", 1, "acme", "amelie", 7_200), kit.clock())
        await kit.post(webhook(alert(), alert("two")))
        assert (await incident(kit)).state == "snoozed"
        await kit.post(webhook(alert(), alert("three", severity="critical")))
        assert ((await incident(kit)).state, (await incident(kit)).severity) == ("firing", "critical")

    Kit(tmp_path).run(story)


def test_an_incident_resolved_by_hand_is_not_opened_again_by_repetition(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await act(kit.receiver.store, Action("resolve", 1, "acme", "amelie"), kit.clock())
        await kit.post(webhook(alert()))
        assert await kit.receiver.store.incident(2) is None
        await kit.post(webhook(alert(starts=LATER)))
        assert (await incident(kit, 2)).state == "firing"

    Kit(tmp_path).run(story)


def test_an_alert_of_another_tenant_is_dropped_alone_and_counted(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        assert await kit.post(webhook(alert(), alert("foreign", tenant="globex"))) == 200
        alerts = await kit.receiver.store.alerts(1)
        assert len(alerts.recorded) == 1
        assert b"globex" not in b"".join(alerts.posts.values())
        assert b'alertkit_foreign_alerts_total{tenant="acme"} 1.0' in kit.receiver.metrics.text()

    Kit(tmp_path).run(story)


def test_a_post_of_only_foreign_alerts_is_taken_and_opens_nothing(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        assert await kit.post(webhook(alert("foreign", tenant="globex"))) == 200
        assert (await incident(kit)).tenant == "platform", "the operator hears of it, and no tenant"
        assert await kit.receiver.store.incident(2) is None

    Kit(tmp_path).run(story)


def test_a_post_about_a_group_of_another_tenant_is_foreign_whatever_its_alerts_are_labelled_with(tmp_path: Path) -> None:
    """An unloaded policy's incidents are the platform's: nobody joins, or ends, those that are not theirs."""
    group = {"alertname": "Late", "tenant": "globex"}

    async def story(kit: Kit) -> None:
        path = "/v1/alerts/globex/unheard-of"
        theirs = alert("theirs")
        assert await kit.post(webhook(theirs | {"labels": {"alertname": "Late"}}, group=group), path) == 200
        ended = alert("theirs", resolved="2026-01-05T09:00:00Z")
        assert await kit.post(webhook(ended, group=group), "/v1/alerts/acme/unheard-of") == 200
        assert (await incident(kit)).state == "firing"
        assert b'alertkit_foreign_alerts_total{tenant="acme"} 1.0' in kit.receiver.metrics.text()

    Kit(tmp_path).run(story)


def test_unrouted_alerts_without_a_tenant_are_ended_by_nobody_but_who_posted_them(tmp_path: Path) -> None:
    group = {"alertname": "Late"}
    fires = alert("late") | {"labels": group}
    ended = alert("late", resolved="2026-01-05T09:00:00Z") | {"labels": group}
    posters = ["/v1/alerts/platform/unrouted", "/v1/alerts/acme/unheard-of", "/v1/alerts/globex/unheard-of"]

    async def story(kit: Kit) -> None:
        for count, path in enumerate(posters, 1):
            assert await kit.post(webhook(fires, group=group), path) == 200
            for other in posters[count:]:
                assert await kit.post(webhook(ended, group=group), other) == 200
            assert (await incident(kit, count)).state == "firing"
        for count, path in enumerate(posters, 1):
            assert await kit.post(webhook(ended, group=group), path) == 200
            assert [(await incident(kit, number)).state for number in (1, 2, 3)] == ["resolved"] * count + ["firing"] * (
                3 - count
            )

    standard = a_policy().policies["standard"]
    Kit(tmp_path, [a_policy(), a_policy("platform", policies={names.POLICY_UNROUTED: standard})]).run(story)


@pytest.mark.parametrize("path", ["/v1/alerts/acme/unheard-of", "/v1/alerts/globex/standard"])
def test_a_policy_that_is_not_loaded_goes_to_the_platform(tmp_path: Path, path: str) -> None:
    async def story(kit: Kit) -> None:
        assert await kit.post(webhook(alert(tenant=path.split("/")[3])), path) == 200
        found = await incident(kit)
        assert (found.tenant, found.policy) == (names.PLATFORM, f"unrouted/{path.split('/')[3]}")
        await kit.after()
        assert [address for _, address in kit.pages()] == ["#payments", "U1"]

    standard = a_policy().policies["standard"]
    Kit(tmp_path, [a_policy(), a_policy("platform", policies={names.POLICY_UNROUTED: standard})]).run(story)


def test_without_any_platform_policy_the_incident_is_still_kept(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        assert await kit.post(webhook(alert()), "/v1/alerts/acme/unheard-of") == 200
        assert (await incident(kit)).tenant == names.PLATFORM

    Kit(tmp_path).run(story)


def test_the_steps_are_pinned_when_the_incident_opens_and_people_are_looked_up_later(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        kit.told.clear()
        policy = a_policy(policies={"standard": type(a_policy().policies["standard"])(steps=())})
        people = dict(policy.people)
        people["amelie"] = people["jonas"]
        kit.write(type(policy)(**{f: getattr(policy, f) for f in policy.__struct_fields__} | {"people": people}))
        assert kit.receiver.policies.reload()
        await kit.after(minutes=10)
        assert kit.rung() == [("open", "U2")]

    Kit(tmp_path).run(story)


@pytest.mark.parametrize(
    ("body", "status", "hint"),
    [
        (b"", 400, "version 4"),
        (b"{}", 400, "version"),
        (b"[" * 50_000, 400, "version 4"),
        (b'{"version":"4","alerts":' + b"[" * 50_000, 400, "version 4"),
        (webhook(alert(), version="3"), 400, "$.version"),
        (webhook(alert(), alert()), 400, "occurs twice"),
        (webhook(alert(starts="yesterday")), 400, "$.alerts[0].startsAt"),
        (webhook(alert(starts="0001-01-01T00:00:00Z")), 400, "out of range"),
        (webhook(alert() | {"fingerprint": "0123 5678'abcde"}), 400, "fingerprint"),
        (webhook(alert() | {"fingerprint": "0123-5678'abcdef"}), 400, "fingerprint"),
        (webhook(alert(**{f"label{i}": "x" for i in range(200)})), 400, "more than 128"),
        (webhook(*(alert(str(i)) for i in range(2_001))), 413, "max_alerts"),
        (webhook(alert(big="x" * 5_000_000)), 413, "4194304 bytes"),
        ('{"version":"4","groupKey":"\ud800"}'.encode("utf-8", "surrogatepass"), 400, "version 4"),
        (webhook(alert()).replace(b'"Late"', b'"\\ud800"'), 400, "version 4"),
    ],
)
def test_what_can_never_succeed_is_refused_with_the_reason(tmp_path: Path, body: bytes, status: int, hint: str) -> None:
    async def story(kit: Kit) -> None:
        answer = await request(kit.receiver, "POST", "/v1/alerts/acme/standard", body, {"authorization": "Bearer s3cret"})
        assert answer[0] == status
        assert hint in answer[1].decode()
        assert await kit.receiver.store.incident(1) is None

    Kit(tmp_path).run(story)


@pytest.mark.parametrize(
    ("path", "token", "headers", "status"),
    [
        ("/v1/alerts/acme/standard", "wrong", {}, 401),
        ("/v1/alerts/acme/standard", "", {}, 401),
        ("/v1/alerts/initech/standard", "s3cret", {}, 403),
        ("/v1/alerts/acme/standard", "reader", {}, 403),
        ("/v1/alerts/acme", "s3cret", {}, 404),
        ("/v1/alerts/acme/standard/more", "s3cret", {}, 404),
        ("/v1/alerts/acme/standard", "s3cret", {"content_encoding": "gzip"}, 400),
        ("/v1/alerts/acme/standard", "s3cret", {"content_length": "99999999"}, 413),
        ("/v1/alerts/acme/standard", "old", {}, 200),
        ("/v1/alerts/acme/standard", "s3cret", {"content_encoding": "identity"}, 200),
    ],
)
def test_a_token_lets_in_whom_it_names_and_nobody_else(
    tmp_path: Path, path: str, token: str, headers: dict[str, str], status: int
) -> None:
    async def story(kit: Kit) -> None:
        assert await kit.post(webhook(alert()), path, token, **headers) == status

    kit = Kit(tmp_path)
    kit.token("robot", "old", tenants=["acme"])
    kit.token("reader", "reader", scopes=["read"])
    kit.run(story)


def test_a_store_that_is_away_is_a_503_and_never_a_429(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        async def away(*_: object) -> None:
            raise StoreError("the disk is full")

        kit.receiver.store.ingest = away  # type: ignore[method-assign]
        assert await kit.post(webhook(alert())) == 503

    Kit(tmp_path).run(story)
