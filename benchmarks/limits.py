"""Where the time goes, and how near that is to what the machine can do at all: `python benchmarks/limits.py`

Three limits, each measured with the tool that alertkit itself uses, and beside each how much of alertkit's own work reaches it:

- fsync: how often this disk makes 4 KiB durable. A commit of the store costs one; group commit lets many posts share it.
- JSON: how fast msgspec parses Alertmanager's webhook. Ingest cannot be faster than reading what it is sent, so compare with the
  alerts a second of ingest.py.
- YAML: how fast ruamel's C parser scans a definition, and how fast bytes of rules can be put together by joining strings.

Then the profile of compiling one tenant: the share of each module of alertkit and of the libraries below it.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import fleet
import ingest
import msgspec
from ruamel.yaml import YAML

import alertkit
from alertkit.compiler.reading import load
from alertkit.compiler.writing import render
from alertkit.model.rules import RuleGroup
from alertkit.model.webhook import Webhook

ROUNDS = 5


def rate(work: Callable[[], object], amount: float) -> float:
    """`amount` a second of processor time: the median of some rounds, each of a fifth of a second at least."""
    rates = []
    for _ in range(ROUNDS):
        count, begin = 0, time.process_time()
        while (spent := time.process_time() - begin) < 0.2:
            work()
            count += 1
        rates.append(amount * count / spent)
    return statistics.median(rates)


def fsyncs(folder: Path) -> float:
    """Durable writes of 4 KiB a second, one after the other; on the wall, because the disk is what is measured."""
    with (folder / "fsync").open("wb", buffering=0) as file:
        begin, count = time.perf_counter(), 0
        while time.perf_counter() - begin < 2:
            file.seek(0)
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            count += 1
        return count / (time.perf_counter() - begin)


def json_rates() -> tuple[float, float, float]:
    """MB/s of msgspec into nothing but values, and into the webhook's own types; how many alerts a second the last are."""
    alerts = 100
    body = ingest.webhook(1, alerts, 1)
    plain, typed = msgspec.json.Decoder(), msgspec.json.Decoder(Webhook)
    megabytes = len(body) / 1e6
    values, types = rate(lambda: plain.decode(body), megabytes), rate(lambda: typed.decode(body), megabytes)
    return values, types, types / megabytes * alerts


def yaml_rates(folder: Path, groups: tuple[RuleGroup, ...]) -> tuple[float, float, float, float]:
    """MB/s: ruamel's C parser alone, reading a definition with its places; joining strings, emitting a rule file."""
    file = folder / "tenants" / "tenant-0000.yaml"
    text = file.read_text()
    parser = YAML(typ="safe", pure=False)
    read = len(text) / 1e6
    emitted = render.rule_file(groups, "tenant-0000")
    lines, written = emitted.decode().splitlines(keepends=True), len(emitted) / 1e6
    return (
        rate(lambda: sum(1 for _ in parser.parse(text)), read),
        rate(lambda: load.load_file(file, file.name), read),
        rate(lambda: "".join(lines).encode(), written),
        rate(lambda: render.rule_file(groups, "tenant-0000"), written),
    )


def profile(folder: Path) -> Counter[str]:
    """Seconds of compiling a tenant, by module of alertkit or package of others."""
    profiler = cProfile.Profile()
    profiler.runcall(alertkit.build, folder, tenants=["tenant-0000"])
    spent: Counter[str] = Counter()
    for (path, _, _), (_, _, own, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        spent[place(path)] += own
    return spent


def place(path: str) -> str:
    parts = Path(path).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    if "alertkit" in parts:
        return ".".join(parts[len(parts) - parts[::-1].index("alertkit") - 1 :]).removesuffix(".py")
    return "python, and C that it calls" if path == "~" else "python's library"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fleet.write_fleet(folder, 1)
        [groups] = [tenant.groups for tenant in alertkit.build(folder).tenants if tenant.tenant != "platform"]
        durable = fsyncs(folder)
        plain, typed, alerts = json_rates()
        parse, read, join, emit = yaml_rates(folder, groups)
        spent = profile(folder)
    print(f"fsync   {durable:8,.0f} a second; `python benchmarks/ingest.py` says how many posts share one")
    print(f"JSON    {plain:8,.0f} MB/s into values, {typed:6,.0f} MB/s into the webhook's types: {alerts:,.0f} alerts a second")
    print(f"YAML in {parse:8.1f} MB/s scanned by libyaml, {read:6.1f} MB/s read with places: {read / parse:.0%} of the limit")
    print(f"YAML out{join:8,.0f} MB/s of strings joined, {emit:6.1f} MB/s of rules emitted: {emit / join:.1%} of the limit")
    print("\ncompiling a tenant of 190 rules, by the time spent in each place itself:")
    total = spent.total()
    for where, seconds in spent.most_common(12):
        print(f"  {seconds / total:6.1%}  {where}")


if __name__ == "__main__":
    main()
