"""Every problem of a definition: JSON Schema first, then meaning; as it stands, and in its environments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from alertkit.compiler.checks import CHECKS
from alertkit.compiler.finding import Finding, did_you_mean, problems_at
from alertkit.compiler.reading import schema
from alertkit.compiler.reading.merge import environments, identity, in_environment
from alertkit.compiler.reading.prune import Pruned
from alertkit.compiler.scope import Data, Scope
from alertkit.errors import Problem
from alertkit.model.document import Node, plain

_ABOUT_FORM = "AK2"
"""Begins the codes of what a schema refuses; an environment is laid over a definition of the right form only."""
_MISSING = "AK202"
_ABOUT_NAMES = ("AK301", "AK306", "AK602", "AK605")
"""Problems that follow when names, or what routes share, are missing."""
_ABOUT_REST = ("AK409", "AK832")
"""Follow when something is left out for its form: the sentence of a language, whatever a dashboard shows."""


def validate(node: Node, scope: Scope, files: Mapping[str, bytes], *, whole: bool = True) -> tuple[Node, tuple[Problem, ...]]:
    """The definition in the project's environment, and every problem, each once, by place. `files` are what was read.

    A project that is compiled for no environment in particular is told what is wrong in any of them. Of a definition that is
    not `whole`, because some of its files cannot be read, nothing is said that they may put right.
    """
    asked = scope.project.environment
    problems = _problems(node, scope, files, whole=whole)
    if whole and not any(problem.code.startswith(_ABOUT_FORM) for problem in problems):
        for name in (asked,) if asked else environments(node):
            problems += _problems(in_environment(node, name), scope, files, whole=True, base=node)
    return in_environment(node, asked), _each_once(problems)


def _each_once(problems: list[Problem]) -> tuple[Problem, ...]:
    """Problems by place. In an environment a problem of the tenant's may come again with another hint."""
    found: dict[Problem, Problem] = {}
    for problem in problems:
        found.setdefault(msgspec.structs.replace(problem, hint=""), problem)
    return tuple(sorted(found.values()))


def _problems(node: Node, scope: Scope, files: Mapping[str, bytes], *, whole: bool, base: Node | None = None) -> list[Problem]:
    """The schema's; then those of the meaning of all that the schema accepts. `base` is what an environment was laid over."""
    data = plain(node)
    findings = schema.check("tenant", data)
    if not findings and whole:
        findings = _meaning(data, scope)
    elif all(finding.code != schema.STOPPED for finding in findings):
        rest = Pruned(data, findings, scope.tenant)
        rest.lost_names |= not whole
        findings = [finding for finding in findings if whole or finding.path or finding.code != _MISSING]
        findings = [_of_another_name(finding, data, plain(base)) for finding in findings] if base else findings
        findings += [] if rest.data is None else list(_meaning_of_rest(rest, scope))
    return problems_at(node, findings, scope.tenant, files)


def _of_another_name(finding: Finding, data: Data, base: Data) -> Finding:
    """An entry of an environment that is not whole was meant to change one of the tenant's, whose name is written otherwise."""
    if finding.code != _MISSING or len(finding.path) != 2:
        return finding
    section, index = finding.path
    named = identity(data[str(section)][index])
    known = {found[1] for entry in base.get(str(section), []) if (found := identity(entry))}
    if named is None or named[1] in known or not known:
        return finding
    hint = did_you_mean(named[1], known)
    return msgspec.structs.replace(finding, hint=f"there is no {named[1]!r} to change: {hint}" if hint else finding.hint)


def _meaning(data: Data, scope: Scope) -> list[Finding]:
    return [*_name(data["tenant"], scope.tenant), *check_meaning(data, scope)]


def check_meaning(data: Data, scope: Scope) -> Iterable[Finding]:
    """What is wrong with a definition that its schema has accepted."""
    return (finding for check in CHECKS for finding in check(data, scope))


def _meaning_of_rest(rest: Pruned, scope: Scope) -> Iterator[Finding]:
    """Findings about what is left; that something left out is unknown to it is no news."""
    for finding in _meaning(rest.data, scope):
        if finding.code in _ABOUT_REST or (rest.lost_names and finding.code in _ABOUT_NAMES):
            continue
        if not any(repr(name) in finding.message for name in rest.dropped_names):
            yield msgspec.structs.replace(finding, path=rest.original(finding.path))


def _name(written: str, expected: str) -> Iterator[Finding]:
    if written != expected:
        yield Finding(("tenant",), "AK304", f"the file says tenant {written!r}, its name says {expected!r}", "make them equal")
