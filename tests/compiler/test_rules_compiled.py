from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from compiled import resolved
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alertkit import names
from alertkit.compiler.rules.compile import Rules, compile_rules
from alertkit.compiler.rules.words import annotation, in_language, literal
from alertkit.compiler.scope import Scope
from alertkit.compiler.writing import render
from alertkit.compiler.writing.emit import emit
from alertkit.model.policy import Unit
from alertkit.model.quantity import Duration
from alertkit.model.rules import AlertingRule, RuleGroup, Source
from alertkit.model.tenant import AlertDefinition, Tenant

RULES = """services: [{name: web, owner: web}, {name: shop, owner: web}]
records:
  - {record: "job:x:rate5m", expr: "sum by (job) (rate(x[5m]))  # as written", labels: {unit: requests}}
  - {record: "job:y:rate5m", expr: "job:x:rate5m * 2"}
alerts:
  - {name: A, service: web, expr: x > 1, severity: critical, summary: a, labels: {region: eu}}
  - {name: B, service: shop, expr: y > 1, severity: info, summary: b, for: 5m, keep_firing_for: 1m}
  - {name: C, service: web, expr: z > 1, severity: info, summary: c, description: more, runbook: "https://r.example/c"}
"""


def compiled(folder: Path, example: str = RULES) -> Rules:
    tenant, scope = resolved(folder, example)
    return compile_rules(tenant, scope.project, scope.guard)


def alerts(rules: Rules) -> dict[str, AlertingRule]:
    return {rule.id: rule for group in rules.alerts for rule in group.rules if isinstance(rule, AlertingRule)}


def test_the_tenant_label_comes_last_on_every_rule_and_is_the_tenant_s(tmp_path: Path) -> None:
    rules = compiled(tmp_path)
    every = [rule for group in (*rules.records, *rules.alerts) for rule in group.rules]
    assert len(every) == 5
    assert all(list(rule.labels.items())[-1] == ("tenant", "acme") for rule in every)


def test_every_selector_asks_for_the_tenant_and_the_rest_is_the_author_s(tmp_path: Path) -> None:
    rules = compiled(tmp_path)
    assert [rule.expr for rule in rules.records[0].rules] == [
        'sum by (job) (rate(x{tenant="acme"}[5m]))  # as written',
        'job:x:rate5m{tenant="acme"} * 2',
    ]


def test_an_isolated_data_source_gets_the_author_s_expressions_with_the_label_all_the_same(tmp_path: Path) -> None:
    rules = compiled(tmp_path, "# alertkit.yaml\ntenancy: {label: customer, enforce: label}\n# tenants/acme.yaml\n" + RULES)
    assert alerts(rules)["A"].expr == "x > 1"
    assert list(alerts(rules)["A"].labels.items())[-1] == ("customer", "acme")


def test_records_keep_their_order_because_one_may_read_another_and_alerts_stand_by_service(tmp_path: Path) -> None:
    rules = compiled(tmp_path)
    assert [(group.name, len(group.rules)) for group in rules.records] == [("acme/records", 2)]
    assert [(group.name, [rule.alert for rule in group.rules]) for group in rules.alerts] == [
        ("acme/web", ["A", "C"]),
        ("acme/shop", ["B"]),
    ]


def test_an_alert_has_the_labels_that_route_it(tmp_path: Path) -> None:
    assert alerts(compiled(tmp_path))["A"].labels == {
        "region": "eu",
        "service": "web",
        "severity": "critical",
        "tenant": "acme",
    }


def test_annotations_say_which_rule_it_is_what_it_measured_and_in_which_unit(tmp_path: Path) -> None:
    rules = alerts(compiled(tmp_path, RULES.replace("summary: c", "summary: c, unit: bytes")))
    assert rules["C"].annotations == {
        "summary": "c",
        "description": "more",
        "runbook_url": "https://r.example/c",
        "alertkit_rule": "C",
        "alertkit_value": "{{ $value }}",
        "alertkit_unit": "bytes",
    }
    assert set(rules["A"].annotations) == {"summary", "alertkit_rule", "alertkit_value", "alertkit_unit"}
    assert rules["B"].hold == Duration.of(minutes=5)
    assert rules["B"].keep_firing_for == Duration.of(minutes=1)


def test_a_project_with_grafana_links_every_alert_to_its_panel(tmp_path: Path) -> None:
    rules = alerts(compiled(tmp_path, '# alertkit.yaml\ngrafana: {url: "https://g.example"}\n# tenants/acme.yaml\n' + RULES))
    links = {rule.annotations[names.ANNOTATION_DASHBOARD] for rule in rules.values()}
    assert len(links) == 3
    assert all(link.startswith("https://g.example/d/ak-acme-technical-") and "viewPanel=" in link for link in links)


def test_a_tenant_without_rules_has_no_groups(tmp_path: Path) -> None:
    assert compiled(tmp_path, "title: Quiet\n") == Rules((), ())


@pytest.mark.parametrize(
    ("locale", "text", "words"),
    [
        ("de_AT", {"de_AT": "a", "de": "b", "en": "c"}, "a"),
        ("de_AT", {"en": "c", "de": "b"}, "b"),
        ("de_AT", {"fr": "d", "en": "c"}, "c"),
        ("de_AT", {"it": "e", "fr": "d"}, "e"),
        ("de_AT", {}, ""),
    ],
)
def test_a_sentence_is_in_the_nearest_language_there_is(locale: str, text: dict[str, str], words: str) -> None:
    assert in_language(text, locale) == words


