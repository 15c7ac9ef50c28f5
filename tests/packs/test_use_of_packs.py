from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import projects
import pytest
from pack_projects import compiled, make_project, resolved, rules

from alertkit import build, names, paths
from alertkit.errors import Level


def used(folder: Path, entry: dict[str, Any], **sections: Any) -> Path:
    return make_project(folder, [{"name": "checkout", "packs": [entry]}], **sections)


def alert(project: Path, name: str, environment: str = "") -> dict[str, Any]:
    return next(rule for rule in rules(project, environment) if rule.get("alert") == name)


def policy(project: Path) -> Any:
    files = next(tenant.files for tenant in compiled(project).tenants if tenant.tenant == "acme")
    return json.loads(files[paths.policy("acme")])


def test_an_alert_of_a_pack_carries_service_severity_and_a_stable_id(tmp_path: Path) -> None:
    found = alert(used(tmp_path, {"use": "http-service"}), "HighErrors")
    assert found["labels"] == {"service": "checkout", "severity": "critical", "tenant": "acme"}
    assert found["annotations"]["alertkit_rule"] == "checkout/http-service/HighErrors"
    assert found["for"] == "5m"


def test_the_words_of_a_pack_travel_in_five_languages_under_the_rules_id(tmp_path: Path) -> None:
    texts = policy(used(tmp_path, {"use": "http-service"}))["texts"]
    assert set(texts["checkout/http-service/HighErrors"]["summary"]) == set(names.LANGUAGES)


def test_records_carry_the_service_and_alerts_read_those_of_their_own(tmp_path: Path) -> None:
    project = used(tmp_path, {"use": "http-service"})
    record = next(rule for rule in rules(project) if rule.get("record") == "service:http_requests:rate5m")
    assert record["labels"] == {"service": "checkout", "tenant": "acme"}
    assert 'job="checkout"' in record["expr"]
    assert 'service:http_requests:rate5m{tenant="acme",service="checkout"} > 0.1' in alert(project, "HighErrors")["expr"]


def test_parameters_replace_the_defaults(tmp_path: Path) -> None:
    values = {"job": "shop", "latency_p99": "300ms", "duration": "request_seconds", "status_label": "status"}
    project = used(tmp_path, {"use": "http-service", "with": values})
    expressions = "\n".join(rule["expr"] for rule in rules(project))
    assert "> 0.3 and" in alert(project, "HighLatency")["expr"]
    assert "request_seconds_bucket" in expressions
    assert 'status=~"5.."' in expressions
    assert 'job="checkout"' not in expressions


def test_an_alert_can_be_switched_off(tmp_path: Path) -> None:
    project = used(tmp_path, {"use": "http-service", "alerts": {"HighErrors": "off"}})
    found = {rule.get("alert") for rule in rules(project)}
    assert "HighErrors" not in found
    assert "HighLatency" in found
    assert "checkout/http-service/HighErrors" not in policy(project)["texts"]


def test_an_alert_can_be_changed_in_place(tmp_path: Path) -> None:
    change = {
        "for": "20m",
        "keep_firing_for": "30m",
        "severity": "info",
        "summary": "Slow: {value}",
        "runbook": "https://runbooks.example/slow",
    }
    project = used(tmp_path, {"use": "http-service", "alerts": {"HighLatency": change}})
    found = alert(project, "HighLatency")
    assert (found["for"], found["keep_firing_for"], found["labels"]["severity"]) == ("20m", "30m", "info")
    assert found["annotations"]["summary"] == "Slow: {{ $value | humanizeDuration }}"
    assert found["annotations"]["runbook_url"] == "https://runbooks.example/slow"
    words = policy(project)["texts"]["checkout/http-service/HighLatency"]["summary"]
    assert words["en"] == "Slow: {value}"
    assert words["de"].startswith("Jede hundertste")


