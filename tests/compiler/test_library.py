from __future__ import annotations

from pathlib import Path

import projects
import pytest

import alertkit
from alertkit import ProblemsFound, build, check, write
from alertkit.errors import UsageError

ALERT = "alerts: [{name: A, service: web, expr: x > 1, severity: info, summary: a}]\n"
WRONG = "alerts: [{name: A, service: wep, expr: x >, severity: info, summary: a}]\n"


def test_the_public_names_are_sorted_and_all_there() -> None:
    assert list(alertkit.__all__) == sorted(alertkit.__all__)
    for name in alertkit.__all__:
        assert getattr(alertkit, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        alertkit.nothing  # noqa: B018


def test_a_project_is_checked_without_writing_anything(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": ALERT, "globex": WRONG})
    found = check(tmp_path)
    assert [(problem.tenant, problem.code) for problem in found] == [("globex", "AK301"), ("globex", "AK401")]
    assert not (tmp_path / "generated").exists()


def test_problems_of_the_project_file_are_the_only_ones(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": WRONG}, project="colour: red\n")
    assert [problem.code for problem in check(str(tmp_path))] == ["AK201"]
    with pytest.raises(ProblemsFound):
        build(tmp_path)


def test_a_build_holds_every_tenant_the_platform_first_and_the_problems_of_those_that_failed(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": ALERT, "globex": WRONG, "Bad": ""})
    result = build(tmp_path)
    assert [one.tenant for one in result.tenants] == ["platform", "acme", "globex", "Bad"]
    assert result.whole
    assert [problem.code for problem in result.problems] == ["AK304", "AK301", "AK401"]
    assert {one.tenant for one in result.tenants if one.files} == {"platform", "acme"}


def test_what_was_built_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": ALERT, "globex": WRONG})
    plan = write(build(tmp_path), tmp_path / "elsewhere")
    assert plan.failed
    assert plan.changed
    assert (tmp_path / "elsewhere" / "rules" / "acme.alerts.yaml").exists()
    assert not (tmp_path / "generated").exists()
    assert not write(build(tmp_path), tmp_path / "elsewhere").changed


def test_writing_a_part_removes_no_other_tenant(tmp_path: Path) -> None:
    write(build(projects.make(tmp_path, {"acme": ALERT, "globex": ALERT})))
    (tmp_path / "tenants" / "globex.yaml").unlink()
    write(build(tmp_path, ["acme"]))
    assert (tmp_path / "generated" / "rules" / "globex.alerts.yaml").exists()
    write(build(tmp_path))
    assert not (tmp_path / "generated" / "rules" / "globex.alerts.yaml").exists()


def test_an_environment_is_built_into_its_own_folder(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": ALERT + "environments: {staging: {title: Staging}}\n"})
    write(build(tmp_path, environment="staging"))
    assert b'"Staging"' in (tmp_path / "generated" / "staging" / "receiver" / "acme.json").read_bytes()


def test_calls_that_name_what_is_not_there_are_refused(tmp_path: Path) -> None:
    projects.make(tmp_path)
    for wrong in (lambda: check(tmp_path, ["x"]), lambda: build(tmp_path, ["x"]), lambda: build(tmp_path, environment="x")):
        with pytest.raises(UsageError):
            wrong()
