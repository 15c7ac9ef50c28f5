"""What Sloth 0.16 writes for the same SLO, but for number formatting, the tenant matcher and alertkit's own labels."""

from __future__ import annotations

import re

from slo_world import CONTEXT, compiled, rules_of, slo

from alertkit.compiler.slos.compile import compile_slo
from alertkit.model.rules import AlertingRule, RecordingRule
from alertkit.model.slo import EventsErrors, EventsGood, RawRatio

SLO = slo(
    "requests-availability",
    EventsErrors('hits_total{job="myservice",code=~"(5..|429)"}', 'hits_total{job="myservice"}'),
    compatibility="sloth",
)
IDS = {"sloth_id": "shop-requests-availability", "sloth_service": "shop", "sloth_slo": "requests-availability"}
MATCHERS = '{sloth_id="shop-requests-availability",sloth_service="shop",sloth_slo="requests-availability"}'


def plainly(expr: str) -> str:
    """Without the tenant's matcher and without layout."""
    return re.sub(r"\s+", " ", expr.replace('tenant="acme",', "")).strip()


def records() -> dict[str, RecordingRule]:
    found = rules_of(compile_slo(SLO, CONTEXT).rules)
    return {rule.record: rule for rule in found if isinstance(rule, RecordingRule)}


def test_there_are_17_rules_in_sloths_three_groups() -> None:
    found = compile_slo(SLO, CONTEXT).rules
    assert [(group.name, len(group.rules)) for group in (*found.records, *found.alerts)] == [
        ("sloth-slo-sli-recordings-shop-requests-availability", 8),
        ("sloth-slo-meta-recordings-shop-requests-availability", 7),
        ("sloth-slo-alerts-shop-requests-availability", 2),
    ]


def test_the_ratio_of_each_window_has_sloths_name_labels_and_expression() -> None:
    for window in ("5m", "30m", "1h", "2h", "6h", "1d", "3d"):
        rule = records()[f"slo:sli_error:ratio_rate{window}"]
        assert rule.labels == {**IDS, "sloth_window": window, "tenant": "acme"}
        assert plainly(rule.expr) == (
            f'(sum(rate(hits_total{{job="myservice",code=~"(5..|429)"}}[{window}]))) / '
            f'(sum(rate(hits_total{{job="myservice"}}[{window}])))'
        )


def test_the_period_is_the_mean_of_the_5_minute_ratios() -> None:
    rule = records()["slo:sli_error:ratio_rate30d"]
    assert plainly(rule.expr) == (
        f"sum_over_time(slo:sli_error:ratio_rate5m{MATCHERS}[30d]) / ignoring (sloth_window) "
        f"count_over_time(slo:sli_error:ratio_rate5m{MATCHERS}[30d])"
    )


def test_a_period_of_28_days_is_named_in_weeks_as_prometheus_prints_it() -> None:
    one = slo("a1", EventsErrors("e_total", "t_total"), "28d", compatibility="sloth")
    found = {rule.record for rule in rules_of(compile_slo(one, CONTEXT).rules) if isinstance(rule, RecordingRule)}
    assert "slo:sli_error:ratio_rate4w" in found


def test_the_metadata_is_sloths() -> None:
    join = "/ on(sloth_id, sloth_slo, sloth_service) group_left"
    assert {name: plainly(rule.expr) for name, rule in records().items() if "sli_error" not in name} == {
        "slo:objective:ratio": "vector(0.999)",
        "slo:error_budget:ratio": "vector(1-0.999)",
        "slo:time_period:days": "vector(30)",
        "slo:current_burn_rate:ratio": f"slo:sli_error:ratio_rate5m{MATCHERS} {join} slo:error_budget:ratio{MATCHERS}",
        "slo:period_burn_rate:ratio": f"slo:sli_error:ratio_rate30d{MATCHERS} {join} slo:error_budget:ratio{MATCHERS}",
        "slo:period_error_budget_remaining:ratio": f"1 - slo:period_burn_rate:ratio{MATCHERS}",
        "sloth_slo_info": "vector(1)",
    }
    about = records()["sloth_slo_info"].labels
    assert {key: about[key] for key in ("sloth_mode", "sloth_objective", "sloth_spec")} == {
        "sloth_mode": "cli-gen-prom",
        "sloth_objective": "99.9",
        "sloth_spec": "prometheus/v1",
    }


def test_a_page_is_quick_or_slow() -> None:
    page, ticket = (rule for rule in rules_of(compile_slo(SLO, CONTEXT).rules) if isinstance(rule, AlertingRule))

    def above(window: str, factor: str) -> str:
        return f"max(slo:sli_error:ratio_rate{window}{MATCHERS} > ({factor} * 0.001)) without (sloth_window)"

    assert plainly(page.expr) == (
        f"( {above('5m', '14.4')} and {above('1h', '14.4')} ) or ( {above('30m', '6')} and {above('6h', '6')} )"
    )
    assert (
        plainly(ticket.expr) == f"( {above('2h', '3')} and {above('1d', '3')} ) or ( {above('6h', '1')} and {above('3d', '1')} )"
    )
    assert (page.labels["sloth_severity"], ticket.labels["sloth_severity"]) == ("page", "ticket")
    assert page.annotations["title"] == (
        "(page) {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too fast."
    )


def test_good_events_and_ratios_of_the_authors_own_are_written_as_error_ratios() -> None:
    good = slo("good", EventsGood("g_total", "t_total"), compatibility="sloth")
    own = slo("own", RawRatio("a{x='{window}'} / b"), compatibility="sloth")
    exprs = {
        one.name: rule.expr
        for one, found in compiled([good, own])
        for rule in rules_of(found.rules)
        if isinstance(rule, RecordingRule) and rule.record == "slo:sli_error:ratio_rate5m"
    }
    assert plainly(exprs["good"]).replace('{tenant="acme"}', "") == (
        "(sum(rate(t_total[5m])) - sum(rate(g_total[5m]))) / (sum(rate(t_total[5m])))"
    )
    assert "x='5m'" in exprs["own"]
