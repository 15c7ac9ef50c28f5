"""Writes two versions of a project in turns, is killed again and again, and looks at what is left. Run by test_write_killed.py.

A process of its own, without threads, so that it can fork: a child writes, and SIGKILL meets it at any moment.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
from pathlib import Path

import projects

from alertkit import Build, build, write

ALERT = """alerts: [{{name: A, service: web, expr: x > {0}, severity: info, summary: over {0}}}]
records: [{{record: 'a:b', expr: x * {0}}}]
"""
TENANTS = ("acme", "globex", "initech")
Tree = dict[str, bytes]


def version(folder: Path, number: int) -> Build:
    """The project compiled; the second version has other bytes in every file, and a file less."""
    given = ALERT.format(number) if number == 1 else ALERT.format(number).partition("records")[0] + "title: Two\nlocale: fr\n"
    result = build(projects.make(folder, dict.fromkeys(TENANTS, given)))
    assert not result.problems
    return result


def tree(out: Path) -> Tree:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def write_forever(versions: tuple[Build, Build], out: Path, ready: int) -> None:
    os.write(ready, b"x")
    while True:
        for one in versions:
            write(one, out)


def killed_once(versions: tuple[Build, Build], out: Path, delay: float) -> None:
    """Start a child that writes, and kill it `delay` seconds after it began."""
    ready, begun = os.pipe()
    child = os.fork()
    if child == 0:
        write_forever(versions, out, begun)
    os.read(ready, 1)
    os.close(begun)
    os.close(ready)
    select.select([], [], [], delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def main(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    first, second = version(folder / "one", 1), version(folder / "two", 2)
    out = folder / "out"
    write(second, out)
    then = tree(out)
    write(first, out)
    now = tree(out)
    torn, mixed = [], 0
    for _ in range(kills):
        killed_once((second, first), out, chance.uniform(0, 0.03))
        left = {path: data for path, data in tree(out).items() if not path.endswith(".tmp")}
        torn += [path for path, data in left.items() if data not in (now.get(path), then.get(path))]
        mixed += left not in (now, then)
        write(first, out)
        repaired = {path: data for path, data in tree(out).items() if not path.endswith(".tmp")}
        torn += [f"not repaired: {path}" for path in now.keys() ^ repaired.keys()]
        torn += [f"not repaired: {path}" for path in now.keys() & repaired.keys() if now[path] != repaired[path]]
    sys.stdout.write(json.dumps({"kills": kills, "torn": torn, "mixed": mixed, "files": len(now)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
