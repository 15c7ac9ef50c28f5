"""What every pack that ships must hold. A new folder in rules/ is tested without a line of code."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pack_projects import compiled, generate, make_project, resolved, rules, run_cases

from alertkit import names, resources
from alertkit.compiler.packs import values as packs_values
from alertkit.compiler.packs.library import Library
from alertkit.compiler.reading.load import load_text
from alertkit.dashboards import units
from alertkit.model.document import plain
from alertkit.model.pack import Pack

FOLDER = resources.root() / "rules"
SHIPPED = Library().names()
LANGUAGES = set(names.LANGUAGES)


def pack_named(name: str) -> Pack:
    reading = Library().find(name)
    assert reading is not None
    assert reading.pack is not None, "\n".join(map(str, reading.problems))
    return reading.pack


def required(pack: Pack) -> dict[str, Any]:
    """Values for the parameters that a service must say."""
    needed = (parameter for parameter in pack.parameters.values() if parameter.default is None)
    return {parameter.name: packs_values.shown(parameter.kind, parameter.sample) for parameter in needed}


def project_with(folder: Path, pack: Pack, **values: Any) -> Path:
    return make_project(folder, [{"name": "checkout", "packs": [{"use": pack.name, "with": {**required(pack), **values}}]}])


def written(pack: Pack, name: str, value: Any) -> Any:
    kind = pack.parameters[name].kind
    text = packs_values.shown(kind, value)
    return float(text) if kind == "number" else int(text) if kind == "integer" else text


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_pack_has_no_problem_and_no_warning(name: str) -> None:
    reading = Library().find(name)
    assert reading is not None
    assert reading.problems == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_least_and_the_most_of_a_series_are_drawn_in_its_unit(name: str) -> None:
    for record in pack_named(name).records:
        if match := re.fullmatch(r"(?:min|max|avg)_over_time\(([a-z0-9_:]+)\[\w+\]\)", record.expr):
            assert units.of_series(record.record) == units.of_series(match[1]), record.record


@pytest.mark.parametrize("name", SHIPPED)
def test_every_case_of_a_pack_holds_in_promtool(name: str, tool: Callable[[str], str], tmp_path: Path) -> None:
    pack = pack_named(name)
    project = project_with(tmp_path, pack)
    cases = resolved(project).cases
    assert len(cases) == len([case for case in pack.cases if not case.values])
    files = generate(project)
    assert run_cases(tool("promtool"), cases, files, tmp_path) == ""


@pytest.mark.parametrize("name", SHIPPED)
def test_promtool_takes_the_rules_of_a_pack_at_every_bound_of_its_parameters(
    name: str, tool: Callable[[str], str], tmp_path: Path
) -> None:
    pack = pack_named(name)
    bounds = {
        "least": {key: one.minimum for key, one in pack.parameters.items() if one.minimum is not None},
        "most": {key: one.maximum for key, one in pack.parameters.items() if one.maximum is not None},
        "relaxed": {key: one.relaxed for key, one in pack.parameters.items() if one.relaxed is not None},
    }
    files = []
    for bound, values in bounds.items():
        said = {key: written(pack, key, value) for key, value in values.items()}
        files += generate(project_with(tmp_path / bound, pack, **said))
    checked = subprocess.run([tool("promtool"), "check", "rules", *map(str, files)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", SHIPPED)
def test_every_sentence_of_a_pack_is_there_in_five_languages(name: str) -> None:
    for alert in pack_named(name).alerts:
        assert set(alert.summary) == LANGUAGES, alert.name
        assert set(alert.description) == LANGUAGES, alert.name


@pytest.mark.parametrize("name", SHIPPED)
def test_every_record_of_a_pack_has_a_title_in_five_languages(name: str) -> None:
    assert [record.record for record in pack_named(name).records if set(record.title) != LANGUAGES] == []


def test_a_dashboard_calls_a_packs_figures_what_its_reader_does(tmp_path: Path) -> None:
    use = [{"name": "shop", "packs": [{"use": "business-kpi"}]}]
    project = make_project(tmp_path, use, locale="fr_CA", dashboards=["executive"])
    files = next(tenant.files for tenant in compiled(project).tenants if tenant.tenant == "acme")
    titles = {panel["title"] for panel in json.loads(files[Path("dashboards/acme/executive.json")])["panels"]}
    assert {"Écoutes lancées", "Taux de titres sautés", "Chiffre d’affaires"} <= titles


@pytest.mark.parametrize("name", SHIPPED)
def test_all_languages_of_a_sentence_name_the_same_fields(name: str) -> None:
    for alert in pack_named(name).alerts:
        for text in (alert.summary, alert.description):
            fields = {language: frozenset(re.findall(r"\{(\w+)\}", words)) for language, words in text.items()}
            assert len(set(fields.values())) == 1, (alert.name, fields)


@pytest.mark.parametrize("name", SHIPPED)
def test_french_sentences_keep_high_punctuation_with_the_word_before_it(name: str) -> None:
    for alert in pack_named(name).alerts:
        for words in (alert.summary["fr"], alert.description["fr"]):
            bare = re.sub(r"https?://\S+", "", words)
            assert not re.search(r"[^\u202f][;:!?%»](\s|$)|«[^\u202f]|'", bare), (alert.name, words)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_alert_of_a_pack_has_a_runbook_that_says_what_to_do(name: str) -> None:
    sections = ["## What it means", "## Impact", "## First checks", "## How to mend it", "## When to silence it"]
    pack = pack_named(name)
    folder = FOLDER / name / "runbooks"
    assert {file.stem for file in folder.iterdir()} == {alert.name for alert in pack.alerts}
    for alert in pack.alerts:
        text = (folder / f"{alert.name}.md").read_text(encoding="utf-8")
        assert text.startswith(f"# {alert.name}\n")
        assert re.findall(r"^## .*$", text, re.MULTILINE) == sections, alert.name


@pytest.mark.parametrize("name", SHIPPED)
def test_the_tables_of_a_packs_readme_are_those_of_the_pack(name: str) -> None:
    from alertkit.cli.packs import markdown

    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert markdown(pack_named(name)) in text


@pytest.mark.parametrize("name", SHIPPED)
def test_the_example_of_a_packs_readme_compiles(name: str, tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (FOLDER / name / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    services = [{**service, "owner": "platform"} for service in plain(load_text(example.encode(), name))["services"]]
    assert rules(make_project(tmp_path, services))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_parameter_with_a_default_says_why_it_is_that(name: str) -> None:
    for parameter in pack_named(name).parameters.values():
        assert parameter.default is None or parameter.reason, parameter.name


@pytest.mark.parametrize("name", SHIPPED)
def test_a_pack_records_no_name_that_another_one_records(name: str) -> None:
    others = {record for other in SHIPPED if other != name for record in pack_named(other).recorded}
    assert not others & pack_named(name).recorded


@pytest.mark.parametrize("name", SHIPPED)
def test_two_services_that_use_the_same_pack_write_no_series_twice(name: str, tmp_path: Path) -> None:
    pack = pack_named(name)
    used = [{"use": name, "with": required(pack)}]
    project = make_project(tmp_path, [{"name": "checkout", "packs": used}, {"name": "search", "packs": used}])
    found = [(rule.get("record", rule.get("alert")), tuple(sorted(rule["labels"].items()))) for rule in rules(project)]
    assert len(found) == len(set(found)) == 2 * len(pack.records + pack.alerts)
    for rule in rules(project):
        other = "search" if rule["labels"]["service"] == "checkout" else "checkout"
        assert f'service="{other}"' not in rule["expr"]


def test_all_packs_can_be_used_by_one_service_together(tmp_path: Path) -> None:
    used = [{"use": name, "with": required(pack_named(name))} for name in SHIPPED]
    assert rules(make_project(tmp_path, [{"name": "checkout", "packs": used}]))
