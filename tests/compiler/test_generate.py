from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import projects
import pytest

from alertkit import resources
from alertkit.compiler.generate import Options, generate, output_folder
from alertkit.compiler.pipeline import TenantBuild
from alertkit.compiler.workspace import open_project
from alertkit.compiler.writing import write
from alertkit.compiler.writing.digests import digest
from alertkit.compiler.writing.plan import Plan, TenantPlan
from alertkit.errors import Problem, ProblemsFound, RefusedToWrite, UsageError

Tree = dict[str, bytes]
ALERT = "alerts: [{{name: A, service: web, expr: x > {}, severity: info, summary: a}}]\n"
THREE = {"acme": ALERT.format(1), "globex": ALERT.format(2), "initech": ALERT.format(3)}
BROKEN = "alerts: [{name: A, service: web, expr: x >, severity: info, summary: a}]\n"


def run(folder: Path, *tenants: str, environment: str = "", **options: object) -> Plan:
    space = open_project(folder, environment)
    return generate(space, tenants, Options(output_folder(space, None), **options))


def tree(folder: Path) -> Tree:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def plan_of(plan: Plan, tenant: str) -> TenantPlan:
    (found,) = [one for one in plan.tenants if one.tenant == tenant]
    return found


def fates(plan: Plan) -> set[str]:
    return {change.fate for tenant in plan.tenants for change in tenant.files} | {change.fate for change in plan.assembled}


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return projects.make(tmp_path, THREE)


@pytest.fixture
def generated(three: Path) -> Path:
    run(three)
    return three


def test_the_first_run_adds_everything_of_the_platform_and_of_every_tenant(three: Path) -> None:
    plan = run(three)
    assert [tenant.tenant for tenant in plan.tenants] == ["platform", "acme", "globex", "initech"]
    assert fates(plan) == {"added"}
    assert plan.changed
    assert not plan.failed
    assert {"rules/acme.alerts.yaml", "receiver/acme.json", "alertmanager/alertmanager.yaml"} <= set(tree(three / "generated"))
    assert (plan.tenants_in_all, plan_of(plan, "acme").counts["rules"]) == (4, 1)


def test_generating_again_compiles_nothing_and_changes_nothing(generated: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (generated / "generated").rglob("*")}
    plan = run(generated)
    assert {tenant.recompiled for tenant in plan.tenants} == {False}
    assert fates(plan) == {"unchanged"}
    assert not plan.changed
    assert {path: path.stat().st_mtime_ns for path in (generated / "generated").rglob("*")} == before


def test_a_run_that_compiles_nothing_still_knows_how_much_there_is(generated: Path) -> None:
    first = run(projects.make(generated, {**THREE, "acme": ALERT.format(9)}))
    again = run(generated)
    assert again.load == pytest.approx(first.load)
    assert again.load > 0
    assert (again.tenants_in_all, again.routes_in_all) == (first.tenants_in_all, first.routes_in_all)
    assert plan_of(again, "globex").counts == plan_of(first, "globex").counts


def test_only_the_tenant_that_was_edited_is_compiled(generated: Path) -> None:
    plan = run(projects.make(generated, {"globex": ALERT.format(7)}))
    assert {tenant.tenant for tenant in plan.tenants if tenant.recompiled} == {"globex"}
    assert [change.sign for change in plan_of(plan, "globex").rules] == ["~"]
    assert {change.fate for change in plan.assembled} == {"unchanged"}


def test_the_project_file_is_part_of_every_tenant_s_input(generated: Path) -> None:
    projects.make(generated, THREE, project="evaluation_interval: 30s\n")
    assert all(tenant.recompiled for tenant in run(generated).tenants)


def test_code_that_is_younger_than_what_it_wrote_compiles_everything_anew_once(generated: Path) -> None:
    before = tree(generated)
    for manifest in (generated / "generated" / "manifest").iterdir():
        os.utime(manifest, (0, 0))
    assert all(tenant.recompiled for tenant in run(generated).tenants)
    assert not any(tenant.recompiled for tenant in run(generated).tenants)
    assert tree(generated) == before


