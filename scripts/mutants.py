"""How many mistakes in generated rules the generated cases catch.

    python scripts/mutants.py GENERATED [--sample N] [--seed N] [--minimum 0.95]

GENERATED is what `alertkit test` wrote. One rule at a time is changed: a threshold times 1.1, a window exchanged for another,
`and` made `or`, the tenant's matcher taken out of every selector. Then the cases that name the rule run. The share of changes
that at least one case notices is printed by kind, the survivors in full; exit code 1 when the share is below the minimum.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import copy
import os
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from alertkit.model.cases import MARK
from alertkit.tools import promtool

COMPARISON = re.compile(r"((?:>=|<=|==|!=|>|<)\s*\(?\s*-?)(\d+(?:\.\d+)?)(?![\w.]*\[)")
WINDOW = re.compile(r"(\[|ratio_rate)(\d+[smhdw])\b")
LADDER = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


class Mutant(NamedTuple):
    """A changed rule: where it stands, what was changed, and the new expression."""

    tenant: str
    file: str
    group: int
    rule: int
    kind: str
    expr: str


def mutations(expr: str, label: str) -> Iterator[tuple[str, str]]:
    """Every change of an expression, with its kind."""
    for found in COMPARISON.finditer(expr):
        if float(found[2]):
            yield "threshold x 1.1", f"{expr[: found.start(2)]}{float(found[2]) * 1.1!r}{expr[found.end(2) :]}"
    windows = list(dict.fromkeys(found[2] for found in WINDOW.finditer(expr)))
    if windows:
        other = windows[1] if len(windows) > 1 else next(one for one in LADDER if one != windows[0] and one != "30m")
        exchange = {windows[0]: other, other: windows[0]}
        yield "window exchanged", WINDOW.sub(lambda found: found[1] + exchange.get(found[2], found[2]), expr)
    for found in re.finditer(r"\band\b", expr):
        yield "and -> or", f"{expr[: found.start()]}or{expr[found.end() :]}"
    without = re.sub(rf'{label}="[^"]*",?', "", expr)
    if without != expr:
        yield "tenant matcher missing", without


class Tenant:
    """A tenant's generated rules and cases."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.rules = {kind: read(folder / "rules" / f"{name}.{kind}.yaml") for kind in ("records", "alerts")}
        self.cases = [read(file) for file in sorted((folder / "tests").glob(f"{name}.*test.yaml"))]

    def mutants(self) -> Iterator[Mutant]:
        for kind, document in self.rules.items():
            for at, group in enumerate(document.get("groups", [])):
                for number, rule in enumerate(group["rules"]):
                    label = next(reversed(rule["labels"]))
                    for what, expr in mutations(rule["expr"], label):
                        yield Mutant(self.name, kind, at, number, what, expr)

    def verdict(self, mutant: Mutant) -> str:
        """`caught`, `survived`, or `no case` when none names the rule."""
        rules = copy.deepcopy(self.rules)
        group = rules[mutant.file]["groups"][mutant.group]
        rule = group["rules"][mutant.rule]
        rule["expr"] = mutant.expr
        name = rule.get("annotations", {}).get("alertkit_rule") or rule.get("record")
        if mutant.file == "alerts":
            rules["alerts"]["groups"] = [{**group, "rules": [rule]}]
        named = [selected(document, str(name), mutant.file == "alerts") for document in self.cases]
        named = [document for document in named if document["tests"]]
        if not named:
            return "no case"
        return "caught" if any(not self.passes(rules, document) for document in named) else "survived"

    def passes(self, rules: dict[str, Any], cases: dict[str, Any]) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "rules").mkdir()
            (root / "tests").mkdir()
            for kind, document in rules.items():
                write(root / "rules" / f"{self.name}.{kind}.yaml", document)
            write(root / "tests" / "case.yaml", cases)
            return promtool.run_cases(root / "tests" / "case.yaml").passed


def selected(document: dict[str, Any], name: str, only_its_probes: bool) -> dict[str, Any]:
    """The scenes that name a rule. For an alert, which is loaded alone, without the probes of others."""
    scenes = []
    for scene in document["tests"]:
        probes = scene.get("promql_expr_test", [])
        its = [probe for probe in probes if f"{MARK}{name}: " in probe["expr"]]
        if not its:
            continue
        exact = [exactly(test, name) for test in scene.get("alert_rule_test", [])] if only_its_probes else []
        scene = {**scene, "promql_expr_test": its if only_its_probes else probes, "alert_rule_test": exact}
        scenes.append(scene if only_its_probes else {key: value for key, value in scene.items() if key != "alert_rule_test"})
    return {**document, "tests": scenes}


def exactly(test: dict[str, Any], name: str) -> dict[str, Any]:
    """An exact comparison with only this rule's alerts expected."""
    return {**test, "exp_alerts": [one for one in test["exp_alerts"] if one["exp_annotations"].get("alertkit_rule") == name]}


def read(file: Path) -> dict[str, Any]:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) if file.exists() else {"groups": []}


def write(file: Path, document: dict[str, Any]) -> None:
    file.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("generated", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="so many mutants, chosen at random; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minimum", type=float, default=0.95)
    options = parser.parse_args()
    names = sorted(file.name.removesuffix(".alerts.yaml") for file in (options.generated / "rules").glob("*.alerts.yaml"))
    tenants = {name: Tenant(options.generated, name) for name in names}
    mutants = [mutant for tenant in tenants.values() for mutant in tenant.mutants()]
    if 0 < options.sample < len(mutants):
        mutants = random.Random(options.seed).sample(mutants, options.sample)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        verdicts = list(pool.map(lambda mutant: tenants[mutant.tenant].verdict(mutant), mutants))
    return report(mutants, verdicts, options.minimum)


def report(mutants: list[Mutant], verdicts: list[str], minimum: float) -> int:
    for mutant, verdict in zip(mutants, verdicts, strict=True):
        if verdict != "caught":
            print(
                f"{verdict}: {mutant.tenant} {mutant.file} group {mutant.group} rule {mutant.rule}, {mutant.kind}: {mutant.expr}"
            )
    for kind in sorted({mutant.kind for mutant in mutants}):
        found = Counter(verdict for mutant, verdict in zip(mutants, verdicts, strict=True) if mutant.kind == kind)
        print(f"{kind:24} {found['caught']:5} caught {found['survived']:5} survived {found['no case']:5} without a case")
    share = verdicts.count("caught") / max(len(verdicts), 1)
    print(f"{share:.1%} of {len(verdicts)} mutants caught")
    return 0 if share >= minimum else 1


if __name__ == "__main__":
    sys.exit(main())
