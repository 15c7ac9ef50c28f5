"""How many mistakes in generated rules the generated cases catch.

    python scripts/mutants.py [PROJECT …] [--sample N] [--seed N] [--minimum 0.95]

Without a PROJECT, these are the example, which uses every pack, and tests/mutants/kinds, with every kind of SLO and detection.
One mistake at a time is made in one rule (see mutations.py), and the cases that name the rule are run. The share of mistakes that
at least one case notices is printed by kind, those that none notices in full; exit code 1 when the share is below the minimum.

tests/mutants/equivalent.yaml lists mistakes that change nothing that a case could see, each with its reason; they do not count.

promtool spends its time on loading series, not on evaluating rules. So all mutants that a scene tells something about run in it
together, each under a name of its own. A record that looks right under its own name may still be noticed by what is recorded from
it: so each record that gets through is tried once more in the original's place.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from mutations import Rule, mutations

from alertkit import paths
from alertkit.compiler import api
from alertkit.compiler.cases.render import render
from alertkit.compiler.compile import cases_of
from alertkit.model.cases import MARK
from alertkit.tools import program

TOP = Path(__file__).resolve().parent.parent
PROJECTS = (TOP / "examples" / "streaming-platform", TOP / "tests" / "mutants" / "kinds")
EQUIVALENT = TOP / "tests" / "mutants" / "equivalent.yaml"
TAG = "__m"
_TAGGED = re.compile(rf"{TAG}(\d+)\b")
_BROKEN = re.compile(rf"rule: \S*?{TAG}(\d+), time: .*, err: ")
Document = dict[str, Any]


class Mutant(NamedTuple):
    """A rule with a mistake, and where it stands: `records` or `alerts`, the group's and the rule's number."""

    tenant: Tenant
    file: str
    group: int
    number: int
    kind: str
    rule: Rule

    @property
    def original(self) -> Rule:
        found: Rule = self.tenant.rules[self.file]["groups"][self.group]["rules"][self.number]
        return found

    @property
    def name(self) -> str:
        """What cases call the rule."""
        return str(self.original.get("record") or self.original["annotations"]["alertkit_rule"])

    def is_named(self, probe: str) -> bool:
        """Whether a case's expression is about the rule: a record is told by its name and its labels."""
        if f"{MARK}{self.name}: " not in probe:
            return False
        return "alert" in self.rule or all(f'{key}="{value}"' in probe for key, value in self.original["labels"].items())


class Equivalent(NamedTuple):
    """Mistakes that change nothing that a case could see: of which rules and kind, what their expressions hold, and why."""

    rule: str
    kind: str
    holds: str
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        """Whether it is about a mutant. A `*` in what the expression holds stands for any label value; layout does not matter."""
        held = '[^"]*'.join(re.escape(part) for part in self.holds.split("*"))
        return (
            mutant.kind == self.kind
            and re.fullmatch(self.rule, mutant.name) is not None
            and re.search(held, " ".join(mutant.rule["expr"].split())) is not None
        )


