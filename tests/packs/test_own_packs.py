"""A team's own pack: a folder of text beside the project, no line of alertkit."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import projects
import pytest
from pack_projects import generate, make_project, resolved, rules, run_cases

from alertkit import check
from alertkit.compiler.api import build
from alertkit.compiler.generate import Options
from alertkit.compiler.generate import generate as generate_all
from alertkit.compiler.reading.load import load_text
from alertkit.compiler.workspace import open_project
from alertkit.model.document import plain

QUEUE = """\
name: queue
title: Queue
description: A queue whose oldest job waits too long, or that grows.
version: "1.0"
exporter: The queue itself
parameters:
  name:
    type: text
    example: mails
    description: Name of the queue.
  wait:
    type: duration
    default: 10m
    relaxed: 1h
    minimum: 1s
    description: Longest wait.
    reason: Mails are expected within ten minutes.
metrics:
  queue_oldest_seconds: Age of the oldest job.
  queue_length: Jobs that wait.
records:
  - record: service:queue_length:avg10m
    expr: avg_over_time(queue_length{queue="${name}"}[10m])
alerts:
  - name: QueueStuck
    expr: queue_oldest_seconds{queue="${name}"} > ${wait} and on() service:queue_length:avg10m > 0
    for: 5m
    severity: critical
    unit: duration
    summary: {en: "The oldest job of {service} waits {value}", fr: "La plus ancienne tâche de {service} attend depuis {value}"}
    description: {en: No worker takes jobs any more.}
cases:
  - alert: QueueStuck
    title: 11 minutes
    series: {'queue_oldest_seconds{queue="${name}"}': 660x20, 'queue_length{queue="${name}"}': 1x20}
    silent_at: 4m
    fires_at: 7m
  - alert: QueueStuck
    title: 9 minutes
    series: {'queue_oldest_seconds{queue="${name}"}': 540x20, 'queue_length{queue="${name}"}': 1x20}
    silent_at: 15m
"""


def own_pack(project: Path, text: str = QUEUE, name: str = "queue") -> Path:
    folder = project / "packs" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    return project


def with_queue(folder: Path) -> Path:
    used = [{"use": "queue", "with": {"name": "mails"}}]
    return own_pack(make_project(folder, [{"name": "mail", "packs": used}, {"name": "letters", "packs": used}]))


def test_a_pack_in_the_project_compiles_and_its_cases_hold(tool: Callable[[str], str], tmp_path: Path) -> None:
    project = with_queue(tmp_path)
    cases = resolved(project).cases
    assert {case.alert for case in cases} == {"mail/queue/QueueStuck", "letters/queue/QueueStuck"}
    assert run_cases(tool("promtool"), cases, generate(project), tmp_path) == ""


def test_a_pack_of_the_project_comes_before_one_that_ships(tmp_path: Path) -> None:
    text = QUEUE.replace("name: queue\n", "name: host\n", 1)
    project = make_project(tmp_path, [{"name": "mail", "packs": [{"use": "host", "with": {"name": "mails"}}]}])
    assert [rule.get("alert") for rule in rules(own_pack(project, text, "host")) if "alert" in rule] == ["QueueStuck"]


def test_a_changed_pack_is_compiled_anew(tmp_path: Path) -> None:
    project = with_queue(tmp_path)
    options = Options(project / "generated")
    generate_all(open_project(project), (), options)
    own_pack(project, QUEUE.replace("default: 10m", "default: 20m"))
    plan = generate_all(open_project(project), (), options)
    acme = next(tenant for tenant in plan.tenants if tenant.tenant == "acme")
    assert [change.rule for change in acme.rules] == ["alert mail/queue/QueueStuck", "alert letters/queue/QueueStuck"]


def test_a_broken_pack_stops_only_the_tenants_that_use_it(tmp_path: Path) -> None:
    project = own_pack(with_queue(tmp_path), QUEUE.replace("> ${wait}", "> ${longest}"))
    globex = (project / "tenants" / "acme.yaml").read_text().replace('"acme"', '"globex"').replace('"queue"', '"host"')
    (project / "tenants" / "globex.yaml").write_text(globex.replace('"name": "mails"', ""))
    built = {tenant.tenant: tenant for tenant in build(project).tenants}
    assert built["globex"].files
    assert not built["acme"].files
    assert {problem.code for problem in built["acme"].problems} == {"AK806"}
    assert "packs/queue/pack.yaml:26:" in built["acme"].problems[0].message
    assert {problem.code for problem in check(project)} == {"AK806", "AK811"}


def test_a_pack_that_nobody_uses_is_checked_as_well(tmp_path: Path) -> None:
    project = own_pack(make_project(tmp_path, []), QUEUE.replace("> ${wait}", ">"))
    assert [(problem.code, problem.file) for problem in check(project)] == [("AK401", "packs/queue/pack.yaml")]


def test_a_pack_file_that_cannot_be_read_is_a_problem_of_its_users(tmp_path: Path) -> None:
    project = with_queue(tmp_path)
    (project / "packs" / "queue" / "pack.yaml").write_bytes(b"name: \xff\n")
    assert {problem.code for problem in check(project)} == {"AK103", "AK806"}


def test_words_in_some_languages_are_enough(tmp_path: Path) -> None:
    summaries = [rule["annotations"]["summary"] for rule in rules(with_queue(tmp_path)) if "alert" in rule]
    assert "The oldest job of mail waits {{ $value | humanizeDuration }}" in summaries


def pack(section: str) -> str:
    return f"# packs/queue/pack.yaml\n{section}"


ALERT = """\
alerts:
  - name: QueueStuck
    expr: {}
    severity: warning
    summary: {{en: stuck}}
    description: {{en: stuck}}
