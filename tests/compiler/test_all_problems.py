"""All that is wrong comes in one run: of a tenant, of every tenant, in form and in meaning."""

from __future__ import annotations

from pathlib import Path

import projects
import pytest

from alertkit import check

TEN = """version: alertkit/v1
tenant: acme
title: Acme Music
locale: en
timezone: «Europe/Pariss
services:
  - {name: checkout, owner: «paymets}
  - {name: edge, owner: payments}
alerts:
  - name: QueueStuck
    service: checkout
    expr: queue_oldest_seconds >«> 600
    severity: warning
    summary: The oldest job waits
  - name: Foreign
    service: checkout
    expr: «up{tenant="globex"} == 0
    severity: warning
    summary: It is down
  - name: Slow
    service: checkout
    expr: x > 1
    severity: «urgent
    summary: slow
  - name: Empty
    service: edge
    expr: sum(x) > 1
    severity: info
    «sumary: It is {value}
    summary: It is {value}
  - name: Field
    service: edge
    expr: sum by (job) (x) > 1
    severity: info
    summary: «It is {region}
teams:
  - {name: payments, slack: "#acme-payments", members: [amelie]}
people:
  - {id: amelie, name: Amélie Durand, slack: U024BE7LH}
schedules:
  - name: primary
    layers:
      - {rotation: weekly, handoff: «"09:00", from: "2026-01-05", members: [amelie]}
escalation:
  - name: standard
    steps:
      - notify: [{person: «ameli}]
maintenance:
  - {from: "2026-12-01T22:00", until: «"2026-12-01T21:00", match: {service: edge}, reason: Upgrade}
"""


def test_a_file_with_ten_different_mistakes_reports_all_ten_with_their_lines(tmp_path: Path) -> None:
    marks = projects.make_example(tmp_path, TEN)
    found = check(tmp_path)
    assert [projects.where(problem) for problem in found] == marks
    codes = [problem.code for problem in found]
    assert codes == ["AK501", "AK301", "AK401", "AK402", "AK205", "AK201", "AK406", "AK503", "AK301", "AK502"]
    assert len(marks) == 10


def test_files_that_contradict_each_other_hide_no_other_problem(tmp_path: Path) -> None:
    projects.make(
        tmp_path, {"acme/a": projects.tenant("title: Acme\n"), "acme/b": "title: Other\nservices: [{name: shop, owner: wep}]\n"}
    )
    assert [(problem.code, problem.tenant) for problem in check(tmp_path)] == [("AK118", "acme"), ("AK301", "acme")]


def test_a_file_that_cannot_be_read_hides_no_problem_of_its_siblings_and_makes_none(tmp_path: Path) -> None:
    broken = "version: alertkit/v1\ntenant: acme\nteams:\n  - {name: web, slack: '#web', members: [kim}\n"
    rest = (
        "services: [{name: shop, owner: web}]\n"
        "alerts:\n  - {name: A, service: shop, expr: 'x >', severity: critcal, summary: a}\n"
        "  - {name: B, service: other, expr: x > 1, severity: info, summary: 'It is {value'}\n"
        "dashboards: [slo, technica]\n"
        "routing: {routes: [{match: {severity: critical}}]}\n"
    )
    projects.make(tmp_path, {"acme/a": broken, "acme/b": rest, "acme/c": "people: !!set {x}\n"})
    assert [(problem.file[-6:], problem.line, problem.code) for problem in check(tmp_path)] == [
        ("a.yaml", 4, "AK105"),
        ("b.yaml", 3, "AK401"),
        ("b.yaml", 3, "AK205"),
        ("b.yaml", 4, "AK405"),
        ("c.yaml", 1, "AK109"),
    ]
    assert {problem.tenant for problem in check(tmp_path)} == {"acme"}


def test_a_section_that_stands_twice_hides_no_other_problem(tmp_path: Path) -> None:
    marks = projects.make_example(
        tmp_path,
        "alerts:\n  - {name: A, service: web, expr: x >«, severity: info, summary: a}\n"
        "timezone: «Mars\n"
        "«alerts:\n  - {name: B, service: web, expr: x > 1, severity: info, summary: b}\n"
        "maintenance: [{from: '2026-12-01T22:00', until: '2026-12-01T23:00', match: {alertname: B}, reason: Upgrade}]\n",
    )
    assert sorted(map(projects.where, check(tmp_path))) == sorted(marks)


