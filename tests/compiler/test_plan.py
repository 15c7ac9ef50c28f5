"""What changes, rule by rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import projects
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit import build, write
from alertkit.compiler.writing import render
from alertkit.compiler.writing.plan import FieldChange, RuleChange, TenantPlan, _difference
from alertkit.compiler.writing.render import rule_key
from alertkit.errors import Level, Problem
from alertkit.model.rules import AlertingRule, RecordingRule, Source

RULES = """services: [{name: web, owner: web}, {name: shop, owner: web}]
records:
  - {record: "job:x:rate5m", expr: "sum by (job) (rate(x[5m]))"}
  - {record: "job:x:rate5m", expr: "sum by (job) (rate(y[5m]))", labels: {of: y}}
alerts:
  - {name: Slow, service: web, expr: x > 0.5, for: 5m, severity: warning, summary: slow}
  - {name: Down, service: web, expr: up == 0, severity: critical, summary: down}
"""
Change = Callable[[str], str]


def changes(folder: Path, *definitions: str) -> tuple[RuleChange, ...]:
    """The rule changes of the last of several definitions that are generated one after the other."""
    found: tuple[RuleChange, ...] = ()
    for given_text in definitions:
        plan = write(build(projects.make(folder, {"acme": given_text})))
        assert not plan.failed, plan.problems
        found = next(tenant.rules for tenant in plan.tenants if tenant.tenant == "acme")
    return found


def test_every_rule_of_a_new_tenant_is_added_with_the_line_that_asked_for_it(tmp_path: Path) -> None:
    assert changes(tmp_path, RULES) == (
        RuleChange("+", "record job:x:rate5m", (), "tenants/acme.yaml:3"),
        RuleChange("+", 'record job:x:rate5m{of="y"}', (), "tenants/acme.yaml:4"),
        RuleChange("+", "alert Slow", (), "tenants/acme.yaml:6"),
        RuleChange("+", "alert Down", (), "tenants/acme.yaml:7"),
    )


def test_editing_one_threshold_changes_one_rule_and_the_plan_says_which_and_how(tmp_path: Path) -> None:
    edited = RULES.replace("x > 0.5", "x > 0.8")
    assert changes(tmp_path, RULES, edited) == (
        RuleChange(
            "~",
            "alert Slow",
            (FieldChange("expr", 'x{tenant="acme"} > 0.5', 'x{tenant="acme"} > 0.8'),),
            "tenants/acme.yaml:6",
        ),
    )


EDITS = {
    "a record's expression": (
        lambda text: text.replace("rate(y[5m])", "rate(y[10m])"),
        'record job:x:rate5m{of="y"}',
        ('expr: … (rate(y{tenant="acme"}[5m])) → … (rate(y{tenant="acme"}[10m]))',),
    ),
    "how long it must hold": (lambda text: text.replace("for: 5m", "for: 10m"), "alert Slow", ("for: 5m → 10m",)),
    "that it need not hold": (lambda text: text.replace(" for: 5m,", ""), "alert Slow", ("for: 5m → nothing",)),
    "a severity": (
        lambda text: text.replace("severity: warning", "severity: info"),
        "alert Slow",
        ("labels.severity: warning → info",),
    ),
    "the service and with it the group": (
        lambda text: text.replace("{name: Down, service: web", "{name: Down, service: shop"),
        "alert Down",
        ("labels.service: web → shop",),
    ),
    "a sentence and its unit": (
        lambda text: text.replace("summary: slow", "summary: very slow, unit: duration"),
        "alert Slow",
        ("annotations.summary: slow → very slow", "annotations.alertkit_unit: none → duration"),
    ),
    "a new label": (
        lambda text: text.replace("summary: down", "summary: down, labels: {region: eu}"),
        "alert Down",
        ("labels.region: nothing → eu",),
    ),
}


@pytest.mark.parametrize(("edit", "rule", "details"), EDITS.values(), ids=EDITS)
def test_an_edit_changes_its_rule_alone_and_says_what(edit: Change, rule: str, details: tuple[str, ...], tmp_path: Path) -> None:
    (found,) = changes(tmp_path, RULES, edit(RULES))
    assert (found.sign, found.rule) == ("~", rule)
    said = set(map(str, found.changes))
    assert set(details) <= said
    assert len(said) <= len(details) + 1  # a new label is also written out in no sentence here


def test_a_rule_that_is_renamed_goes_and_comes(tmp_path: Path) -> None:
    found = changes(tmp_path, RULES, RULES.replace("name: Down", "name: Gone"))
    assert [(change.sign, change.rule) for change in found] == [("+", "alert Gone"), ("-", "alert Down")]


def test_a_rule_that_is_removed_is_said_so(tmp_path: Path) -> None:
    assert changes(tmp_path, RULES, RULES.rpartition("  - {name: Down")[0]) == (RuleChange("-", "alert Down"),)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "# a comment\n" + text,
        lambda text: text.replace("name: Slow, service: web", "service: web, name: Slow"),
        lambda text: text.replace("title: Acme", "title: Other"),
    ],
    ids=["a comment", "another order of keys", "the tenant's title"],
)
def test_what_changes_no_rule_is_in_no_plan_of_rules(edit: Change, tmp_path: Path) -> None:
    assert changes(tmp_path, RULES, edit("title: Acme\n" + RULES)) == ()


def test_a_plan_does_not_fail_on_files_that_somebody_broke(tmp_path: Path) -> None:
    changes(tmp_path, RULES)
    (tmp_path / "generated" / "rules" / "acme.alerts.yaml").write_text("# generated by alertkit\ngroups: [", encoding="utf-8")
    (found,) = changes(tmp_path, RULES.replace("x > 0.5", "x > 0.8"))
    assert (found.sign, found.rule) == ("~", "alert Slow")


def test_a_record_is_called_by_its_name_and_its_own_labels() -> None:
    source = Source("a.yaml", 1)
    labelled = RecordingRule("a:b", "x", {"z": "1", "b": "2", "tenant": "acme"}, source)
    assert rule_key(render.rule(labelled)) == 'record a:b{b="2", z="1"}'
    assert rule_key(render.rule(RecordingRule("a:b", "x", {"tenant": "acme"}, source))) == "record a:b"
    alert = AlertingRule("web/pack/A", "A", "x", {"tenant": "acme"}, {"alertkit_rule": "web/pack/A"}, source)
    assert rule_key(render.rule(alert)) == "alert web/pack/A"


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_difference_is_short_and_shows_where_two_texts_part(before: str, after: str) -> None:
    shown = _difference(before, after)
    assert len(shown) < 300


@given(
    st.text("ab ", max_size=60),
    st.text("cd ", min_size=1, max_size=9),
    st.text("ef ", min_size=1, max_size=9),
    st.text("ab", max_size=60),
)
def test_both_sides_of_a_difference_hold_what_differs(start: str, one: str, other: str, end: str) -> None:
    left, _, right = _difference(start + one + end, start + other + end).partition(" → ")
    assert one.strip() in left
    assert other.strip() in right


def test_a_tenant_has_failed_when_one_of_its_problems_is_an_error() -> None:
    warning = Problem("a.yaml", 1, 1, "AK409", "x", level=Level.WARNING)
    error = Problem("a.yaml", 1, 1, "AK401", "x")
    assert not TenantPlan("acme", problems=(warning,)).failed
    assert TenantPlan("acme", problems=(warning, error)).failed