"""
LIMITED = ALERT.format("queue_oldest_seconds > ${limit}")
TYPED = "parameters:\n  limit: {{type: {}, {}, description: Longest wait.}}\n"
SILENT = "  - {alert: QueueStuck, title: slow, series: {queue_oldest_seconds: 599x9}, silent_at: 5m}\n"
FIRES = "  - {alert: QueueStuck, title: stuck, series: {queue_oldest_seconds: 601x9}, fires_at: 5m}\n"
CASE = f"cases:\n{SILENT}{FIRES}  - "
RECORD = "{{record: {}'{}', expr: {}}}"
RECORDS = "records: [{}, {}]\n"
MISTAKES = {
    "a name that is not the folder's": ("AK304", "name: «queues\n"),
    "a key that there is not": ("AK201", "«owner: me\n"),
    "a type that there is not": ("AK205", TYPED.format("«percentage", "default: 1%")),
    "a default of another type": ("AK812", TYPED.format("duration", "default: «1%")),
    "a default outside of its bounds": ("AK812", TYPED.format("duration", "default: «1s, minimum: 5s")),
    "neither default nor example": ("AK812", "parameters: {«limit: {type: duration, description: Longest wait.}}\n"),
    "a bound of a text": ("AK812", TYPED.format("text", "default: a, «minimum: b")),
    "a parameter called service": (
        "AK303",
        TYPED.format("duration", "default: 1s") + "  «service: {type: text, default: a, description: a}\n",
    ),
    "a place without a parameter": ("AK811", ALERT.format("«queue_oldest_seconds > ${longest}")),
    "a duration in quotes": ("AK811", ALERT.format("«'queue_oldest_seconds{a=\"${limit}\"} > 1'")),
    "no PromQL": ("AK401", ALERT.format("«queue_oldest_seconds > ${limit} >")),
    "no condition": ("AK403", ALERT.format("«queue_oldest_seconds - ${limit}")),
    "a service matched by hand": (
        "AK402",
        f"records: [{RECORD.format('', 'a:b:c', 'queue_oldest_seconds')}]\n" + ALERT.format("«a:b:c{service=~'.+'} > ${limit}"),
    ),
    "a metric that is not declared": ("AK813", ALERT.format("«queue_length > ${limit} and queue_oldest_seconds > 0")),
    "a selector without a metric": ("AK813", ALERT.format("«'{a=\"b\"} > ${limit} and queue_oldest_seconds > 0'")),
    "a record read before it is made": (
        "AK813",
        RECORDS.format(RECORD.format("", "a:b:c", "«'a:b:d + 1'"), RECORD.format("", "a:b:d", "queue_oldest_seconds")),
    ),
    "a record twice": (
        "AK302",
        RECORDS.format(RECORD.format("", "a:b:c", "queue_oldest_seconds"), RECORD.format("«", "a:b:c", "queue_oldest_seconds")),
    ),
    "a parameter for nothing": (
        "AK814",
        TYPED.format("duration", "default: 1s") + "  «more: {type: number, default: 1, description: a}\n",
    ),
    "a metric for nothing": ("AK814", "metrics: {queue_oldest_seconds: Age of the oldest job., «queue_length: Jobs.}\n"),
    "a field that no label can fill": (
        "AK406",
        ALERT.format("sum(queue_oldest_seconds) > ${limit}").replace("en: stuck", "en: «'{queue}'", 1),
    ),
    "a lone brace": ("AK405", LIMITED.replace("en: stuck", "en: «'}'", 1)),
    "no English": ("AK202", LIMITED.replace("summary: {en", "summary: «{fr")),
    "a case of no alert": ("AK815", CASE + "{alert: «Stuck, title: a, series: {queue_oldest_seconds: 1x9}, fires_at: 5m}\n"),
    "a case of another metric": ("AK815", CASE + "{alert: QueueStuck, title: a, series: {«up: 1x9}, fires_at: 5m}\n"),
    "a case with a series that is none": ("AK815", CASE + "{alert: QueueStuck, title: a, series: {«'up{': 1x9}, fires_at: 5m}\n"),
    "a case with a place that is none": (
        "AK811",
        CASE + "{alert: QueueStuck, title: a, series: {«'up{a=\"${b}\"}': 1x9}, fires_at: 5m}\n",
    ),
    "a case with a value that there cannot be": (
        "AK804",
        CASE + "{alert: QueueStuck, title: a, with: {limit: «5}, series: {queue_oldest_seconds: 601x9}, fires_at: 5m}\n",
    ),
    "a case that says nothing": ("AK815", CASE + "«{alert: QueueStuck, title: b, series: {queue_oldest_seconds: 601x9}}\n"),
}


@pytest.mark.parametrize(("code", "section"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_in_a_pack_is_one_problem_at_its_place(code: str, section: str, tmp_path: Path) -> None:
    places = projects.make_example(tmp_path, pack(section))
    assert [(problem.code, projects.where(problem)) for problem in check(tmp_path)] == [(code, place) for place in places]


WITHOUT = [("cases: []\n", ["fires", "stays silent"]), (f"cases:\n{SILENT}", ["fires"]), (f"cases:\n{FIRES}", ["stays silent"])]


@pytest.mark.parametrize(("cases", "missing"), WITHOUT)
def test_an_alert_without_a_case_is_a_warning_for_each_side(cases: str, missing: list[str], tmp_path: Path) -> None:
    found = projects.problems(tmp_path, pack(cases))
    assert [problem.message for problem in found] == [f"no case proves that 'QueueStuck' {what}" for what in missing]
    assert {problem.level for problem in found} == {"warning"}


def test_a_watchdog_needs_no_case_in_which_it_is_silent(tmp_path: Path) -> None:
    watchdog = "  - {name: Always, expr: vector(1) > 0, severity: info, summary: {en: alive}, description: {en: alive}}\n"
    fires = FIRES.replace("QueueStuck", "Always")
    assert projects.problems(tmp_path, pack(f"{LIMITED}{watchdog}cases:\n{SILENT}{FIRES}{fires}")) == []


def test_the_pack_of_the_how_to_is_right_and_its_use_compiles(tool: Callable[[str], str], tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "write-a-pack.md").read_text(encoding="utf-8")
    text, use = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    tenant = plain(load_text(use.encode(), "use"))
    services = [{**service, "owner": "platform"} for service in tenant["services"]]
    project = own_pack(make_project(tmp_path, services, environments=tenant["environments"]), text)
    assert check(project) == ()
    del services[0]["packs"][0]["with"], services[0]["packs"][0]["alerts"]
    cases = resolved(make_project(project, services)).cases
    assert len(cases) == 2
    assert run_cases(tool("promtool"), cases, generate(project), tmp_path) == ""
