"""A plan as people read it: a line for each kind of file of a tenant, below it the rules that change."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from alertkit import names, paths
from alertkit.model.text import one_line

if TYPE_CHECKING:
    from alertkit.cli.terminal import Printer
    from alertkit.compiler.generate import Options
    from alertkit.compiler.workspace import Workspace
    from alertkit.compiler.writing.plan import Plan, RuleChange, TenantPlan
    from alertkit.compiler.writing.write import FileChange

_COLOURS = {"added": "green", "changed": "yellow", "removed": "red", "unchanged": "dim", "+": "green", "~": "yellow", "-": "red"}
_PATH_WIDTH = 43
"""Room for a path below the output folder; a longer one only shifts its own line."""
_LONGEST_NAME = 300
"""Characters of a rule's name."""
_SHOWN_RULES = 40
"""Rules of one tenant that are listed one by one; the rest is counted."""
_SHOWN_OF_NEW = 5
"""As above, of a tenant that had no files before: all of its rules are new, and its definition says so already."""
_SHOWN_UNCHANGED = 12
"""With more tenants than this, those without a change are counted, not listed."""


def print_plan(plan: Plan, options: Options, space: Workspace, line: Printer) -> None:
    """The whole plan, changes first in sight: what nobody needs to read is one line."""
    quiet = len(plan.tenants) > _SHOWN_UNCHANGED
    folder = _folder(options.out, space.directory)
    for tenant in plan.tenants:
        if tenant.failed or tenant.changed or not (quiet or (tenant.tenant == names.PLATFORM and len(plan.tenants) > 1)):
            _print_tenant(tenant, folder, line)
    if quiet:
        same = sum(not (tenant.failed or tenant.changed) for tenant in plan.tenants)
        line(f"{same} of {len(plan.tenants)} tenants unchanged", style="dim")
    for change in plan.assembled:
        _print_file(line, folder, change.path, f"{plan.tenants_in_all} tenants, {plan.routes_in_all} routes", change.fate)
    line(f"Prometheus will evaluate about {_amount(plan.load)} rules a second")
    if options.dry:
        _print_verdict(plan, space, line)


def _folder(out: Path, project: Path) -> str:
    """The output folder as it is seen from the project; one that is elsewhere by its name."""
    return str(out.relative_to(project)) if out.is_relative_to(project) else out.name


def _print_verdict(plan: Plan, space: Workspace, line: Printer) -> None:
    stale = plan.changed
    command = f"alertkit generate --env {space.project.environment}" if space.project.environment else "alertkit generate"
    fresh = "up to date, but for tenants with problems" if plan.failed else "up to date"
    words = f"stale: run `{command}` and commit the result" if stale else fresh
    line(f"the generated files are {words}", style="red" if stale or plan.failed else "green")


def _print_tenant(tenant: TenantPlan, folder: str, line: Printer) -> None:
    if tenant.failed:
        fate = "keeps its last good files" if tenant.kept else "has no files yet: its alerts reach the platform"
        line(f"{tenant.tenant}: has problems, {fate}", style="red")
        return
    for label, detail, changes in _kinds(tenant):
        if changes:
            _print_file(line, folder, label, detail, _fate(changes), _signs(tenant, label))
        if label.startswith("rules/"):
            if _fate(changes or list(tenant.files)) == "changed" and not tenant.rules:
                line("    no rule, but their order, groups or intervals")
            _print_rules(tenant.rules, _SHOWN_OF_NEW if _fate(list(tenant.files)) == "added" else _SHOWN_RULES, line)


def _kinds(tenant: TenantPlan) -> list[tuple[str, str, list[FileChange]]]:
    """The lines of a tenant: what it is called, how much there is, and which files it stands for."""
    name, counts = tenant.tenant, tenant.counts
    rules = [str(paths.records(name)), str(paths.alerts(name))]
    fragment, policy, dashboards = str(paths.fragment(name)), str(paths.policy(name)), f"dashboards/{name}/"
    return [
        (
            f"rules/{name}.{{records,alerts}}.yaml",
            _amounts(counts, ("group", "groups"), ("rule", "rules")),
            [change for change in tenant.files if change.path in rules],
        ),
        (fragment, _amounts(counts, ("route", "routes")), [change for change in tenant.files if change.path == fragment]),
        (dashboards, _amounts(counts, ("dashboard", "dashboards")), [c for c in tenant.files if c.path.startswith(dashboards)]),
        (
            policy,
            _amounts(counts, ("policy", "policies"), ("schedule", "schedules")),
            [change for change in tenant.files if change.path == policy],
        ),
    ]


def _amounts(counts: dict[str, int], *kinds: tuple[str, str]) -> str:
    return ", ".join(f"{counts[many]} {one if counts[many] == 1 else many}" for one, many in kinds if many in counts)


def _fate(changes: list[FileChange]) -> str:
    fates = {change.fate for change in changes}
    return fates.pop() if len(fates) == 1 else "changed"


def _signs(tenant: TenantPlan, label: str) -> str:
    if not label.startswith("rules/") or not tenant.rules:
        return ""
    signs = Counter(change.sign for change in tenant.rules)
    return f"(+{signs['+']} ~{signs['~']} -{signs['-']})"


def _print_file(line: Printer, folder: str, path: str, detail: str, fate: str, signs: str = "") -> None:
    place = f"{folder}/{path}"
    width = len(folder) + _PATH_WIDTH
    line(f"{place:<{width}} {detail:<28} {fate:<10}{signs}".rstrip(), style=_COLOURS[fate])


def _print_rules(changes: tuple[RuleChange, ...], most: int, line: Printer) -> None:
    for change in changes[:most]:
        _print_rule(change, line)
    if len(changes) > most:
        line(f"    and {len(changes) - most} more rules")


def _print_rule(change: RuleChange, line: Printer) -> None:
    source = f"  {change.source}" if change.source else ""
    rule = one_line(
        change.rule, _LONGEST_NAME
    )  # a removed one is named by the committed manifest, which a pull request can change
    line(f"  {change.sign} {rule}{source}", style=_COLOURS[change.sign])
    for field in change.changes:
        line(f"      {field}")


def _amount(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"
