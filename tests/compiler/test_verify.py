from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import projects
import pytest
from msgspec.structs import replace

from alertkit import ProblemsFound, build, paths
from alertkit.compiler.api import Build
from alertkit.compiler.assembly import assemble
from alertkit.compiler.pipeline import TenantBuild
from alertkit.compiler.proof.verify import Verifier
from alertkit.errors import MissingTool

RULES = """records: [{record: "a:b", expr: sum(x)}]
alerts: [{name: A, service: web, expr: x > 1, severity: info, summary: a}]
"""


@pytest.fixture
def built(tmp_path: Path, tool: Callable[[str], str]) -> Build:
    tool("promtool")
    tool("amtool")
    return build(projects.make(tmp_path, {"acme": RULES, "quiet": ""}))


def of(built: Build, tenant: str) -> TenantBuild:
    (found,) = [one for one in built.tenants if one.tenant == tenant]
    return found


def changed(one: TenantBuild, path: object, old: bytes, new: bytes) -> TenantBuild:
    assert old in one.files[path]
    return replace(one, files={**one.files, path: one.files[path].replace(old, new)})


@pytest.mark.parametrize("tenant", ["platform", "acme", "quiet"])
def test_the_real_tools_have_nothing_against_what_is_compiled(tenant: str, built: Build) -> None:
    assert Verifier.find(built.workspace).tenant(of(built, tenant)) == ()


def test_what_promtool_refuses_is_a_problem_of_the_tenant_in_promtool_s_words(built: Build) -> None:
    broken = changed(of(built, "acme"), paths.alerts("acme"), b'x{tenant="acme"} > 1', b"x >")
    (found,) = Verifier.find(built.workspace).tenant(broken)
    assert (found.code, found.tenant, found.file) == ("AK901", "acme", "rules/acme.alerts.yaml")
    assert "parse error" in found.message


def test_what_amtool_refuses_is_a_problem_of_the_tenant_in_amtool_s_words(built: Build) -> None:
    broken = changed(of(built, "acme"), paths.fragment("acme"), b"group_interval: 1m", b"group_interval: 0s")
    (found,) = Verifier.find(built.workspace).tenant(broken)
    assert (found.code, found.tenant, found.file) == ("AK902", "acme", "alertmanager/tenants/acme.yaml")
    assert "group_interval cannot be zero" in found.message


def test_a_whole_that_amtool_refuses_stops_the_run(built: Build) -> None:
    verifier = Verifier.find(built.workspace)
    fragments = [one.files[paths.fragment(one.tenant)] for one in built.tenants]
    verifier.whole(assemble(built.workspace, fragments))
    with pytest.raises(ProblemsFound, match=r"does not accept the assembled file: .*not unique"):
        verifier.whole(assemble(built.workspace, [*fragments, fragments[1]]))


@pytest.mark.parametrize(("program", "package"), [("promtool", "prometheus"), ("amtool", "prometheus-alertmanager")])
def test_a_tool_that_is_asked_for_and_absent_is_an_error_that_names_its_package(
    program: str, package: str, built: Build, tool: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tmp_path / "bin"
    others.mkdir()
    for other in {"promtool", "amtool"} - {program}:
        (others / other).symlink_to(tool(other))
    monkeypatch.setenv("PATH", str(others))
    with pytest.raises(MissingTool, match=f"{program} is not installed; on Debian and Ubuntu: apt-get install {package}$"):
        Verifier.find(built.workspace)
