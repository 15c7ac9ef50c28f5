from __future__ import annotations

import os
import pickle
from pathlib import Path

import projects
import pytest

from alertkit import check
from alertkit.compiler import workspace
from alertkit.compiler.workspace import list_tenants, open_project
from alertkit.errors import Problem, ProblemsFound, UsageError


def reported(folder: Path) -> list[tuple[str, str]]:
    return [(problem.file, problem.code) for problem in check(folder)]


def test_a_project_is_found_from_any_folder_below_it(tmp_path: Path) -> None:
    projects.make(tmp_path)
    below = tmp_path / "tenants" / "deep"
    below.mkdir()
    assert workspace.find(tmp_path) == tmp_path
    assert workspace.find(below) == tmp_path


def test_where_there_is_no_project_the_way_to_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"run `alertkit init`, or name the project with --project"):
        workspace.find(tmp_path)
    with pytest.raises(UsageError, match=r"there is no .*alertkit\.yaml"):
        open_project(tmp_path)


@pytest.mark.parametrize(("asked", "hint"), [("stagin", "did you mean 'staging'"), ("x", "known: production, staging")])
def test_an_environment_that_the_project_has_not_is_a_wrong_call(asked: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"no environment '{asked}'; {hint}"):
        open_project(projects.make(tmp_path), asked)


def test_a_project_without_environments_says_where_they_are_listed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"add it to environments in alertkit\.yaml"):
        open_project(projects.make(tmp_path, project="environments: []\n"), "staging")


def test_a_project_file_that_is_no_yaml_stops_everything(tmp_path: Path) -> None:
    projects.make(tmp_path)
    (tmp_path / "alertkit.yaml").write_text("version: [", encoding="utf-8")
    with pytest.raises(ProblemsFound) as found:
        open_project(tmp_path)
    assert [(problem.file, problem.line, problem.code) for problem in found.value.problems] == [("alertkit.yaml", 1, "AK105")]


def test_a_folder_of_tenants_that_is_not_there_is_a_problem_at_the_key_that_names_it(tmp_path: Path) -> None:
    marks = projects.make_example(tmp_path, "# alertkit.yaml\ntenants: «tenant/\n")
    (found,) = check(tmp_path)
    assert (projects.where(found), found.code) == (marks[0], "AK307")
    assert "every tenant would be taken for removed" in found.hint


def test_tenants_are_files_and_folders_of_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    projects.make(tmp_path, {"b": "", "a/2": "x: 1\n", "a/1": "y: 1\n", "c": ""})
    (tmp_path / "tenants" / "README.md").write_text("not a tenant", encoding="utf-8")
    (tmp_path / "tenants" / ".hidden.yaml").write_text("x", encoding="utf-8")
    (tmp_path / "tenants" / "empty").mkdir()
    listed = list_tenants(open_project(tmp_path))
    assert listed.problems == ()
    assert {name: [file.name for file in files] for name, files in listed.files.items()} == {
        "a": ["1.yaml", "2.yaml"],
        "b": ["b.yaml"],
        "c": ["c.yaml"],
    }


@pytest.mark.parametrize("name", ["Acme", "acme_music", "-acme", "a" * 64, "acme.prod"])
def test_a_file_whose_name_is_no_tenant_s_is_a_problem_of_its_own(name: str, tmp_path: Path) -> None:
    projects.make(tmp_path, {name: "", "globex": ""})
    assert reported(tmp_path) == [(f"tenants/{name}.yaml", "AK304")]


def test_the_platform_s_name_is_no_tenant_s(tmp_path: Path) -> None:
    projects.make(tmp_path, {"platform": ""})
    (found,) = check(tmp_path)
    assert (found.code, found.tenant) == ("AK304", "platform")
    assert "the platform's own definition stands in alertkit.yaml" in found.message