def test_runbooks_are_linked_where_the_project_publishes_them(tmp_path: Path) -> None:
    services = [{"name": "checkout", "packs": [{"use": "http-service"}]}]
    project = make_project(tmp_path, services, {"runbooks": "https://runbooks.example/{pack}/{alert}.html"})
    assert alert(project, "HighErrors")["annotations"]["runbook_url"] == "https://runbooks.example/http-service/HighErrors.html"


def test_without_a_place_for_runbooks_nothing_is_linked(tmp_path: Path) -> None:
    assert "runbook_url" not in alert(used(tmp_path, {"use": "http-service"}), "HighErrors")["annotations"]


def test_relaxed_environments_take_relaxed_values_unless_the_tenant_says_otherwise(tmp_path: Path) -> None:
    project = used(tmp_path, {"use": "http-service", "with": {"latency_p99": "300ms"}})
    assert "> 0.05 and" in alert(project, "HighErrors", "staging")["expr"]
    assert "> 0.3 and" in alert(project, "HighLatency", "staging")["expr"]
    assert "> 0.01 and" in alert(project, "HighErrors", "production")["expr"]
    assert "> 0.01 and" in alert(project, "HighErrors")["expr"]


def test_an_environment_changes_a_use_without_repeating_it(tmp_path: Path) -> None:
    partial = {"services": [{"name": "checkout", "packs": [{"use": "http-service", "with": {"errors": "3%"}}]}]}
    entry = {"use": "http-service", "with": {"job": "shop"}, "alerts": {"HighLatency": "off"}}
    project = used(tmp_path, entry, environments={"production": partial})
    found = rules(project, "production")
    assert "> 0.03 and" in alert(project, "HighErrors", "production")["expr"]
    assert any('job="shop"' in rule["expr"] for rule in found)
    assert "HighLatency" not in {rule.get("alert") for rule in found}


def test_what_is_switched_off_can_be_switched_on_in_an_environment(tmp_path: Path) -> None:
    partial = {"services": [{"name": "checkout", "packs": [{"use": "http-service", "alerts": {"HighLatency": {}}}]}]}
    entry = {"use": "http-service", "alerts": {"HighLatency": "off"}}
    project = used(tmp_path, entry, environments={"production": partial})
    assert alert(project, "HighLatency", "production")


def test_a_prometheus_that_does_not_know_keep_firing_for_gets_none(tmp_path: Path) -> None:
    services = [{"name": "checkout", "packs": [{"use": "http-service"}]}]
    project = make_project(tmp_path, services, {"targets": {"prometheus": "2.40"}})
    result = build(project)
    text = next(tenant.files for tenant in result.tenants if tenant.tenant == "acme")[paths.alerts("acme")]
    assert b"alert: HighErrors" in text
    assert b"keep_firing_for" not in text
    assert [(problem.code, problem.level) for problem in result.problems] == [("AK407", Level.WARNING)]


def test_the_platform_uses_packs_in_the_project_file(tmp_path: Path) -> None:
    platform = {"services": [{"name": "prometheus", "owner": "platform", "packs": [{"use": "prometheus-stack"}]}]}
    project = make_project(tmp_path, [], platform)
    files = next(tenant.files for tenant in compiled(project).tenants if tenant.tenant == names.PLATFORM)
    text = files[paths.alerts(names.PLATFORM)].decode()
    assert "prometheus/prometheus-stack/Watchdog" in text
    assert 'tenant="' not in text


def test_cases_stay_with_a_use_only_while_its_thresholds_are_theirs(tmp_path: Path) -> None:
    changes = {"InstancesDown": {"for": "1h"}, "NoInstances": {"severity": "info"}}
    entry = {"use": "http-service", "with": {"job": "shop", "errors": "2%"}, "alerts": changes}
    cases = resolved(used(tmp_path, entry)).cases
    kept = {case.alert.rpartition("/")[2] for case in cases}
    assert kept == {"HighLatency", "TrafficDrop", "NoInstances"}
    assert all('job="shop"' in series for case in cases for series in case.series if "rate5m" not in series)


