from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit.model.quantity import Duration
from alertkit.model.rules import Source
from alertkit.model.slo import EventsErrors, Slo, Tier, default_tiers


def slo(objective: str, window: str, tiers: tuple[Tier, ...] | None = None) -> Slo:
    span = Duration.parse(window)
    chosen = default_tiers(span) if tiers is None else tiers
    return Slo("checkout", "shop", Decimal(objective), span, EventsErrors("e_total", "t_total"), chosen, Source("t.yaml", 1))


@pytest.mark.parametrize(
    ("window", "factors"),
    [
        ("30d", ["14.4", "6", "3", "1"]),
        ("28d", ["13.44", "5.6", "2.8", "0.93333333333333333"]),
        ("4w", ["13.44", "5.6", "2.8", "0.93333333333333333"]),
        ("90d", ["43.2", "18", "9", "3"]),
        ("7d", ["13.44", "3.5", "1.4", "0.98"]),
        ("14d", ["26.88", "7", "2.8", "1.96"]),
        ("3d", ["5.76", "1.5"]),
        ("1d", ["1.92"]),
    ],
)
def test_a_window_has_the_usual_factors_less_those_at_which_its_budget_lasts(window: str, factors: list[str]) -> None:
    span = Duration.parse(window)
    assert [tier.factor(span) for tier in default_tiers(span)] == [Decimal(factor) for factor in factors]


def test_thresholds_are_exact() -> None:
    thresholds = [str(slo("0.999", "30d").threshold(tier).normalize()) for tier in default_tiers(Duration.parse("30d"))]
    assert thresholds == ["0.0144", "0.006", "0.003", "0.001"]


def test_the_budget_of_three_nines_is_one_thousandth_and_43_minutes_a_month() -> None:
    one = slo("0.999", "30d")
    assert (one.budget, one.budget_seconds) == (Decimal("0.001"), Decimal(2592))


def test_pages_and_tickets_have_the_severities_that_are_asked_for() -> None:
    tiers = default_tiers(Duration.parse("30d"), page="critical", ticket="info")
    assert [(tier.name, tier.severity) for tier in tiers] == [
        ("page-1h", "critical"),
        ("page-6h", "critical"),
        ("ticket-1d", "info"),
        ("ticket-3d", "info"),
    ]


def test_a_threshold_of_everything_failing_is_out_of_reach() -> None:
    assert [tier.name for tier in slo("0.9", "30d").reachable] == ["page-6h", "ticket-1d", "ticket-3d"]


@given(
    objective=st.decimals("0.5", "0.99999", places=5),
    days=st.integers(1, 400),
    share=st.decimals("0.001", "1", places=3),
    long=st.integers(1, 72),
)
def test_a_tier_at_its_threshold_burns_its_share_of_the_budget_within_its_long_window(
    objective: Decimal, days: int, share: Decimal, long: int
) -> None:
    tier = Tier("page-x", "critical", Duration.of(hours=long), Duration.of(minutes=5), share)
    one = slo(str(objective), f"{days}d", (tier,))
    burned = Fraction(one.threshold(tier)) * tier.long.ms / (Fraction(one.budget) * one.window.ms)
    assert abs(burned - Fraction(share)) <= Fraction(share) / 10**15
