"""What follows from an outcome."""

from __future__ import annotations

import datetime as dt

import pytest

from alertkit.channels.base import Outcome, Refused, Retry, Sent
from alertkit.receiver.retry import LONGEST_PAUSE, settle
from alertkit.stores.base import Settlement

NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def after(
    outcome: Outcome, *, attempt: int = 1, repeatable: bool = True, patience: float = 3_600, chance: float = 0.5
) -> Settlement:
    give_up = NOW + dt.timedelta(seconds=patience)
    return settle(outcome, repeatable=repeatable, attempt=attempt, now=NOW, give_up=give_up, chance=chance)


def pause(settlement: Settlement) -> float:
    assert settlement.state == "pending"
    return (settlement.at - NOW).total_seconds()


def test_what_was_sent_is_done_and_keeps_its_reference() -> None:
    assert after(Sent("ref")) == Settlement("sent", NOW, "ref")


@pytest.mark.parametrize(("reason", "said"), [("not_in_channel", "not_in_channel"), ("", "refused")])
def test_a_refusal_is_final_and_always_has_a_reason(reason: str, said: str) -> None:
    assert after(Refused(reason)) == Settlement("failed", NOW, reason=said)


def test_pauses_double_up_to_five_minutes() -> None:
    assert [pause(after(Retry(0, "x"), attempt=n)) for n in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert pause(after(Retry(0, "x"), attempt=1_000)) == LONGEST_PAUSE


def test_many_that_failed_together_come_back_apart() -> None:
    assert {round(pause(after(Retry(0, "x"), chance=chance)), 2) for chance in (0, 0.5, 0.99)} == {1.5, 2.0, 2.49}


def test_no_try_is_earlier_than_the_channel_asked_for() -> None:
    assert pause(after(Retry(90, "ratelimited"))) == 90


def test_it_is_given_up_when_the_next_try_would_be_too_late() -> None:
    end = after(Retry(90, "ratelimited"), patience=60, attempt=7)
    assert (end.state, end.reason) == ("failed", "ratelimited: given up after 7 tries")


def test_what_may_have_been_sent_is_sent_again_only_where_twice_is_harmless() -> None:
    assert after(Retry(0, "timeout", maybe_sent=True), repeatable=True).state == "pending"
    end = after(Retry(0, "timeout", maybe_sent=True), repeatable=False)
    assert end.state == "failed"
    assert "may have been sent" in end.reason
    assert after(Retry(0, "unreachable"), repeatable=False).state == "pending"
