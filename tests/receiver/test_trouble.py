"""Pages that will never arrive, steps that find nobody, threads that are gone: somebody else is told, and the operator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from receiver_kit import START, Kit, a_policy, alert, request, webhook

from alertkit import names
from alertkit.channels.base import Refused, Retry
from alertkit.errors import ContractError
from alertkit.model.incident import DutyOverride
from alertkit.model.oncall import Contact, EscalationPolicy, Handoff, Layer, Person, Schedule, Step, Target, Team
from alertkit.receiver import app
from alertkit.receiver.duty import on_call
from alertkit.receiver.operator import AGAIN
from alertkit.receiver.reconciler import keep_back
from alertkit.stores.base import Listing

OPERATOR = a_policy(
    "platform",
    policies={"unrouted": EscalationPolicy(steps=(Step(0, (Target(person="boss"),)),))},
    people={"boss": Person("Boss", "en", "UTC", (Contact("room", "OPERATOR"),))},
    teams={},
    schedules={},
)
NOBODY = Schedule("UTC", (Layer("weekly", Handoff("09:00", weekday=0), START.date().replace(year=2030), ("amelie",)),))


async def operators(kit: Kit) -> list[dict[str, str]]:
    return [found.group for found in await kit.receiver.store.incidents(Listing(frozenset({"platform"})))]


def to(**targets: str) -> dict[str, EscalationPolicy]:
    """A first step that tells these, and a second ten minutes later that tells the boss."""
    first = tuple(Target(**{kind: name}) for kind, name in targets.items())
    return {"standard": EscalationPolicy(steps=(Step(0, first), Step(600, (Target(person="boss"),))))}


def test_a_person_is_told_by_the_next_contact_when_the_first_refuses(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Refused("user_not_found"))
        await kit.post(webhook(alert()))
        await kit.after()
        assert sorted(address for _, address in kit.pages()) == ["OPERATOR", "U1", "amelie@x"]
        assert await operators(kit) == [
            {"alertname": names.ALERT_REFUSED, "tenant": "platform", names.LABEL_AFFECTED: "acme"},
        ]
        kinds = [event.kind for event in (await kit.receiver.store.story(1)).events]
        assert kinds == ["opened", "refused", "escalated"]

    Kit(tmp_path, [a_policy(policies=to(person="amelie")), OPERATOR]).run(story)


def test_when_nobody_is_left_the_next_step_comes_at_once(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Refused("channel_not_found"))
        await kit.post(webhook(alert()))
        await kit.after()
        assert kit.pages() == [("open", ""), ("open", "U3")]
        await kit.after(minutes=30)
        assert len(kit.told) == 2, "the second step was taken once"

    Kit(tmp_path, [a_policy(policies=to(channel="room"))]).run(story)


def test_after_the_last_step_there_is_nobody_left_to_tell(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(*[Refused("no")] * 9)
        await kit.post(webhook(alert()))
        await kit.after()
        assert len(kit.told) == 2

    Kit(tmp_path, [a_policy(policies=to(channel="room"))]).run(story)


def test_no_step_is_hurried_while_somebody_else_has_been_told(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Refused("no"))
        await kit.post(webhook(alert()))
        await kit.after()
        assert [address for _, address in kit.pages()] == ["", "U2"]

    Kit(tmp_path, [a_policy(policies=to(channel="room", person="jonas"))]).run(story)


def test_a_refusal_of_the_operators_own_incident_is_not_told_to_the_operator(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(*[Refused("no")] * 20)
        await kit.post(webhook(alert()))
        await kit.after()
        assert len(await operators(kit)) == 1

    Kit(tmp_path, [a_policy(policies=to(person="jonas")), OPERATOR]).run(story)


@pytest.mark.parametrize("target", [{"schedule": "primary"}, {"person": "nobody"}, {"team": "empty"}])
def test_a_step_that_finds_nobody_goes_on_to_the_next_and_tells_the_operator(tmp_path: Path, target: dict[str, str]) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        assert [address for _, address in kit.pages()] == ["U3", "OPERATOR"]
        assert (await operators(kit))[0]["alertname"] == names.ALERT_UNREACHABLE
        assert (await kit.receiver.store.story(1)).events[0].kind == "unreachable"

    empty = Team("en", "UTC")
    Kit(tmp_path, [a_policy(policies=to(**target), schedules={"primary": NOBODY}, teams={"empty": empty}), OPERATOR]).run(story)


def test_the_operator_hears_of_steps_that_are_long_overdue(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        kit.clock.advance(minutes=5)
        await kit.receiver.worker.check()
        assert await operators(kit) == []
        kit.clock.advance(minutes=2)
        await kit.receiver.worker.check()
        assert [group["alertname"] for group in await operators(kit)] == [names.ALERT_OVERDUE]
        assert b"alertkit_due_lag_seconds 420.0" in kit.receiver.metrics.text()
        await kit.after()
        assert ("open", "OPERATOR") in kit.pages()

    Kit(tmp_path, [a_policy(), OPERATOR]).run(story)


def test_the_same_trouble_is_told_once_in_a_while(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        for number in range(3):
            await kit.post(webhook(alert(f"foreign{number}", tenant="globex")))
        await kit.after()
        assert kit.pages() == [("open", "OPERATOR")]
        assert len((await kit.receiver.store.alerts(1)).recorded) == 1
        await kit.after(seconds=AGAIN.total_seconds())
        await kit.post(webhook(alert("foreign", tenant="globex")))
        assert len((await kit.receiver.store.alerts(1)).recorded) == 2

    Kit(tmp_path, [a_policy(), OPERATOR]).run(story)


def test_a_policy_file_that_was_refused_is_told(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        assert (await operators(kit))[0]["alertname"] == names.ALERT_POLICY

    kit = Kit(tmp_path, [a_policy(), OPERATOR])
    (tmp_path / "policies" / "globex.json").write_text("{}")
    kit.run(story)


def test_a_refused_policy_that_is_mended_is_over_even_after_a_restart(tmp_path: Path) -> None:
    async def refused(kit: Kit) -> None:
        assert [one.state for one in await kit.receiver.store.incidents(Listing())] == ["firing"]

    async def mended(kit: Kit) -> None:
        await kit.after()
        assert [one.state for one in await kit.receiver.store.incidents(Listing())] == ["resolved"]

    kit = Kit(tmp_path, [a_policy(), OPERATOR])
    (tmp_path / "policies" / "globex.json").write_text("{}")
    kit.run(refused)
    kit.write(a_policy("globex"))
    kit.receiver = kit.new()
    kit.run(mended)


@pytest.mark.parametrize("path", ["/v1/alerts/acme/standard", "/v1/alerts/acme/unheard-of"])
def test_an_alert_that_is_named_as_the_receivers_own_keeps_no_receiver_from_starting(tmp_path: Path, path: str) -> None:
    group = {"alertname": "AlertkitPolicyRefused", "affected_tenant": "acme"}

    async def posted(kit: Kit) -> None:
        assert await kit.post(webhook(alert(), group=group), path) == 200

    async def restarted(kit: Kit) -> None:
        assert [one.state for one in await kit.receiver.store.incidents(Listing())] == ["firing"]

    kit = Kit(tmp_path, [a_policy(), OPERATOR])
    kit.run(posted)
    kit.receiver = kit.new()
    kit.run(restarted)


def test_a_stop_that_comes_together_with_a_wish_to_look_at_the_files_stops(tmp_path: Path) -> None:
    kit = Kit(tmp_path)

    async def story() -> None:
        async with asyncio.timeout(60), kit.receiver.running():
            looked = asyncio.Event()
            kit.receiver.files.looked = looked.set
            kit.receiver.files.ask()
            await looked.wait()
            kit.receiver.files.ask()
        assert (await request(kit.receiver, "GET", "/readyz"))[0] == 503

    asyncio.run(story())


def test_policies_that_are_lost_stay_in_force_and_the_operator_hears_until_they_are_back(tmp_path: Path) -> None:
    folder, away = tmp_path / "policies", tmp_path / "away"

    async def story(kit: Kit) -> None:
        async with kit.receiver.running():
            folder.rename(away)
            await until(kit, lambda: b"alertkit_policy_problems 1.0" in kit.receiver.metrics.text())
            await kit.post(webhook(alert()))
            await until(kit, lambda: ("open", "OPERATOR") in kit.pages() and ("open", "#payments") in kit.pages())
            away.rename(folder)
            await until(kit, lambda: any(d.address == "OPERATOR" and d.message.state == "resolved" for d in kit.told))

    kit = Kit(tmp_path, [a_policy(), OPERATOR])
    kit.receiver = kit.new(reload_interval=0.01, largest_wait=0.01)
    asyncio.run(story(kit))


async def until(kit: Kit, what: Callable[[], bool]) -> None:
    """Wait for what a running receiver does by itself; each look at its files is a moment to ask."""
    looked = asyncio.Event()
    kit.receiver.files.looked = looked.set
    async with asyncio.timeout(60):
        while not what():
            looked.clear()
            await looked.wait()


def test_without_any_policy_it_does_not_start(tmp_path: Path) -> None:
    kit = Kit(tmp_path)
    (tmp_path / "policies" / "acme.json").unlink()
    with pytest.raises(ContractError, match=r"no policies are found: .* alertkit generate writes them"):
        kit.run(lambda kit: kit.after())


def test_the_operator_hears_of_steps_that_cannot_be_taken_because_the_tenants_policy_is_gone(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        (tmp_path / "policies" / "acme.json").unlink()
        kit.receiver.policies.reload()
        await kit.after()
        assert kit.pages() == [("open", "OPERATOR")]
        [told] = kit.told
        assert "ACME-1: a step of standard cannot be taken" in told.message.entries[0].sentence

    Kit(tmp_path, [a_policy(), OPERATOR]).run(story)


def test_a_part_that_fails_by_an_error_that_nobody_thought_of_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(kit: Kit) -> None:
        real, failures = kit.receiver.worker.check, iter([ValueError("nobody thought of it"), ZeroDivisionError()])

        async def failing() -> None:
            for failure in failures:
                raise failure
            await real()

        monkeypatch.setattr(kit.receiver.worker, "check", failing)
        async with kit.receiver.running():
            await kit.post(webhook(alert()))
            await until(kit, lambda: ("open", "#payments") in kit.pages())

    monkeypatch.setattr(app, "BEGIN_AGAIN", 0.01)
    kit = Kit(tmp_path)
    kit.receiver = kit.new(reload_interval=0.01)
    asyncio.run(story(kit))


@pytest.mark.parametrize("there", ["", "another"])
def test_a_database_that_is_moved_away_takes_no_post_until_it_is_back_but_who_was_to_be_paged_is(
    tmp_path: Path, there: str
) -> None:
    database, away = tmp_path / "alertkit.db", tmp_path / "away.db"

    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        database.rename(away)
        if there:
            database.write_bytes(b"")
        assert await kit.post(webhook(alert("two"), group={"alertname": "Other"})) == 503
        assert not await kit.receiver.pulse._is_well()
        await kit.after()
        assert kit.pages() == [("open", "U2")]
        away.rename(database)
        assert await kit.post(webhook(alert("two"), group={"alertname": "Other"})) == 200
        assert len(await kit.receiver.store.incidents(Listing())) == 2

    Kit(tmp_path, [a_policy(policies=to(person="jonas"))]).run(story)


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("en", "A message to person/amelie by room will not arrive: user_not_found"),
        ("en-GB", "A message to person/amelie by room will not arrive: user_not_found"),
        ("fr", "Un message destiné à person/amelie par room n’arrivera pas : user_not_found"),
        ("de-CH", "Eine Nachricht an person/amelie über room kommt nicht an: user_not_found"),
        ("es", "Un mensaje para person/amelie por room no llegará: user_not_found"),
        ("it", "Un messaggio per person/amelie tramite room non arriverà: user_not_found"),
    ],
)
def test_the_operator_reads_of_trouble_in_their_own_language(tmp_path: Path, locale: str, sentence: str) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(Refused("user_not_found"))
        await kit.post(webhook(alert()))
        await kit.after()
        (told,) = [delivery for delivery in kit.told if delivery.address == "OPERATOR"]
        assert told.message.entries[0].sentence == sentence

    boss = {"boss": Person("Boss", locale, "UTC", (Contact("room", "OPERATOR"),))}
    Kit(tmp_path, [a_policy(policies=to(person="amelie")), replace(OPERATOR, people=boss)]).run(story)


@pytest.mark.parametrize("reason", [names.REASON_SILENCED, names.REASON_INHIBITED, names.REASON_MUTED])
def test_why_alertmanager_keeps_alerts_back_is_read_in_ones_own_language_while_the_api_keeps_its_code(
    tmp_path: Path, reason: str
) -> None:
    said: dict[str, str] = {}

    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        kit.told.clear()
        now = kit.clock()
        await kit.receiver.store.decide(1, now, lambda held, threads: keep_back(held, threads, reason, now))
        await kit.after()
        for delivery in kit.told:
            words = [*(entry.sentence for entry in delivery.message.entries), *(fact.value for fact in delivery.message.facts)]
            said[delivery.message.locale] = " ".join([*words, delivery.message.event or ""])
        assert {event.reason for event in (await kit.receiver.store.story(1)).events} == {"", reason}

    people = {locale: Person(locale, locale, "UTC", (Contact("room", locale),)) for locale in names.LANGUAGES}
    everybody = {"standard": EscalationPolicy(steps=(Step(0, tuple(Target(person=locale) for locale in people)),))}
    Kit(tmp_path, [a_policy(policies=everybody, people=people, teams={}, schedules={})]).run(story)
    assert said.keys() == set(names.LANGUAGES)
    assert not any(reason in words for words in said.values()), "the stored code is nobody's language"
    assert len(set(said.values())) == len(said)


def test_when_the_first_message_is_gone_a_page_begins_a_new_thread(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        kit.channel.then(Refused("message_not_found", reopen=True))
        await kit.after(minutes=10)
        assert kit.rung() == [("open", "U2"), ("reply", "U2"), ("open", "U2")]

    again = EscalationPolicy(steps=(Step(0, (Target(person="jonas"),)), Step(600, (Target(person="jonas"),))))
    Kit(tmp_path, [a_policy(policies={"standard": again})]).run(story)


def test_a_thread_that_can_never_be_begun_is_given_up(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        kit.channel.then(*[Refused("message_not_found", reopen=True)] * 9)
        await kit.post(webhook(alert()))
        await kit.after()
        assert [address for _, address in kit.pages()] == ["U2"] * 3 + ["U3"] * 3

    Kit(tmp_path, [a_policy(policies=to(person="jonas"))]).run(story)


def test_what_waits_for_its_place_is_told_when_the_place_is_found_again(tmp_path: Path) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        kit.told.clear()
        kit.channel.then(Retry(1, "down"), Refused("gone", reopen=True), Refused("gone", reopen=True))
        await kit.post(webhook(alert(resolved="2026-01-05T09:00:30Z")))
        for _ in range(5):
            await kit.after(seconds=10)
        assert {delivery.message.state for delivery in kit.told} == {"resolved"}
        assert ("open", "U2") in kit.pages()

    Kit(tmp_path, [a_policy(policies=to(person="jonas"))]).run(story)


def override(person: str, owner: str = "acme", schedule: str = "primary", hours: float = 1) -> DutyOverride:
    return DutyOverride(owner, schedule, START, START.replace(hour=START.hour + int(hours)), person, "cli", START)


def test_an_override_beats_the_calendar_until_it_ends_and_survives_a_restart(tmp_path: Path) -> None:
    async def before(kit: Kit) -> None:
        await kit.receiver.store.add_override(override("jonas"))

    async def after(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        assert kit.pages() == [("open", "U2")]
        await kit.after(hours=1)
        kit.told.clear()
        await kit.post(webhook(alert("two"), group={"alertname": "Other"}))
        await kit.after()
        assert ("open", "U1") in kit.pages()

    kit = Kit(tmp_path, [a_policy(policies=to(schedule="primary"))])
    kit.run(before)
    kit.receiver = kit.new()
    kit.run(after)


def test_the_latest_override_of_somebody_known_holds_also_for_what_the_platform_lends() -> None:
    policy = a_policy()
    lent = names.lent("primary")
    people = policy.people | {names.lent("boss"): policy.people["boss"]}
    tenant = a_policy(schedules={"primary": policy.schedules["primary"], lent: policy.schedules["primary"]}, people=people)
    stored = [override("jonas"), override("boss"), override("stranger")]
    assert on_call(tenant, "primary", stored, START) == "boss"
    assert on_call(tenant, "primary", stored, START.replace(hour=12)) == "amelie"
    assert on_call(tenant, lent, stored, START) == "amelie", "another owner's"
    assert on_call(tenant, lent, [override("boss", owner="platform")], START) == names.lent("boss")


def test_the_operator_hears_of_own_words_and_layouts_that_cannot_be_used_and_pages_go_out_all_the_same(tmp_path: Path) -> None:
    own = tmp_path / "overrides"
    layout, catalog = own / "acme" / "slack" / "incident.yaml", own / "acme" / "locales" / "fr" / "LC_MESSAGES" / "alertkit.po"
    for path in (layout, catalog):
        path.parent.mkdir(parents=True)
        path.write_text("blocks: [nonsense")

    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert()))
        await kit.after()
        [told] = [d.message for d in kit.told if d.address == "OPERATOR" and names.ALERT_TEMPLATE in d.message.headline]
        said = "\n".join(entry.sentence for entry in told.entries)
        assert str(layout) in said
        assert str(catalog) in said
        assert ("open", "#payments") in kit.pages()
        assert b"alertkit_overrides_refused_total 2.0" in kit.receiver.metrics.text()

    kit = Kit(tmp_path, [a_policy(), OPERATOR])
    kit.receiver = kit.new(overrides=own)
    kit.run(story)


def test_own_words_that_were_mended_end_their_trouble_and_the_same_mistake_made_again_is_told_again(tmp_path: Path) -> None:
    catalog = tmp_path / "overrides" / "acme" / "locales" / "fr" / "LC_MESSAGES" / "alertkit.po"
    catalog.parent.mkdir(parents=True)
    mistake = "msgid broken"

    async def story(kit: Kit) -> None:
        async def look() -> list[str]:
            """What the operator's incidents of it are like after a page to France and a look at the files."""
            kit.clock.advance(minutes=20)
            await kit.post(webhook(alert(), group={"alertname": str(kit.clock())}))
            await kit.receiver.worker.settle()
            await kit.receiver.files.look()
            found = await kit.receiver.store.incidents(Listing(frozenset({"platform"})))
            return [one.state for one in found if one.group["alertname"] == names.ALERT_TEMPLATE]

        assert await look() == ["firing"]
        catalog.write_text("")
        assert await look() == ["resolved"]
        catalog.write_text(mistake)
        assert await look() == ["firing", "resolved"]
        assert b"alertkit_overrides_refused_total 2.0" in kit.receiver.metrics.text()

    catalog.write_text(mistake)
    kit = Kit(tmp_path, [a_policy(), OPERATOR])
    kit.receiver = kit.new(overrides=tmp_path / "overrides")
    kit.run(story)