def test_an_alert_that_is_left_out_for_its_form_leaves_no_dashboard_empty(tmp_path: Path) -> None:
    alert = "alerts: [{name: «A b, service: web, expr: x > 1, severity: info, summary: a}]\n"
    marks = projects.make_example(tmp_path, alert + "dashboards: [technical]\n")
    assert [projects.where(problem) for problem in check(tmp_path)] == marks


def test_an_entry_that_is_left_out_for_its_form_is_not_unknown_to_the_rest(tmp_path: Path) -> None:
    found = projects.problems(
        tmp_path,
        "people:\n  - {id: amelie, name: «5, slack: U024BE7LH}\n  - {id: jonas, name: Jonas, slack: U0JONAS11}\n"
        'teams: [{name: web, slack: "#w", members: [amelie, jonas]}]\n',
    )
    assert [problem.code for problem in found] == ["AK203"]


@pytest.mark.parametrize("section", ["services: web\n", "services: {web: web}\n"])
def test_a_section_of_the_wrong_kind_makes_no_unknown_names(section: str, tmp_path: Path) -> None:
    alert = "alerts: [{name: A, service: web, expr: x > 1, severity: info, summary: a}]\n"
    assert [problem.code for problem in projects.problems(tmp_path, section + alert)] == ["AK203"]


def test_many_wrong_entries_of_a_long_list_hide_no_mistake_in_another(tmp_path: Path) -> None:
    lines = []
    for number in range(24):
        severity = "«urgent" if number % 2 else "info"
        expr = "x > 1" if number % 2 else "x «> "
        lines.append(f"  - {{name: A{number}, service: web, severity: {severity}, expr: '{expr}', summary: a}}\n")
    marks = projects.make_example(tmp_path, "alerts:\n" + "".join(lines))
    found = check(tmp_path)
    assert [problem.line for problem in found] == [line for _, line, _ in marks]
    assert [problem.code for problem in found] == ["AK401", "AK205"] * 12


def test_two_mistakes_in_one_entry_hide_none_in_the_next(tmp_path: Path) -> None:
    marks = projects.make_example(
        tmp_path,
        "services:\n  - {name: «Web, owner: web, «colour: red}\n  - {name: shop, owner: «wep}\n  - {name: web, owner: «wep}\n",
    )
    found = check(tmp_path)
    assert [(projects.where(problem), problem.code) for problem in found] == list(
        zip(marks, ["AK204", "AK201", "AK301", "AK301"], strict=True)
    )


def test_a_mistake_that_an_environment_makes_is_found_without_asking_for_it(tmp_path: Path) -> None:
    example = (
        "alerts: [{name: A, service: web, expr: x > 1, severity: info, summary: a}]\n"
        "environments:\n  staging:\n    alerts:\n      - {name: A, expr: x «>}\n"
        "  production:\n    services: [{name: web, owner: «wep}]\n"
    )
    marks = projects.make_example(tmp_path, example)
    found = check(tmp_path)
    assert [(problem.line, problem.code) for problem in found] == [(marks[0][1], "AK401"), (marks[1][1], "AK301")]
    assert [problem.code for problem in check(tmp_path, environment="production")] == ["AK301"]


def test_a_mistake_in_meaning_hides_none_of_an_environment(tmp_path: Path) -> None:
    marks = projects.make_example(
        tmp_path, "services: [{name: web, owner: «wep}]\nenvironments:\n  staging:\n    timezone: «Europe/Pariss\n"
    )
    assert [projects.where(problem) for problem in check(tmp_path)] == marks


def test_a_mistake_that_every_environment_repeats_is_one_problem(tmp_path: Path) -> None:
    (found,) = projects.problems(
        tmp_path,
        "services: [{name: web, owner: zzz}]\n"
        "environments:\n  staging: {teams: [{name: qa, slack: '#qa'}]}\n  production: {title: P}\n",
    )
    assert str(found) == "tenants/acme.yaml:1:31: AK301 unknown team 'zzz' (known: platform, web)"


