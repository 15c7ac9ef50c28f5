"""A plan as people read it: a line for each kind of file of a tenant, below it the rules that change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alertkit import names, paths
from alertkit.cli.terminal import width
from alertkit.model.text import one_line

if TYPE_CHECKING:
    from alertkit.cli.terminal import Printer
    from alertkit.compiler.generate import Options
    from alertkit.compiler.workspace import Workspace
    from alertkit.compiler.writing.plan import Plan, RuleChange, TenantPlan
    from alertkit.compiler.writing.write import FileChange

_COLOURS = {"added": "green", "changed": "yellow", "removed": "red", "unchanged": "dim", "+": "green", "~": "yellow", "-": "red"}
_FATES_WIDTH = 22
"""Characters of `changed   (+12 ~0 -3)`, and one to spare."""
_LONGEST_NAME = 300
"""Characters of a rule's name."""
_SHOWN_RULES = 40
"""Rules of one tenant that are listed one by one; the rest is counted."""
_SHOWN_OF_NEW = 5
"""As above, of a tenant that had no files before: all of its rules are new, and its definition says so already."""
_SHOWN_UNCHANGED = 12
"""With more tenants than this, those without a change are counted, not listed."""


class _Row(NamedTuple):
    """Files that share a line: what they are called, how much there is in them, and what becomes of them."""

    path: str
    detail: str
    changes: Sequence[FileChange]


class _Table(NamedTuple):
    """Prints rows in columns; how much there is in the files is left out where a terminal has no room for it."""

    line: Printer
    path_width: int
    detail_width: int

    @classmethod
    def of(cls, rows: list[_Row], line: Printer) -> _Table:
        path, detail = (max((len(row[at]) for row in rows), default=0) for at in (0, 1))
        fits = path + 2 + detail + 2 + _FATES_WIDTH <= width()
        return cls(line, path, detail + 2 if fits else 0)

    def row(self, row: _Row, signs: str = "") -> None:
        fate = _fate(row.changes)
        detail = f"{row.detail:<{self.detail_width}}" if self.detail_width else ""
        self.line(f"{row.path:<{self.path_width}}  {detail}{fate:<10}{signs}".rstrip(), style=_COLOURS[fate])


def print_plan(plan: Plan, options: Options, space: Workspace, line: Printer) -> None:
    """The whole plan, changes first in sight: what nobody needs to read is one line."""
    quiet = len(plan.tenants) > _SHOWN_UNCHANGED
    folder = _folder(options.out, space.directory)
    shown = [
        tenant
        for tenant in plan.tenants
        if tenant.failed or tenant.changed or not (quiet or (tenant.tenant == names.PLATFORM and len(plan.tenants) > 1))
    ]
    rows = {tenant.tenant: _rows(tenant, folder) for tenant in shown if not tenant.failed}
    together = {"tenants": plan.tenants_in_all, "routes": plan.routes_in_all}
    detail = _amounts(together, ("tenant", "tenants"), ("route", "routes"))
    assembled = [_Row(f"{folder}/{change.path}", detail, [change]) for change in plan.assembled]
    table = _Table.of([*chain.from_iterable(rows.values()), *assembled], line)
    for tenant in shown:
        _print_tenant(tenant, rows.get(tenant.tenant, []), table)
    if quiet:
        same = sum(not (tenant.failed or tenant.changed) for tenant in plan.tenants)
        line(f"{same} of {len(plan.tenants)} tenants unchanged", style="dim")
    for row in assembled:
        table.row(row)
    line(f"Prometheus will evaluate about {_amount(plan.load)} rules a second")
    if options.dry:
        _print_verdict(plan, space, line)


def _folder(out: Path, project: Path) -> str:
    """The output folder as it is seen from the project; one that is elsewhere by its name."""
    out, project = out.absolute(), project.absolute()
    return str(out.relative_to(project)) if out.is_relative_to(project) else out.name


def _print_verdict(plan: Plan, space: Workspace, line: Printer) -> None:
    stale = plan.changed
    command = f"alertkit generate --env {space.project.environment}" if space.project.environment else "alertkit generate"
    fresh = "up to date, but for tenants with problems" if plan.failed else "up to date"
    words = f"stale: run `{command}` and commit the result" if stale else fresh
    line(f"the generated files are {words}", style="red" if stale or plan.failed else "green")


def _print_tenant(tenant: TenantPlan, rows: list[_Row], table: _Table) -> None:
    if tenant.failed:
        fate = "keeps its last good files" if tenant.kept else "has no files yet: its alerts reach the platform"
        table.line(f"{tenant.tenant}: has problems, {fate}", style="red")
        return
    rules, *others = rows
    if rules.changes:
        table.row(rules, _signs(tenant))
    if _fate(rules.changes or tenant.files) == "changed" and not tenant.rules:
        table.line("    no rule, but their order, groups or intervals")
    _print_rules(tenant.rules, _SHOWN_OF_NEW if _fate(tenant.files) == "added" else _SHOWN_RULES, table.line)
    for row in others:
        if row.changes:
            table.row(row)


def _rows(tenant: TenantPlan, folder: str) -> list[_Row]:
    """The lines of a tenant, that of its rules first. What provisions Grafana has one when it changes."""
    name, counts = tenant.tenant, tenant.counts
    rules = [str(paths.records(name)), str(paths.alerts(name))]
    fragment, policy, dashboards = str(paths.fragment(name)), str(paths.policy(name)), f"dashboards/{name}/"
    grafana = [change for change in tenant.files if change.path.startswith("grafana/")]
    kinds = [
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
        (f"grafana/…/{name}", "provisioning", grafana if any(change.fate != "unchanged" for change in grafana) else []),
    ]
    return [_Row(f"{folder}/{path}", detail, changes) for path, detail, changes in kinds]


def _amounts(counts: dict[str, int], *kinds: tuple[str, str]) -> str:
    return ", ".join(f"{counts[many]} {one if counts[many] == 1 else many}" for one, many in kinds if many in counts)


def _fate(changes: Sequence[FileChange]) -> str:
    fates = {change.fate for change in changes}
    return fates.pop() if len(fates) == 1 else "changed"


def _signs(tenant: TenantPlan) -> str:
    signs = Counter(change.sign for change in tenant.rules)
    return f"(+{signs['+']} ~{signs['~']} -{signs['-']})" if tenant.rules else ""


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
