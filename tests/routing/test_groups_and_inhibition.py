"""Which alerts share a notification, and which mute others."""

from __future__ import annotations

import pytest

from alertkit.model.route import InhibitRule, Matcher, Route
from alertkit.routing import Inhibition, group_key, group_labels, inhibited_by, match

LABELS = {"tenant": "acme", "alertname": "Down", "instance": "a", "empty": ""}


def path(*group_by: str):
    return match(Route((), "r", group_by), LABELS)[0]


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ((), {}),
        (("tenant", "alertname"), {"alertname": "Down", "tenant": "acme"}),
        (("tenant", "missing", "empty"), {"tenant": "acme"}),
        (("...",), {"alertname": "Down", "instance": "a", "tenant": "acme"}),
    ],
)
def test_a_group_is_made_of_the_labels_that_are_there(group_by, expected):
    assert group_labels(path(*group_by), LABELS) == expected
    assert list(group_labels(path(*group_by), LABELS)) == sorted(expected)


def test_a_group_key_reads_as_in_alertmanagers_webhook():
    root = Route((), "r", ("tenant", "alertname"), routes=(Route((Matcher("tenant", "=", "acme"),)),))
    (taken,) = match(root, LABELS)
    assert group_key(taken, LABELS) == '{}/{tenant="acme"}:{alertname="Down", tenant="acme"}'


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ('a"b\\', r'"a\"b\\"'),
        ("\n\t\a", r'"\n\t\a"'),
        ("\x01\x7f", r'"\x01\x7f"'),
        ("é😀", '"é😀"'),
        ("\u00a0\u200b", r'"\u00a0\u200b"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_a_group_key_quotes_values_as_go_does(value, quoted):
    assert group_key(path("tenant"), {"tenant": value}) == f"{{}}:{{tenant={quoted}}}"


EDGE = InhibitRule((Matcher("alertname", "=", "EdgeDown"),), (Matcher("severity", "=", "warning"),), ("tenant", "region"))
SOURCE = {"alertname": "EdgeDown", "tenant": "acme", "region": "eu", "severity": "critical"}
TARGET = {"alertname": "Slow", "tenant": "acme", "region": "eu", "severity": "warning"}


def test_a_firing_source_mutes_targets_with_equal_labels_and_is_named():
    assert inhibited_by([EDGE], TARGET, [TARGET, SOURCE]) == (Inhibition(0, SOURCE),)


@pytest.mark.parametrize(
    ("target", "source"),
    [
        (TARGET | {"tenant": "globex"}, SOURCE),
        (TARGET | {"severity": "critical"}, SOURCE),
        (TARGET, SOURCE | {"alertname": "Other"}),
        (TARGET, SOURCE | {"region": ""}),
    ],
)
def test_another_tenant_severity_name_or_region_mutes_nothing(target, source):
    assert inhibited_by([EDGE], target, [source]) == ()


def test_an_equal_label_that_both_lack_is_equal():
    bare = [{name: value for name, value in labels.items() if name != "region"} for labels in (TARGET, SOURCE)]
    assert inhibited_by([EDGE], bare[0], [bare[1]]) == (Inhibition(0, bare[1]),)


def test_alerts_that_meet_both_sides_do_not_mute_each_other():
    both = InhibitRule((Matcher("severity", "=~", "critical|warning"),), (Matcher("severity", "=~", ".+"),), ("tenant",))
    assert inhibited_by([both], TARGET, [TARGET, SOURCE]) == ()
    info = TARGET | {"severity": "info"}
    assert inhibited_by([both], info, [SOURCE]) == (Inhibition(0, SOURCE),)


def test_every_reason_is_given():
    other = InhibitRule((Matcher("severity", "=", "critical"),), (Matcher("alertname", "=", "Slow"),), ())
    second = SOURCE | {"instance": "b"}
    assert inhibited_by([EDGE, other], TARGET, [SOURCE, second]) == (
        Inhibition(0, SOURCE), Inhibition(0, second), Inhibition(1, SOURCE), Inhibition(1, second),
    )  # fmt: skip