def test_an_entry_that_an_environment_adds_must_be_whole(tmp_path: Path) -> None:
    (found,) = projects.problems(
        tmp_path, "environments:\n  staging:\n    alerts:\n      - {name: New, service: web, expr: x > 1, severity: info}\n"
    )
    assert (found.line, found.code, found.message) == (4, "AK202", "missing key 'summary' in alerts[1]")


def test_every_tenant_s_problems_come_in_one_run_in_the_order_of_files(tmp_path: Path) -> None:
    wrong = "timezone: Nowhere\n"
    projects.make(tmp_path, {"initech": wrong, "acme": wrong, "globex/b": "x: [", "globex/a": "y: ["})
    assert [(problem.file, problem.code) for problem in check(tmp_path)] == [
        ("tenants/acme.yaml", "AK501"),
        ("tenants/globex/a.yaml", "AK105"),
        ("tenants/globex/b.yaml", "AK105"),
        ("tenants/initech.yaml", "AK501"),
    ]


def test_problems_of_a_folder_name_the_file_that_each_is_in(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme/a": projects.tenant("locale: en\n"), "acme/b": "records:\n  - {record: 'a:b', expr: x >}\n"})
    (found,) = check(tmp_path)
    assert (found.file, found.line, found.code) == ("tenants/acme/b.yaml", 2, "AK401")


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
BOMBS = {
    "aliases of aliases": (LAUGHS, "AK107"),
    "merge keys": ("base: {a: 1}\nother:\n  <<: {b: 1}\n", "AK108"),
    "a tag that makes an object": ("title: !!python/object/apply:os.system [id]\n", "AK109"),
    "a directive": ("%YAML 1.1\n---\ntitle: x\n", "AK110"),
    "depth": ("a: " + "[" * 5000 + "]" * 5000 + "\n", "AK112"),
    "a million values": ("a: [" + "x," * 260_000 + "x]\n", "AK113"),
    "size": ("# " + "x" * (1 << 20) + "\n", "AK102"),
    "the same key again": ("title: a\ntitle: b\n", "AK115"),
    "what cannot be seen": ("title: a\x1b[2Jb\n", "AK106"),
}


@pytest.mark.parametrize(("text", "code"), BOMBS.values(), ids=BOMBS)
def test_a_hostile_file_is_refused_and_harms_no_other_tenant(text: str, code: str, tmp_path: Path) -> None:
    projects.make(tmp_path, {"globex": "timezone: Nowhere\n"})
    (tmp_path / "tenants" / "acme.yaml").write_text(text, encoding="utf-8")
    found = check(tmp_path)
    assert code in {problem.code for problem in found if problem.tenant == "acme"}
    assert [problem.code for problem in found if problem.tenant == "globex"] == ["AK501"]


def test_a_wrong_key_of_an_entry_does_not_keep_the_rest_of_the_entry_from_being_checked(tmp_path: Path) -> None:
    marks = projects.make_example(
        tmp_path,
        "alerts:\n"
        "  - name: A\n    service: «webb\n    expr: x >«\n    severity: «critcal\n    summary: «'{value'\n"
        "  - name: B\n    service: web\n    expr: x > 1\n    for: «5 minutes\n    summary: «'{value'\n    severity: info\n",
    )
    assert [projects.where(problem) for problem in check(tmp_path)] == marks


def test_a_wrong_key_deep_inside_takes_only_what_cannot_do_without_it(tmp_path: Path) -> None:
    marks = projects.make_example(
        tmp_path,
        "escalation:\n"
        "  - name: day\n    steps:\n      - {notify: [{team: «5}]}\n      - {notify: [{team: «nobody}]}\n"
        "  - name: night\n    steps:\n"
        "      - {notify: [{team: web}], «afer: 5m}\n      - {notify: [{team: «nobody}], after: 5m}\n",
    )
    assert [projects.where(problem) for problem in check(tmp_path)] == marks


def test_links_that_lead_nowhere_or_in_a_circle_are_problems_of_their_tenant_alone(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": ""})
    (tmp_path / "tenants" / "circle.yaml").symlink_to("circle.yaml")
    (tmp_path / "tenants" / "nowhere.yaml").symlink_to("nothing.yaml")
    assert [(problem.file, problem.code) for problem in check(tmp_path)] == [
        ("tenants/circle.yaml", "AK101"),
        ("tenants/nowhere.yaml", "AK101"),
    ]