# Nothing of a sentence or a label reaches Prometheus' template language.

HOSTILE_JOB = 'x{{ query "secret" }}{{"{"}}\'"\\'
VALUES: dict[Unit, str] = {
    "none": "2.5",
    "duration": "2.5s",
    "percent": "250%",
    "bytes": "2.5B",
    "per_second": "2.5/s",
    "count": "2",
}

braces = st.sampled_from(
    ["{{", "}}", "{", "}", "{{ $value }}", '{{ query "secret" }}', "{{- 1 -}}", "{{/*", "*/}}", "{%", "\\{", "`", '"']
)
literals = st.one_of(braces, st.text(max_size=8), st.lists(braces, max_size=4).map("".join))
parts = st.lists(
    st.one_of(literals.map(lambda text: ("text", text)), st.sampled_from([("field", f) for f in ("value", "job", "region")]))
)
sentences = parts.filter(lambda found: any(text for _, text in found))
units = st.sampled_from(sorted(VALUES))


def written(found: list[tuple[str, str]]) -> str:
    """The sentence as an author writes it."""
    return "".join(f"{{{text}}}" if kind == "field" else text.replace("{", "{{").replace("}", "}}") for kind, text in found)


def shown(found: list[tuple[str, str]], unit: Unit, region: str) -> str:
    """What people must read."""
    fields = {"value": VALUES[unit], "job": HOSTILE_JOB, "region": region}
    return "".join(fields[text] if kind == "field" else text for kind, text in found)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tenant, Scope]:
    return resolved(tmp_path_factory.mktemp("base"))


def hostile_alert(number: int, summary: str, unit: Unit, region: str) -> AlertDefinition:
    return AlertDefinition(
        name=f"A{number}",
        service="web",
        expr="up > 0",
        severity="info",
        summary={"en": summary},
        source=Source("a.yaml", 1),
        labels={"region": region},
        unit=unit,
        description={"en": summary},
    )


def expected(rule: AlertingRule, region: str, words: str) -> dict[str, Any]:
    labels = {"job": HOSTILE_JOB, "region": region, "service": "web", "severity": "info", "tenant": "acme"}
    own = {"alertkit_rule": rule.id, "alertkit_value": "2.5", "alertkit_unit": rule.annotations["alertkit_unit"]}
    found = {"exp_labels": labels, "exp_annotations": {"summary": words, "description": words, **own}}
    return {"eval_time": "0m", "alertname": rule.alert, "exp_alerts": [found]}


def promtool_test(promtool: str, groups: tuple[RuleGroup, ...], cases: list[dict[str, Any]]) -> str:
    """What promtool has against the cases, "" when nothing."""
    job = HOSTILE_JOB.replace("\\", "\\\\").replace('"', '\\"')
    series = [
        {"series": f'up{{tenant="acme",job="{job}"}}', "values": "2.5"},
        {"series": 'secret{tenant="globex"}', "values": "4111"},
    ]
    tests = {"rule_files": ["rules.yaml"], "tests": [{"input_series": series, "alert_rule_test": cases}]}
    with TemporaryDirectory() as folder:
        (Path(folder) / "rules.yaml").write_bytes(render.rule_file(groups, "acme"))
        (Path(folder) / "tests.yaml").write_text(emit(tests), encoding="utf-8", newline="")
        for command in (["check", "rules", "rules.yaml"], ["test", "rules", "tests.yaml"]):
            done = subprocess.run([promtool, *command], cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                return done.stdout + done.stderr
    return ""


@settings(max_examples=8)
@given(found=st.lists(st.tuples(sentences, units, literals.filter(bool)), min_size=20, max_size=40))
def test_whatever_a_sentence_or_a_label_holds_prometheus_shows_it_as_written(
    found: list[tuple[list[tuple[str, str]], Unit, str]], base: tuple[Tenant, Scope], tool: Callable[[str], str]
) -> None:
    tenant, scope = base
    definitions = tuple(hostile_alert(number, written(s), unit, region) for number, (s, unit, region) in enumerate(found))
    groups = compile_rules(replace(tenant, alerts=definitions), scope.project, scope.guard).alerts
    rules = [rule for group in groups for rule in group.rules if isinstance(rule, AlertingRule)]
    cases = [expected(rule, region, shown(words, unit, region)) for rule, (words, unit, region) in zip(rules, found, strict=True)]
    assert promtool_test(tool("promtool"), groups, cases) == ""


def test_a_case_that_expects_something_else_fails(base: tuple[Tenant, Scope], tool: Callable[[str], str]) -> None:
    tenant, scope = base
    groups = compile_rules(
        replace(tenant, alerts=(hostile_alert(0, "{value}", "none", "eu"),)), scope.project, scope.guard
    ).alerts
    (rule,) = groups[0].rules
    assert isinstance(rule, AlertingRule)
    assert "FAILED" in promtool_test(tool("promtool"), groups, [expected(rule, "eu", "{{ $value }}")])


@given(literals)
def test_a_literal_holds_no_brace_but_in_quotes(text: str) -> None:
    assert literal(text).replace('{{"{"}}', "").count("{") == 0


def test_a_label_that_the_rule_sets_is_written_out_because_the_template_has_none_of_it() -> None:
    assert annotation("{service} {job}", "none", {"service": "a{b"}) == 'a{{"{"}}b {{ $labels.job }}'