class Tenant:
    """A tenant's generated rules and cases."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.rules = {kind: read(folder / "rules" / f"{name}.{kind}.yaml") for kind in ("records", "alerts")}
        self.cases = [read(file) for file in sorted((folder / "tests").glob(f"{name}.*test.yaml"))]

    def mutants(self, label: str = "tenant") -> Iterator[Mutant]:
        """Every mistake in every rule."""
        for kind, document in self.rules.items():
            for at, group in enumerate(document["groups"]):
                for number, rule in enumerate(group["rules"]):
                    yield from (Mutant(self, kind, at, number, *one) for one in mutations(rule, label))


class Job(NamedTuple):
    """One scene of one file of cases."""

    tenant: Tenant
    document: Document
    scene: Document

    @property
    def is_long(self) -> bool:
        """Whether it is evaluated once, after days: promtool takes seconds, and only what it names can fail."""
        return bool(self.document["evaluation_interval"].count("d"))

    @property
    def reads_records(self) -> bool:
        return any(file.endswith(".records.yaml") for file in self.document["rule_files"])


def caught_in(job: Job, mutants: Sequence[tuple[int, Mutant]]) -> set[int]:
    """The mutants, by number, that the scene notices, of those that it tells something about."""
    found: set[int] = set()
    named = [(number, mutant) for number, mutant in mutants if mutant.tenant is job.tenant and _is_about(job, mutant)]
    while named:
        output = _run(_rules(job, named), job, _tagged(job.scene, named))
        broken = {int(number) for number in _BROKEN.findall(output)}
        if not broken:
            return found | {int(number) for number in _TAGGED.findall(output)}
        found |= broken  # such a rule ends the whole scene, so the others have not been asked yet
        named = [one for one in named if one[0] not in broken]
    return found


def _is_about(job: Job, mutant: Mutant) -> bool:
    return (mutant.file == "alerts" or job.reads_records) and any(map(mutant.is_named, _expressions(job.scene)))


def _expressions(scene: Document) -> list[str]:
    return [probe["expr"] for probe in scene.get("promql_expr_test", [])]


def _rules(job: Job, named: Iterable[tuple[int, Mutant]]) -> Document:
    """The records that the scene needs, each followed by its mutants, and the mutants of alerts."""
    by_place: dict[tuple[str, int, int], list[Rule]] = {}
    for number, mutant in named:
        key = "alert" if "alert" in mutant.rule else "record"
        tagged = {**mutant.rule, key: f"{mutant.rule[key]}{TAG}{number}"}
        by_place.setdefault((mutant.file, mutant.group, mutant.number), []).append(tagged)
    groups = []
    for file, document in job.tenant.rules.items():
        for at, group in enumerate(document["groups"]):
            rules: list[Rule] = []
            for number, rule in enumerate(group["rules"]):
                rules += [rule] if file == "records" and job.reads_records else []
                rules += by_place.get((file, at, number), [])
            groups += [{"name": group["name"], "rules": rules}] if rules else []
    return {"groups": groups}


def _tagged(scene: Document, named: Iterable[tuple[int, Mutant]]) -> Document:
    """The scene with the cases of each mutant, asked under its name."""
    probes = [
        {**probe, "expr": f"{_renamed(probe['expr'], mutant, f'{TAG}{number}')} {MARK}{TAG}{number}"}
        for number, mutant in named
        for probe in scene.get("promql_expr_test", [])
        if mutant.is_named(probe["expr"])
    ]
    alerts = [
        {**test, "alertname": f"{test['alertname']}{TAG}{number}", "exp_alerts": _only(test, mutant.name)}
        for number, mutant in named
        for test in scene.get("alert_rule_test", [])
        if test["alertname"] == mutant.original.get("alert")
    ]
    return {**scene, "promql_expr_test": probes, "alert_rule_test": alerts}


def _renamed(probe: str, mutant: Mutant, tag: str) -> str:
    expr = probe.partition(f" {MARK}")[0]
    if mutant.file == "alerts":
        return expr.replace(f'alertname="{mutant.original["alert"]}"', f'alertname="{mutant.original["alert"]}{tag}"')
    return expr.replace(f"{mutant.name}{{", f"{mutant.name}{tag}{{")


def _only(test: Document, rule: str) -> list[Document]:
    """Of the alerts that are expected in full, those of one rule."""
    return [one for one in test["exp_alerts"] if one["exp_annotations"].get("alertkit_rule") == rule]


def caught_in_place(mutant: Mutant) -> bool:
    """Whether any scene notices when the mutant of a record takes its place, in the record or in what follows from it."""
    rules = {file: {"groups": [dict(group) for group in document["groups"]]} for file, document in mutant.tenant.rules.items()}
    group = rules[mutant.file]["groups"][mutant.group]
    group["rules"] = [mutant.rule if at == mutant.number else rule for at, rule in enumerate(group["rules"])]
    changed = {"groups": [*rules["records"]["groups"], *rules["alerts"]["groups"]]}
    jobs = [job for job in jobs_of([mutant.tenant]) if job.reads_records and (_is_about(job, mutant) or not job.is_long)]
    return any(_run(changed, job, {key: value for key, value in job.scene.items() if key != "alert_rule_test"}) for job in jobs)


def _run(rules: Document, job: Job, scene: Document) -> str:
    """What promtool says against one scene with other rules; "" when everything holds."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "rules.yaml").write_text(json.dumps(rules), encoding="utf-8")
        present = {group["name"] for group in rules["groups"]}
        order = [name for name in job.document.get("group_eval_order", []) if name in present]
        cases = {**job.document, "rule_files": ["rules.yaml"], "group_eval_order": order, "tests": [scene]}
        (root / "case.yaml").write_text(json.dumps(cases), encoding="utf-8")
        answer = program.run(program.find("promtool"), "test", "rules", root / "case.yaml", timeout=600)
        return answer.output if answer.code else ""


