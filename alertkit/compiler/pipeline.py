"""The stages in order: load → validate → resolve → compile → render → write. Nothing is written before a tenant is whole.

Tenants are independent of each other up to the assembled Alertmanager file, so one that is wrong harms no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from alertkit import names
from alertkit.compiler import (
    builders,
    grafana,
    merge,
    policies,
    render,
    resolve,
    routes,
    rules,
    schema,
    slos,
    unittests,
    workspace,
)
from alertkit.compiler import manifest as manifests
from alertkit.compiler.checks import CHECKS
from alertkit.compiler.finding import Finding, problems_at
from alertkit.compiler.links import panel_url
from alertkit.compiler.load import load_text, read_bytes
from alertkit.compiler.manifest import Manifest
from alertkit.compiler.plan import rule_key
from alertkit.compiler.prune import Pruned
from alertkit.compiler.rules import Rules
from alertkit.compiler.scope import Data, Scope
from alertkit.compiler.slo_parts import SloContext, SloRules
from alertkit.compiler.workspace import Workspace
from alertkit.compiler.write import Files
from alertkit.dashboards import ViewContext
from alertkit.errors import Level, Problem, ProblemsFound
from alertkit.model import policy as policy_file
from alertkit.model.cases import Cases
from alertkit.model.document import Node, plain
from alertkit.model.policy import TenantPolicy
from alertkit.model.route import Fragment
from alertkit.model.rules import AlertingRule, RuleGroup
from alertkit.model.tenant import Project, Tenant

_ABOUT_FORM = "AK2"
"""Begins the codes of what a schema refuses; an environment is laid over a definition of the right form only."""
_ABOUT_NAMES = ("AK301", "AK306", "AK602")
"""Problems that follow when names are missing."""


class Source(msgspec.Struct, frozen=True):
    """A tenant's definition on disk: names relative to the project, and bytes; `problems` are of files that cannot be read."""

    tenant: str
    files: tuple[tuple[str, bytes], ...]
    problems: tuple[Problem, ...] = ()

    def digest(self, space: Workspace) -> str:
        """The digest of all that the tenant is compiled from."""
        parts = [part for name, data in self.files for part in (name.encode(), data)]
        parts += [str(problem).encode() for problem in self.problems]
        parts += builders.parts(builders.find(space.directory, space.project.tenants, self.tenant))
        return manifests.input_digest([space.text, space.packs.digest.encode(), space.project.environment.encode(), *parts])


class Compiled(msgspec.Struct, frozen=True):
    """A tenant as values: its definition, its alerts, its part of Alertmanager's configuration, and what the receiver reads.

    `own_rules` are those that are no SLO's, `slo_rules` those of each of the tenant's SLOs, in their order.
    """

    tenant: Tenant
    alerts: tuple[AlertingRule, ...]
    fragment: Fragment
    policy: TenantPolicy
    own_rules: Rules
    slo_rules: tuple[SloRules, ...]


class TenantBuild(msgspec.Struct, frozen=True):
    """What one tenant compiles to: files by path relative to the output directory, or the problems why not."""

    tenant: str
    problems: tuple[Problem, ...] = ()
    files: Files = {}
    groups: tuple[RuleGroup, ...] = ()
    manifest: Manifest | None = None
    compiled: Compiled | None = None


def read_source(space: Workspace, tenant: str, files: Iterable[Path]) -> Source:
    """Read a tenant's files. A link that leads out of the project is not followed: problems quote what they find."""
    texts: list[tuple[str, bytes]] = []
    problems: list[Problem] = []
    for file in files:
        name = space.called(file)
        try:
            texts.append((name, _read(file, name, space.directory)))
        except ProblemsFound as found:
            problems += found.problems
    return Source(tenant, tuple(texts), tuple(problems))


def _read(file: Path, name: str, directory: Path) -> bytes:
    if not file.resolve().is_relative_to(directory.resolve()):
        raise ProblemsFound([Problem(name, 0, 0, "AK101", "the file is a link that leads out of the project")])
    return read_bytes(file, name)


def check_tenant(space: Workspace, source: Source) -> list[Problem]:
    """Every problem of a tenant: as it stands, and in its environments."""
    return _checked(source, space.scope(source.tenant))[1]


