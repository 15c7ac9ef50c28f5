"""Draws an example tenant's dashboards for the documentation: `python scripts/dashboard_pictures.py acme docs/pictures`.

A Prometheus of its own gets sixty days of made-up metrics, evaluates the tenant's own rules over them, and answers every query
of every panel; what it says is drawn as HTML and SVG in Grafana's manner, and Chromium makes a picture of it. It is no Grafana:
it draws what alertkit's panels use, to show that they hold data and how they are laid out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

TOP = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TOP / "tests" / "dashboards"), str(TOP / "scripts")]

import made_history
import made_metrics
from live_prometheus import serving
from panel_pictures import Answers, html

from alertkit import dashboards, names
from alertkit.compiler import pipeline
from alertkit.compiler.reading.source import Source, read_source
from alertkit.compiler.workspace import list_tenants, open_project
from alertkit.dashboards import ViewContext

PROJECT = TOP / "examples" / "streaming-platform"
DAYS, STEP = 60, 600
WIDTH = 1600


def main() -> None:
    tenant, out = sys.argv[1], Path(sys.argv[2])
    context = context_of(tenant)
    views = [view for view in dashboards.views() if view in sys.argv[3:] or len(sys.argv) == 3]
    end = made_metrics.TROUBLE_ENDS = int(time.time()) // STEP * STEP
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "data").mkdir()
        rules = [rule for group in context.groups for rule in group.rules]
        made_history.Past("prometheus", "promtool", folder, made_history.Span(end - DAYS * 86_400, end, STEP)).make(rules)
        with serving("prometheus", folder) as server:
            for view in views:
                data = dashboards.build(view, context)
                if data is not None:
                    draw(json.loads(data), Answers(server, end, STEP), out / f"{view}.png", folder)


def context_of(tenant: str) -> ViewContext:
    """The tenant's context, as its compilation makes it; with every view."""
    space = open_project(PROJECT)
    source = (
        Source(names.PLATFORM, ((names.PROJECT_FILE, space.text),))
        if tenant == names.PLATFORM
        else read_source(space.directory, tenant, list_tenants(space).files[tenant])
    )
    compiled = pipeline.build(space, source).compiled
    assert compiled, f"{tenant} has problems"
    context = ViewContext.of(compiled.tenant, space.project, compiled.groups, compiled.policy.texts)
    return msgspec.structs.replace(context, views=dashboards.views())


def draw(dashboard: dict[str, object], answers: Answers, target: Path, folder: Path) -> None:
    page = folder / "page.html"
    text, height = html(dashboard, answers, WIDTH)
    page.write_text(text, encoding="utf-8")
    chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{height}"]
    subprocess.run([*chromium, f"--screenshot={target.resolve()}", f"file://{page}"], check=True, capture_output=True)
    print(f"{target}: {target.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