@pytest.mark.parametrize("name", ["acme.yml", "acme.YAML"])
def test_a_file_that_would_be_overlooked_is_a_problem_not_a_silence(name: str, tmp_path: Path) -> None:
    projects.make(tmp_path, {"globex": ""})
    (tmp_path / "tenants" / name).write_text(projects.tenant(), encoding="utf-8")
    (found,) = check(tmp_path)
    assert (found.file, found.code, found.tenant) == (f"tenants/{name}", "AK304", "acme")
    assert "rename it" in found.message


def test_a_file_of_a_folder_that_would_be_overlooked_is_a_problem_too(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme/a": projects.tenant()})
    (tmp_path / "tenants" / "acme" / "alerts.yml").write_text("alerts: []\n", encoding="utf-8")
    (found,) = check(tmp_path)
    assert (found.file, found.code) == ("tenants/acme", "AK304")
    assert "'alerts.yml'" in found.message


@pytest.mark.parametrize("beside", [True, False])
def test_a_folder_within_a_tenant_s_folder_is_not_overlooked(beside: bool, tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme/a": projects.tenant()} if beside else {"globex": ""})
    nested = tmp_path / "tenants" / "acme" / "alerts"
    nested.mkdir(parents=True)
    (nested / "web.yaml").write_text("alerts: []\n", encoding="utf-8")
    (found,) = check(tmp_path)
    assert (found.file, found.code, found.tenant) == ("tenants/acme", "AK304", "acme")
    assert "would overlook 'alerts/web.yaml': move it up" in found.message


def test_a_tenant_that_is_both_a_file_and_a_folder_is_neither(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": "", "acme/a": projects.tenant()})
    assert list_tenants(open_project(tmp_path)).files == {}
    (found,) = check(tmp_path)
    assert found.code == "AK304"
    assert "keep one" in found.message


def test_a_link_out_of_the_project_is_not_read_because_problems_quote_what_they_find(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"auths": {"registry": "hunter2"}}', encoding="utf-8")
    project = projects.make(tmp_path / "project", {"acme/a": projects.tenant()})
    (project / "tenants" / "acme" / "b.yaml").symlink_to(secret)
    (found,) = check(project)
    assert (found.file, found.code, found.tenant) == ("tenants/acme/b.yaml", "AK101", "acme")
    assert "hunter2" not in str(found)
    assert "auths" not in str(found)


def test_a_link_within_the_project_is_read(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme/a": projects.tenant()})
    (tmp_path / "shared.yaml").write_text("records: []\n", encoding="utf-8")
    (tmp_path / "tenants" / "acme" / "b.yaml").symlink_to(Path("../../shared.yaml"))
    assert reported(tmp_path) == []


def test_a_link_to_nowhere_a_pipe_and_a_folder_are_no_definitions(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme/a": projects.tenant(), "globex": ""})
    folder = tmp_path / "tenants" / "acme"
    (folder / "b.yaml").symlink_to("nowhere.yaml")
    os.mkfifo(folder / "c.yaml")
    (folder / "d.yaml").mkdir()
    assert reported(tmp_path) == [(f"tenants/acme/{name}.yaml", "AK101") for name in "bcd"]


def test_a_file_without_end_is_given_up_early(tmp_path: Path) -> None:
    projects.make(tmp_path)
    with (tmp_path / "tenants" / "acme.yaml").open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no space on disk
    assert reported(tmp_path) == [("tenants/acme.yaml", "AK102")]


def test_named_tenants_are_checked_alone(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": "titel: x\n", "globex": "", "Initech": ""})
    assert [problem.tenant for problem in check(tmp_path, ["acme"])] == ["acme"]
    assert [problem.tenant for problem in check(tmp_path, ["Initech"])] == ["Initech"]
    assert check(tmp_path, ["globex"]) == ()
    with pytest.raises(UsageError, match="there is no tenant 'hooli'"):
        check(tmp_path, ["hooli"])


def test_problems_come_whole_from_another_process() -> None:
    found = ProblemsFound([Problem("b.yaml", 2, 1, "AK101", "x", "y"), Problem("a.yaml", 1, 1, "AK102", "z")])
    again = pickle.loads(pickle.dumps(found))
    assert again.problems == found.problems
    assert str(again) == str(found)
