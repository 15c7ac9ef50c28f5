"""Draws how long generating takes by size of fleet: cold, with one tenant changed, and without a change.

    python benchmarks/fleet_plot.py docs/pictures/fleet.svg [TENANTS ...]        default: 10 30 100 300 1000

The fleet is that of fleet.py. Seconds are those of processors, of all processes together, so that a busy machine matters less: on
two cores a cold run takes about half as long on the wall. Both axes are logarithmic: a line at 45° grows with the fleet.
"""

from __future__ import annotations

import math
import resource
import shutil
import sys
import tempfile
from pathlib import Path

import fleet

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 420, 70, 150, 50, 50
SECONDS = (0.1, 0.3, 1, 3, 10, 30, 100)
LINES = {"cold": "#0969da", "one changed": "#bc4c00", "unchanged": "#1a7f37"}
Measured = dict[str, list[tuple[int, float]]]


def measure(sizes: list[int]) -> Measured:
    found: Measured = {name: [] for name in LINES}
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="alertkit-fleet-"))
        try:
            fleet.write_fleet(folder, size)
            project = ("--project", str(folder))
            seconds = {"cold": generate(*project), "unchanged": generate(*project)}
            (folder / "tenants" / "tenant-0001.yaml").write_text(fleet.tenant("tenant-0001", "0.02"))
            seconds["one changed"] = generate(*project)
        finally:
            shutil.rmtree(folder)
        for name, value in seconds.items():
            found[name].append((size, value))
        print(f"{size:>5} tenants  " + "  ".join(f"{name} {value:.2f} s" for name, value in seconds.items()), flush=True)
    return found


def generate(*project: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    fleet.run("generate", *project)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def svg(measured: Measured) -> str:
    sizes = [size for size, _ in measured["cold"]]

    def x(size: float) -> float:
        low, high = math.log(min(sizes)), math.log(max(sizes))
        return LEFT + (math.log(size) - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)

    def y(seconds: float) -> float:
        low, high = math.log(SECONDS[0]), math.log(SECONDS[-1])
        return HEIGHT - BOTTOM - (math.log(seconds) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Seconds by tenants">',
        "<style>text{font:13px Helvetica,Arial,sans-serif}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="26" font-weight="bold">Processor seconds of alertkit generate, by number of tenants</text>',
    ]
    for seconds in SECONDS:
        parts.append(f'<path d="M{LEFT} {y(seconds):.1f}H{WIDTH - RIGHT}" stroke="#d0d7de"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(seconds) + 4:.1f}" text-anchor="end" fill="#57606a">{seconds:g} s</text>')
    for size in sizes:
        parts.append(f'<path d="M{x(size):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#eaeef2"/>')
        parts.append(f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle" fill="#57606a">{size:,}</text>')
    for name, colour in LINES.items():
        points = [(x(size), y(max(seconds, SECONDS[0]))) for size, seconds in measured[name]]
        line = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3.5" fill="{colour}"/>' for across, down in points]
        label = f"{name}: {measured[name][-1][1]:.2g} s"
        lower = 16 if name == "unchanged" else 4
        parts.append(f'<text x="{points[-1][0] + 10:.1f}" y="{points[-1][1] + lower:.1f}" fill="{colour}">{label}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    target = Path(sys.argv[1])
    target.write_text(svg(measure([int(size) for size in sys.argv[2:]] or [10, 30, 100, 300, 1000])))
    print(target)


if __name__ == "__main__":
    main()