def jobs_of(tenants: Iterable[Tenant]) -> list[Job]:
    """Every scene of every tenant."""
    return [Job(tenant, document, scene) for tenant in tenants for document in tenant.cases for scene in document["tests"]]


def caught(mutants: Sequence[Mutant], workers: int) -> list[bool]:
    """Whether each mutant is noticed."""
    numbered = list(enumerate(mutants))
    tenants = list({id(mutant.tenant): mutant.tenant for mutant in mutants}.values())
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        noticed = set[int]().union(*pool.map(lambda job: caught_in(job, numbered), jobs_of(tenants)))
        left = [number for number, mutant in numbered if number not in noticed and mutant.file == "records"]
        again = pool.map(lambda number: caught_in_place(mutants[number]), left)
        noticed |= {number for number, is_caught in zip(left, again, strict=True) if is_caught}
    return [number in noticed for number, _ in numbered]


def compile_tenants(project: Path, folder: Path) -> list[Tenant]:
    """The tenants of a project, with their rules and cases written into a folder."""
    build = api.build(project)
    api.write(build, folder)
    found = []
    for one in build.tenants:
        name = one.tenant
        assert one.compiled is not None, build.problems
        for file in cases_of(one.compiled, build.workspace.project, build.workspace.scope(name).guard).files:
            path = folder / paths.cases(name, file.kind)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(render(file, name))
        found.append(Tenant(folder, name))
    return found


def read(file: Path) -> Document:
    """A generated file, or no groups."""
    found: Document = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) if file.exists() else {"groups": []}
    return found


def mutants_of(projects: Iterable[Path] = PROJECTS) -> list[Mutant]:
    """Every mistake in every rule of every tenant of some projects."""
    found = []
    for project in projects:
        with tempfile.TemporaryDirectory() as folder:
            found += [mutant for tenant in compile_tenants(project, Path(folder)) for mutant in tenant.mutants()]
    return found


def equivalents() -> list[Equivalent]:
    """All that are written down."""
    return [Equivalent(**entry) for entry in yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))]


def worthwhile(mutants: Iterable[Mutant]) -> list[Mutant]:
    """The mutants that a case could notice."""
    known = equivalents()
    return [mutant for mutant in mutants if not any(one.covers(mutant) for one in known)]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("projects", type=Path, nargs="*", default=PROJECTS)
    parser.add_argument("--sample", type=int, default=0, help="so many mutants, chosen at random; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minimum", type=float, default=0.95)
    options = parser.parse_args()
    every = mutants_of(options.projects)
    mutants = worthwhile(every)
    print(f"{len(every) - len(mutants)} of {len(every)} mutants left out: {EQUIVALENT.relative_to(TOP)} says why")
    if 0 < options.sample < len(mutants):
        mutants = random.Random(options.seed).sample(mutants, options.sample)
    verdicts = caught(mutants, os.cpu_count() or 1)
    print(report(mutants, verdicts))
    return 0 if share(verdicts) >= options.minimum else 1


def share(verdicts: Sequence[bool]) -> float:
    """The part that was caught."""
    return sum(verdicts) / max(len(verdicts), 1)


def report(mutants: Sequence[Mutant], verdicts: Sequence[bool]) -> str:
    """Who got through, the share of each kind, and the share of all."""
    lines = []
    for mutant, is_caught in zip(mutants, verdicts, strict=True):
        if not is_caught:
            lines.append(f"survived: {mutant.tenant.name} {mutant.name}, {mutant.kind}: {mutant.rule['expr']}")
    found = Counter((mutant.kind, is_caught) for mutant, is_caught in zip(mutants, verdicts, strict=True))
    kinds = sorted({kind for kind, _ in found})
    lines += (f"{kind:28} {found[kind, True]:5} of {found[kind, True] + found[kind, False]:5} caught" for kind in kinds)
    return "\n".join([*lines, f"{share(verdicts):.1%} of {len(verdicts)} mutants caught"])


if __name__ == "__main__":
    sys.exit(main())