def build(space: Workspace, source: Source) -> TenantBuild:
    """Compile one tenant, in memory. The platform's definition has been checked with its project."""
    if source.tenant == names.PLATFORM:
        return compile_tenant(space.platform, space.scope(names.PLATFORM), source.digest(space), space.warnings)
    scope = space.scope(source.tenant)
    node, problems = _checked(source, scope)
    if node is None or _failed(problems):
        return TenantBuild(source.tenant, tuple(problems))
    tenant = resolve.tenant(plain(node), scope, lambda path: workspace.source_at(node, path))
    return compile_tenant(tenant, scope, source.digest(space), tuple(problems))


def _checked(source: Source, scope: Scope) -> tuple[Node | None, list[Problem]]:
    """The definition in the asked-for environment (None when it cannot be read), and every problem, each once."""
    try:
        node = load(source)
        files = dict(source.files)
        problems = validate(node, scope, files)
        asked = scope.project.environment
        if not any(problem.code.startswith(_ABOUT_FORM) for problem in problems):
            variants = [_variant(node, asked)] if asked else list(_environments(node))
            problems += [problem for variant in variants for problem in validate(variant, scope, files)]
    except ProblemsFound as found:
        return None, [msgspec.structs.replace(problem, tenant=source.tenant) for problem in found.problems]
    return _variant(node, asked), _each_once(problems)


def _each_once(problems: list[Problem]) -> list[Problem]:
    """Problems by place. In an environment a problem of the tenant's may come again with another hint."""
    found: dict[Problem, Problem] = {}
    for problem in problems:
        found.setdefault(msgspec.structs.replace(problem, hint=""), problem)
    return sorted(found.values())


def load(source: Source) -> Node:
    """The tenant's files as one definition.

    Raises:
        ProblemsFound: a file is no YAML that alertkit reads, or two files contradict each other.
    """
    nodes: list[Node] = []
    problems = list(source.problems)
    for name, data in source.files:
        try:
            nodes.append(load_text(data, name))
        except ProblemsFound as found:
            problems += found.problems
    if problems:
        raise ProblemsFound(problems)
    return merge.merge_sections(nodes)


def validate(node: Node, scope: Scope, files: Mapping[str, bytes]) -> list[Problem]:
    """The schema first; then the meaning of all that the schema accepts. `files` are what the definition was read from."""
    data = plain(node)
    findings = schema.check("tenant", data)
    if not findings:
        findings = _meaning(data, scope)
    else:
        rest = Pruned(data, findings, scope.tenant)
        findings += [] if rest.data is None else list(_meaning_of_rest(rest, scope))
    return problems_at(node, findings, scope.tenant, files)


def _meaning(data: Data, scope: Scope) -> list[Finding]:
    return [*_name(data["tenant"], scope.tenant), *(finding for check in CHECKS for finding in check(data, scope))]


def _meaning_of_rest(rest: Pruned, scope: Scope) -> Iterator[Finding]:
    """Findings about what is left; that something left out is unknown to it is no news."""
    for finding in _meaning(rest.data, scope):
        if rest.lost_names and finding.code in _ABOUT_NAMES:
            continue
        if not any(repr(name) in finding.message for name in rest.dropped_names):
            yield msgspec.structs.replace(finding, path=rest.original(finding.path))


def compile_tenant(tenant: Tenant, scope: Scope, digest: str, problems: tuple[Problem, ...]) -> TenantBuild:
    """The tenant's artifacts, as bytes."""
    project = scope.project
    own = rules.compile_rules(tenant, project, scope.guard)
    slo_context = _slo_context(tenant, scope)
    of_slos = tuple(slos.compile_slo(slo, slo_context) for slo in tenant.slos)
    compiled = _together(own, of_slos)
    fragment = _with_muting(routes.compile_routes(tenant, project), tenant, slo_context)
    policy = policies.compile_policy(tenant, project, {rule: text for one in of_slos for rule, text in one.texts.items()})
    files: Files = {
        names.fragment_file(tenant.name): render.fragment(fragment),
        names.policy_file(tenant.name): policy_file.encode(policy),
    }
    if compiled.records:
        files[names.records_file(tenant.name)] = render.rule_file(compiled.records, tenant.name)
    if compiled.alerts:
        files[names.alerts_file(tenant.name)] = render.rule_file(compiled.alerts, tenant.name)
    groups = (*compiled.records, *compiled.alerts)
    context = ViewContext.of(tenant, project, groups, policy.texts)
    drawing = grafana.draw(tenant, project, context, scope.builders if scope.trusted else {})
    if drawing.problems:
        return TenantBuild(tenant.name, (*problems, *drawing.problems))
    files |= drawing.files
    counts = {
        "groups": len(groups),
        "rules": sum(len(group.rules) for group in groups),
        "routes": routes.count(fragment.routes),
        "dashboards": drawing.count,
        "policies": len(policy.policies),
        "schedules": len(policy.schedules),
    }
    base = Manifest(names.MANIFEST_VERSION, tenant.name, digest, {}, counts=counts)
    manifest = _filled(base, files, groups, project)
    alerts = tuple(rule for group in groups for rule in group.rules if isinstance(rule, AlertingRule))
    return TenantBuild(tenant.name, problems, files, groups, manifest, Compiled(tenant, alerts, fragment, policy, own, of_slos))