def test_routes_can_match_the_names_of_a_packs_alerts(tmp_path: Path) -> None:
    escalation = [{"name": "day", "steps": [{"notify": [{"team": "platform"}]}]}]
    routing = {"routes": [{"match": {"alertname": "HighErrors"}, "escalate": "day"}]}
    assert rules(used(tmp_path, {"use": "http-service"}, escalation=escalation, routing=routing))


USE = "services:\n  - name: web\n    owner: web\n    packs:\n      - use: http-service\n"
MISTAKES = {
    "an unknown pack": ("AK801", USE.replace("http-service", "«http-servce"), "did you mean 'http-service'?"),
    "a pack that is a path": ("AK204", USE.replace("http-service", "«../http-service"), ""),
    "an unknown parameter": ("AK802", USE + "        with: {«latency: 1s}\n", "did you mean 'latency_p99'?"),
    "a number for a duration": ("AK804", USE + "        with: {latency_p99: «3}\n", "Time within which 99 of 100"),
    "a ratio out of bounds": ("AK804", USE + "        with:\n          errors: «60%\n", "Share of requests"),
    "a list for a value": ("AK203", USE + "        with: {job: «[a, b]}\n", ""),
    "an unknown alert": ("AK805", USE + "        alerts: {«HighError: off}\n", "did you mean 'HighErrors'?"),
    "an unknown severity": ("AK205", USE + "        alerts: {HighErrors: {severity: «page}}\n", ""),
    "an unknown change": ("AK201", USE + "        alerts: {HighErrors: {«after: 5m}}\n", ""),
    "on": ("AK205", USE + "        alerts: {HighErrors: «on}\n", ""),
    "the same pack twice": ("AK302", USE + "      - use: «http-service\n", "a second use needs a service of its own"),
    "a metric that is no metric": ("AK804", USE + "        with: {requests: «http requests}\n", ""),
    "a label that is the tenant's": ("AK807", USE + "        with: «{status_label: tenant}\n", ""),
    "a field that no label can fill": (
        "AK406",
        USE + "        alerts: {NoInstances: {summary: «'{path} fails'}}\n",
        "",
    ),
    "an alert of the tenant's own by the same name": (
        "AK302",
        USE.replace("use: ", "use: «")
        + "alerts:\n  - {name: HighErrors, service: web, expr: up == 0, severity: info, summary: down}\n",
        "switch one off",
    ),
    "keep_firing_for, which the target does not know": (
        "AK407",
        '# alertkit.yaml\ntargets: {prometheus: «"2.40"}\n# tenants/acme.yaml\n'
        + USE
        + "        alerts: {HighErrors: {«keep_firing_for: 5m}}\n",
        "",
    ),
    "a record that is a shared metric": (
        "AK408",
        '# alertkit.yaml\nshared_metrics: ["service:http_requests:rate5m"]\n# tenants/acme.yaml\n'
        + USE.replace("use: ", "use: «"),
        "take the name out of shared_metrics",
    ),
    "a relaxed environment that there is not": ("AK305", "# alertkit.yaml\nrelaxed: [«stagin]\n", "did you mean 'staging'?"),
}


@pytest.mark.parametrize(("code", "example", "hint"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_in_a_use_is_one_problem_at_its_place(code: str, example: str, hint: str, tmp_path: Path) -> None:
    places = projects.make_example(tmp_path, example)
    found = projects.check(tmp_path)
    assert [(problem.code, projects.where(problem)) for problem in found] == [(code, place) for place in places]
    assert hint in found[0].hint


def test_the_same_alert_in_two_services_is_no_clash(tmp_path: Path) -> None:
    example = USE + "  - {name: api, owner: web, packs: [{use: http-service}]}\n"
    assert projects.problems(tmp_path, example) == []


def test_an_alert_that_is_off_clashes_with_nothing(tmp_path: Path) -> None:
    own = "alerts:\n  - {name: HighErrors, service: web, expr: up == 0, severity: info, summary: down}\n"
    assert projects.problems(tmp_path, USE + '        alerts: {HighErrors: "off"}\n' + own) == []
