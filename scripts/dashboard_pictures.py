"""Draws dashboards of the example tenants: `python scripts/dashboard_pictures.py docs/pictures acme/slo platform/fleet`.

A Prometheus of its own gets sixty days of made-up metrics, evaluates every tenant's rules over them, and answers every query of
every panel; what it says is drawn as HTML and SVG in Grafana's manner, and Chromium makes a picture of it. It is no Grafana: it
draws what alertkit's panels use, to show that they hold data and how they are laid out. Without names every view of every tenant
is drawn. `--data DIR` keeps the sixty days there, and takes them from there the next time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TOP / "tests"), str(TOP / "tests" / "dashboards"), str(TOP / "scripts")]

import made_history
import made_metrics
from every_view import contexts, every_dashboard
from live_prometheus import serving
from panel_pictures import Answers, html

from alertkit.dashboards.normalise import panels

DAYS, STEP = 60, 1_800
WIDTH = 1600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("wanted", nargs="*", metavar="TENANT/VIEW")
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    bodies = {f"{tenant}/{view}": json.loads(data) for (tenant, view), data in every_dashboard().items()}
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.data or Path(temporary)
        end = made(folder, list(bodies.values()))
        with serving("prometheus", folder, STEP) as server:
            for name in given.wanted or bodies:
                draw(bodies[name], Answers(server, end, STEP), given.out / f"{name.replace('/', '-')}.png", folder)


def made(folder: Path, bodies: list[dict[str, object]]) -> int:
    """When the sixty days end, in seconds since 1970; they are made unless the folder has them."""
    known = folder / "end"
    if not known.exists():
        (folder / "data").mkdir(parents=True)
        end = made_metrics.TROUBLE_ENDS = int(time.time()) // STEP * STEP
        rules = [rule for context in contexts().values() for group in context.groups for rule in group.rules]
        span = made_history.Span(end - DAYS * 86_400, end, STEP)
        made_history.Past("prometheus", "promtool", folder, span).make(rules, queries(bodies))
        known.write_text(str(end))
    return int(known.read_text())


def queries(bodies: list[dict[str, object]]) -> list[str]:
    """What panels ask of the receiver and of Alertmanager, which no rule of a tenant reads."""
    exprs = {target["expr"] for body in bodies for panel in panels(body) for target in panel.get("targets", ())}
    return sorted(expr.replace("$__rate_interval", "5m") for expr in exprs if "alertkit_" in expr or "alertmanager_" in expr)


def draw(dashboard: dict[str, object], answers: Answers, target: Path, folder: Path) -> None:
    page = folder / "page.html"
    text, height = html(dashboard, answers, WIDTH)
    page.write_text(text, encoding="utf-8")
    chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{height}"]
    with tempfile.TemporaryDirectory() as profile:
        quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
        where = [f"--user-data-dir={profile}", f"--screenshot={target.resolve()}", f"file://{page.resolve()}"]
        subprocess.run([*chromium, *quiet, "--disable-sync", *where], check=True, capture_output=True)
    print(f"{target}: {target.stat().st_size // 1024} KiB", flush=True)


if __name__ == "__main__":
    main()