def assemble(space: Workspace, fragments: Iterable[bytes]) -> bytes:
    """Alertmanager's configuration from every tenant's fragment, the platform's first."""
    return render.alertmanager(routes.root_route(space.platform, space.project), fragments)


def compile_cases(space: Workspace, compiled: Compiled) -> Cases:
    """The promtool cases of a tenant that could be compiled."""
    tenant, scope = compiled.tenant, space.scope(compiled.tenant.name)
    isolated = space.project.enforce == "selectors" and not scope.is_platform
    of_slos = tuple(zip(tenant.slos, compiled.slo_rules, strict=True))
    return unittests.compile_cases(
        compiled.own_rules, of_slos, tenant.cases, _slo_context(tenant, scope), isolated=isolated, detections=tenant.detections
    )


def _slo_context(tenant: Tenant, scope: Scope) -> SloContext:
    project = scope.project
    return SloContext(tenant.name, project.label, tenant.locale, scope.guard, lambda rule: panel_url(tenant, project, rule))


def _together(own: Rules, of_slos: Iterable[SloRules]) -> Rules:
    parts = (own, *(one.rules for one in of_slos))
    return Rules(
        records=tuple(group for part in parts for group in part.records),
        alerts=tuple(group for part in parts for group in part.alerts),
    )


def _with_muting(fragment: Fragment, tenant: Tenant, context: SloContext) -> Fragment:
    """The fragment with the rule by which a page of an SLO mutes its tickets."""
    muting = slos.inhibit_rule(tenant.slos, context)
    return msgspec.structs.replace(fragment, inhibit=(*fragment.inhibit, muting)) if muting else fragment


def _filled(manifest: Manifest, files: Files, groups: tuple[RuleGroup, ...], project: Project) -> Manifest:
    rules = {rule_key(rule): rule for group in groups for rule in group.rules}
    return msgspec.structs.replace(
        manifest,
        files={str(path): manifests.digest(data) for path, data in files.items()},
        rules={key: manifests.digest(msgspec.json.encode(render.rule(rule))) for key, rule in rules.items()},
        sources={key: f"{rule.source.file}:{rule.source.line}" for key, rule in rules.items()},
        load=sum(len(group.rules) / (group.interval or project.evaluation_interval).seconds for group in groups),
    )


def _name(written: str, expected: str) -> Iterator[Finding]:
    if written != expected:
        yield Finding(("tenant",), "AK304", f"the file says tenant {written!r}, its name says {expected!r}", "make them equal")


def _environments(node: Node) -> Iterator[Node]:
    value = node.value
    environments = value.get("environments") if isinstance(value, dict) else None
    for name in environments.value if environments and isinstance(environments.value, dict) else ():
        yield _variant(node, name)


def _variant(node: Node, environment: str) -> Node:
    """The definition with one of its environments merged in, and no environments left."""
    if not isinstance(node.value, dict) or "environments" not in node.value:
        return node
    base = msgspec.structs.replace(node, value={key: value for key, value in node.value.items() if key != "environments"})
    environments = node.value["environments"].value
    partial = environments.get(environment) if isinstance(environments, dict) else None
    return merge.overlay(base, partial) if partial else base


def _failed(problems: Iterable[Problem]) -> bool:
    return any(problem.level is Level.ERROR for problem in problems)
