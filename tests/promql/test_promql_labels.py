from __future__ import annotations

import pytest
from hypothesis import given
from promql_strategies import LABELS, expressions

from alertkit.promql import LabelFlow, label_flow

OPEN = LabelFlow()


def only(*labels: str) -> LabelFlow:
    return LabelFlow(only=frozenset(labels))


def without(*labels: str) -> LabelFlow:
    return LabelFlow(absent=frozenset(labels))


FLOWS = [
    # selectors
    ("up", OPEN),
    ('up{zone=""}', without("zone")),
    ('up{zone!="",job="x",le=~""}', OPEN),
    ("rate(up[5m])", OPEN),
    ("-(up @ 5)", OPEN),
    # aggregations
    ("sum(up)", only()),
    ("sum by (job, zone) (up)", only("job", "zone")),
    ('sum by (job, zone) (up{zone=""})', only("job")),
    ("sum by (job) (sum by (zone) (up))", only()),
    ("sum without (zone) (up)", without("zone")),
    ("sum without (zone) (sum by (zone, job) (up))", only("job")),
    ("topk by (job) (3, up)", OPEN),
    ("bottomk(3, sum by (job) (up))", only("job")),
    ('count_values("v", up)', only("v")),
    ('count_values by (job) ("v", up)', only("job", "v")),
    ('count_values without (v, job) ("v", up)', without("job")),
    ("max_over_time(sum by (job) (up)[10m:1m])", only("job")),
    # functions
    ("histogram_quantile(0.9, sum by (le, job) (rate(b[5m])))", only("job")),
    ('label_replace(sum(up), "made", "$1", "job", "(.*)")', only("made")),
    ('label_replace(sum without (made, zone) (up), ("made"), "$1", "job", "(.*)")', without("zone")),
    ('label_join(sum by (job) (up), "made", "-", "job")', only("job", "made")),
    ("round(sum by (job) (up), 5)", only("job")),
    ("absent(up)", only()),
    ('absent(up{job="x",zone=~"y",le!="z",instance=""})', only("job")),
    ('absent_over_time(up{job="x"}[5m])', only("job")),
    ("absent(sum by (job) (up))", only()),
    ("vector(1)", only()),
    ("hour()", only()),
    ("hour(up)", OPEN),
    ("time()", only()),
    ("scalar(up)", only()),
    ("info(sum by (job) (up))", OPEN),
    # a scalar changes no labels
    ("sum by (job) (up) > 5", only("job")),
    ("5 < bool sum by (job) (up)", only("job")),
    ("(1 + time()) * sum by (job) (up)", only("job")),
    ("scalar(up) * sum by (job) (up)", only("job")),
    ("1 + 2", only()),
    # vector to vector
    ("sum by (job) (a) / sum by (job) (b)", only("job")),
    ("a / sum by (job) (b)", only("job")),
    ("sum by (job) (a) / b", only("job")),
    ("a / on (job, zone) b", only("job", "zone")),
    ("a > on (job) b", only("job")),
    ("a / on () b", only()),
    ("a / ignoring (zone) b", without("zone")),
    ("sum without (x) (a) * sum without (y) (b)", without("x", "y")),
    ("a * on (job) group_left (version) b", OPEN),
    ("sum by (job) (a) * on (job) group_left (version) b", only("job", "version")),
    ("sum by (job) (a) * on (job) group_left (version) sum by (job) (b)", only("job")),
    ("a * on (job) group_left (version) sum by (job) (b)", without("version")),
    ("b * on (job) group_right (version) sum by (job) (a)", only("job", "version")),
    ("sum by (job) (a) + fill(0) sum by (job) (b)", OPEN),
    # sets
    ("a and sum by (job) (b)", OPEN),
    ("sum by (job) (a) unless on (job) b", only("job")),
    ("sum by (job) (a) or sum by (zone) (b)", only("job", "zone")),
    ("sum by (job) (a) or b", OPEN),
    ('a{zone="",le=""} or sum by (zone) (b)', without("le")),
    ('a{zone="",le=""} or b{zone=""}', without("zone")),
]


@pytest.mark.parametrize(("expr", "flow"), FLOWS)
def test_only_labels_that_some_data_could_give_are_left(expr: str, flow: LabelFlow) -> None:
    assert label_flow(expr) == flow


def test_a_label_that_was_aggregated_away_is_known_to_be_absent() -> None:
    flow = label_flow("sum by (job) (rate(errors_total[5m])) > 1")
    assert flow.may_have("job")
    assert not flow.may_have("instance")
    assert label_flow("errors_total > 1").may_have("instance")


@given(expressions)
def test_aggregating_by_a_label_closes_every_flow(expr: str) -> None:
    flow = label_flow(f"sum by (job) ({expr}\n)")
    assert flow.only is not None
    assert flow.only <= {"job"}


@given(expressions)
def test_or_with_an_open_side_rules_out_no_more_than_the_other_side(expr: str) -> None:
    flow, either = label_flow(expr), label_flow(f"({expr}\n) or up")
    assert all(either.may_have(label) for label in LABELS)
    assert all(flow.may_have(label) <= either.may_have(label) for label in LABELS)