@pytest.fixture
def checkout(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What ships, at a place of its own where a test may change it."""
    copy = tmp_path_factory.mktemp("checkout")
    for folder in ("dashboards_src", "rules", "schemas", "templates"):
        shutil.copytree(resources.root() / folder, copy / folder)
    monkeypatch.setattr(resources, "root", lambda: copy)
    resources.changed_at.cache_clear()
    yield copy
    resources.changed_at.cache_clear()


@pytest.mark.parametrize(
    "changed",
    [
        "rules/http-service/pack.yaml",
        "templates/locales/fr/LC_MESSAGES/dashboards.po",
        "dashboards_src/slo.dashboard.py",
        "rules",
    ],
)
def test_a_pack_or_words_of_a_checkout_that_are_younger_than_what_was_written_compile_everything_anew(
    checkout: Path, three: Path, changed: str
) -> None:
    run(three)
    assert not any(tenant.recompiled for tenant in run(three).tenants)
    for manifest in (three / "generated" / "manifest").iterdir():
        os.utime(manifest, (resources.changed_at() + 1,) * 2)
    later = resources.changed_at() + 2
    os.utime(checkout / changed, (later, later))
    resources.changed_at.cache_clear()
    assert all(tenant.recompiled for tenant in run(three).tenants)


def test_a_file_that_somebody_changed_or_removed_is_made_whole(generated: Path) -> None:
    out = generated / "generated"
    before = tree(out)
    (out / "rules" / "acme.alerts.yaml").write_text("# generated by alertkit, and edited\n", encoding="utf-8")
    (out / "receiver" / "globex.json").unlink()
    (out / "alertmanager" / "alertmanager.yaml").unlink()
    plan = run(generated)
    assert plan.changed
    assert tree(out) == before


def test_a_check_writes_nothing_and_says_what_is_stale(generated: Path) -> None:
    projects.make(generated, {"acme": ALERT.format(9)})
    before = tree(generated / "generated")
    plan = run(generated, dry=True)
    assert plan.changed
    assert [(change.sign, change.rule) for change in plan_of(plan, "acme").rules] == [("~", "alert A")]
    assert tree(generated / "generated") == before


def test_a_check_of_fresh_files_finds_nothing_and_of_none_makes_no_folder(three: Path) -> None:
    assert run(three, dry=True).changed
    assert not (three / "generated").exists()
    run(three)
    assert not run(three, dry=True).changed


def test_a_check_trusts_no_manifest(generated: Path) -> None:
    out = generated / "generated"
    rules, manifest = out / "rules" / "acme.alerts.yaml", out / "manifest" / "acme.json"
    forged = rules.read_bytes().replace(b"x{", b"y{")
    manifest.write_bytes(manifest.read_bytes().replace(digest(rules.read_bytes()).encode(), digest(forged).encode()))
    rules.write_bytes(forged)
    assert run(generated, dry=True).changed


def test_one_tenant_is_generated_alone_and_the_others_stay_in_alertmanager_s_file(generated: Path) -> None:
    projects.make(generated, {"acme": ALERT.format(8), "globex": ALERT.format(8), "initech": THREE["initech"]})
    before = tree(generated / "generated")
    plan = run(generated, "acme", "acme")
    after = tree(generated / "generated")
    assert [tenant.tenant for tenant in plan.tenants] == ["platform", "acme"]
    changed = {path for path in after if before.get(path) != after[path]}
    assert "rules/acme.alerts.yaml" in changed
    assert all("acme" in path for path in changed)
    assert b'tenant="globex"' in after["alertmanager/alertmanager.yaml"]
    assert (plan.tenants_in_all, plan.routes_in_all) == (4, 7)


def test_an_unknown_tenant_is_a_wrong_call_with_a_hint(three: Path) -> None:
    with pytest.raises(UsageError, match="there is no tenant 'acm'; did you mean 'acme'"):
        run(three, "acm")


def test_a_tenant_with_problems_keeps_its_last_good_files_and_harms_no_other(generated: Path) -> None:
    projects.make(generated, {"acme": BROKEN, "globex": ALERT.format(9), "initech": THREE["initech"]})
    before = tree(generated / "generated")
    plan = run(generated)
    after = tree(generated / "generated")
    assert plan.failed
    assert [problem.code for problem in plan.problems] == ["AK401"]
    assert plan_of(plan, "acme").files == ()
    changed = {path for path in after if before.get(path) != after[path]}
    assert changed
    assert all("globex" in path for path in changed)
    assert before["rules/acme.alerts.yaml"] == after["rules/acme.alerts.yaml"]
    assert before["rules/globex.alerts.yaml"] != after["rules/globex.alerts.yaml"]
    assert b'tenant="acme"' in after["alertmanager/alertmanager.yaml"]


def test_a_tenant_that_never_was_right_is_left_to_the_platform_s_route(tmp_path: Path) -> None:
    plan = run(projects.make(tmp_path, {**THREE, "acme": BROKEN}))
    out = tree(tmp_path / "generated")
    assert plan.failed
    assert not [path for path in out if "acme" in path]
    assert b'tenant="acme"' not in out["alertmanager/alertmanager.yaml"]


def test_how_much_there_is_counts_what_a_tenant_with_problems_keeps(generated: Path) -> None:
    whole = run(generated)
    broken = run(projects.make(generated, {**THREE, "acme": BROKEN}))
    assert (broken.load, broken.routes_in_all) == (pytest.approx(whole.load), whole.routes_in_all)


def test_a_tenant_that_is_gone_is_removed_with_all_its_files(generated: Path) -> None:
    (generated / "tenants" / "globex.yaml").unlink()
    plan = run(generated)
    assert {change.fate for change in plan_of(plan, "globex").files} == {"removed"}
    out = tree(generated / "generated")
    assert not [path for path in out if "globex" in path]
    assert b"globex" not in out["alertmanager/alertmanager.yaml"]


def test_a_check_says_that_a_tenant_is_gone_and_removes_nothing(generated: Path) -> None:
    (generated / "tenants" / "globex.yaml").unlink()
    before = tree(generated / "generated")
    plan = run(generated, dry=True)
    assert {change.fate for change in plan_of(plan, "globex").files} == {"removed"}
    assert tree(generated / "generated") == before


@pytest.mark.parametrize("dry", [False, True])
def test_when_no_tenant_is_left_it_is_asked_whether_that_is_meant(generated: Path, dry: bool) -> None:
    for file in (generated / "tenants").iterdir():
        file.unlink()
    before = tree(generated / "generated")
    with pytest.raises(UsageError, match=r"holds no tenant any more.*the files of 3.*remove"):
        run(generated, dry=dry)
    assert tree(generated / "generated") == before
    shutil.rmtree(generated / "generated")
    assert run(generated, dry=dry).tenants_in_all == 1


def test_a_run_for_one_tenant_removes_nothing_of_another_its_routes_neither(generated: Path) -> None:
    (generated / "tenants" / "globex.yaml").unlink()
    before = tree(generated / "generated")
    plan = run(generated, "acme")
    assert tree(generated / "generated") == before
    assert plan.tenants_in_all == 4


def test_a_section_that_is_gone_takes_its_file_along(generated: Path) -> None:
    plan = run(projects.make(generated, {"acme": "title: Quiet\n"}))
    assert "rules/acme.alerts.yaml" in {change.path for change in plan_of(plan, "acme").files if change.fate == "removed"}
    assert not (generated / "generated" / "rules" / "acme.alerts.yaml").exists()


def test_the_platform_itself_is_never_removed_nor_taken_for_a_tenant_of_a_file(generated: Path) -> None:
    (generated / "tenants" / "platform.yaml").write_text(projects.tenant(ALERT.format(1), "platform"), encoding="utf-8")
    plan = run(generated)
    assert [problem.code for problem in plan.problems] == ["AK304"]
    assert (generated / "generated" / "receiver" / "platform.json").exists()
    assert not (generated / "generated" / "rules" / "platform.alerts.yaml").exists()


def test_a_fragment_that_somebody_edited_is_not_merged(generated: Path) -> None:
    fragment = generated / "generated" / "alertmanager" / "tenants" / "globex.yaml"
    fragment.write_bytes(fragment.read_bytes().replace(b'tenant="globex"', b'tenant="acme"'))
    run(generated, "initech")
    assert b"globex" not in (generated / "generated" / "alertmanager" / "alertmanager.yaml").read_bytes()


def test_an_environment_is_written_beside_the_others(generated: Path) -> None:
    before = tree(generated / "generated")
    projects.make(generated, {**THREE, "acme": ALERT.format(1) + "environments: {staging: {title: Acme (staging)}}\n"})
    run(generated, environment="staging")
    staging = tree(generated / "generated" / "staging")
    assert {path: data for path, data in tree(generated / "generated").items() if not path.startswith("staging/")} == before
    assert b"Acme (staging)" in staging["receiver/acme.json"]
    assert set(staging) == set(before)


def test_a_foreign_file_stops_the_run(three: Path) -> None:
    foreign = three / "generated" / "rules" / "acme.alerts.yaml"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("groups: []\n", encoding="utf-8")
    with pytest.raises(RefusedToWrite):
        run(three)
    assert foreign.read_text(encoding="utf-8") == "groups: []\n"


def test_a_second_run_at_the_same_time_is_refused_and_a_check_is_not(generated: Path) -> None:
    with write.exclusive(generated / "generated"):
        with pytest.raises(UsageError, match="another alertkit is writing"):
            run(generated)
        assert not run(generated, dry=True).changed


class Refusing:
    """Refuses one tenant, as promtool would."""

    def __init__(self, tenant: str, whole: str = "") -> None:
        self._tenant, self._whole = tenant, whole

    def tenant(self, build: TenantBuild) -> tuple[Problem, ...]:
        return (Problem("rules/x.yaml", 0, 0, "AK901", "no"),) if build.tenant == self._tenant else ()

    def whole(self, data: bytes) -> None:
        if self._whole:
            raise ProblemsFound([Problem("alertmanager/alertmanager.yaml", 0, 0, "AK902", self._whole)])


def test_what_the_tools_refuse_is_not_written(three: Path) -> None:
    plan = run(three, verify=Refusing("acme"))
    assert [problem.code for problem in plan.problems] == ["AK901"]
    assert not [path for path in tree(three / "generated") if "acme" in path]
    assert (three / "generated" / "rules" / "globex.alerts.yaml").exists()


def test_what_the_tools_refuse_as_a_whole_leaves_the_old_file(generated: Path) -> None:
    before = (generated / "generated" / "alertmanager" / "alertmanager.yaml").read_bytes()
    projects.make(generated, {**THREE, "hooli": ALERT.format(4)})
    with pytest.raises(ProblemsFound):
        run(generated, verify=Refusing("", whole="no"))
    assert (generated / "generated" / "alertmanager" / "alertmanager.yaml").read_bytes() == before


def test_verifying_asks_about_files_that_are_as_they_were(generated: Path) -> None:
    assert run(generated, verify=Refusing("acme")).failed


# The same bytes, however they are made


def many(folder: Path) -> Path:
    tenants = {f"tenant-{number}": ALERT.format(number) for number in range(30)}
    return projects.make(folder, {**tenants, "tenant-7": BROKEN, "acme/a": "tenant: nobody\n"})


def test_several_processes_make_the_same_bytes_and_the_same_plan_as_one(tmp_path: Path) -> None:
    space = open_project(many(tmp_path / "project"))
    seen: list[tuple[int, int]] = []
    one = generate(space, (), Options(tmp_path / "one", jobs=1), lambda done, total: seen.append((done, total)))
    several = generate(space, (), Options(tmp_path / "several", jobs=3), lambda done, total: seen.append((done, total)))
    assert tree(tmp_path / "one") == tree(tmp_path / "several")
    assert one == several
    assert len(one.problems) > 1
    assert seen == [(done, 31) for done in range(1, 32)] * 2


def test_the_bytes_do_not_depend_on_the_order_of_hashes(tmp_path: Path) -> None:
    project = projects.make(tmp_path / "project", THREE)
    trees = []
    for seed in ("0", "1", "12345"):
        out = tmp_path / seed
        command = [sys.executable, "-m", "alertkit", "generate", "--project", str(project), "--out", str(out), "--format", "json"]
        done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True)
        trees.append((tree(out), done.stdout))
    assert trees[0] == trees[1] == trees[2]
    assert len(trees[0][0]) > 10
