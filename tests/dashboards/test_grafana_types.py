"""The JSON of every view against Grafana's own TypeScript types, from the npm package @grafana/schema.

The dashboard's type leaves a panel's options and field options open, so those are held against the panel type's own.
Exceptions stand in EXPLAINED; what a type refuses beyond is a mistake of ours.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess

import pytest
from dashboard_definitions import context_with
from every_view import every_dashboard

from alertkit.dashboards import panels as library
from alertkit.dashboards.layout import Row
from alertkit.dashboards.normalise import panels
from alertkit.dashboards.page import page
from alertkit.dashboards.targets import Query

OLDEST, NEWEST = "10.4", "13.2"
VERSIONS = {OLDEST: "10.4.19", "11.6": "11.6.16", "12.4": "12.4.11", NEWEST: "13.2.3"}
SUFFIX = {"11.6": ".js"}
"""What the name of a panel type's module ends with; the exports of 11.6 alone want the whole file name."""
TYPESCRIPT = "5.9.3"
LITERAL = """
type L<T> = T extends string ? (string extends T ? string : `${T}`) : T extends number | boolean | null | undefined ? T
  : T extends (infer U)[] ? L<U>[] : T extends object ? {[K in keyof T]: L<T[K]>} : T;
"""
"""The type of a value as JSON writes it: a string where TypeScript has an enum."""
CHECKS = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler")
NAMES = {
    "stat": "Stat",
    "timeseries": "TimeSeries",
    "bargauge": "BarGauge",
    "table": "Table",
    "state-timeline": "StateTimeline",
    "heatmap": "Heatmap",
    "histogram": "Histogram",
    "text": "Text",
}
"""Panel type → what its module is called; Grafana publishes none for the alert list."""
DRAWN = ("timeseries", "state-timeline", "heatmap", "histogram")
"""Panel types whose module has a type for field options; a table's are common to all cells and part of no module."""
_LATER = "Grafana 10.4 does not know this option, and later ones have a default for it"
EXPLAINED = {
    "Property 'percentChangeColorMode' is missing": _LATER,
    "Property 'legend' is missing in type '{ displayMode": _LATER,  # of a bar gauge
}
"""Part of a message of the compiler → why that is right all the same."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Installs a version of @grafana/schema with TypeScript, once; returns the folder."""

    @functools.cache
    def install(version):
        npm = shutil.which("npm")
        if npm is None:
            unavailable("npm is not installed (Debian package npm): Grafana's types cannot be had")
        folder = tmp_path_factory.mktemp("types")
        wanted = (f"typescript@{TYPESCRIPT}", f"@grafana/schema@{VERSIONS[version]}")
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder), *wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            unavailable(f"npm cannot install {' and '.join(wanted)}: {done.stderr.strip()[-300:]}")
        return folder

    return install


def unavailable(why):
    """A named skip on a laptop, a failure in CI."""
    pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)


def refused(folder, source):
    """What the compiler says of a file with these lines, beyond what is explained."""
    file = folder / "dashboards.ts"
    file.write_text(f"import type {{ Dashboard }} from '@grafana/schema';\n{LITERAL}{source}", encoding="utf-8")
    compiler = folder / "node_modules" / ".bin" / "tsc"
    done = subprocess.run([compiler, *CHECKS, file], cwd=folder, capture_output=True, text=True, check=False)
    said = re.split(r"\n(?=\S)", done.stdout.strip())
    return "\n".join(message for message in said if not any(known in message for known in EXPLAINED))


def library_dashboard():
    """One panel of every type that the library has, as somebody's own builder would use them."""
    common = {"title": "All", "description": "One of each", "targets": [Query(expr='up{tenant="acme"}')]}
    kinds = (library.TimeSeries, library.Stat, library.BarGauge, library.Table, library.StateTimeline, library.Heatmap)
    found = [kind(key=kind.__name__, **common) for kind in (*kinds, library.Histogram)]
    found.append(library.AlertList(key="alerts", title="Alerts", description="Alerts", labels='{tenant="acme"}'))
    found.append(library.Text(key="text", title="Text", description="Text", content="**words**"))
    return page("library", context_with(), [Row(key="all", panels=found)], "Library", "Every panel").to_json_data()


def of_panels(bodies, suffix=""):
    """Declarations of what differs among the panels' options and field options, and the imports of their types."""
    found = {kind: set() for kind in NAMES}
    for panel in (panel for body in bodies for panel in panels(body) if panel["type"] in NAMES):
        declared = [("Options", panel["options"])]
        if panel["type"] in DRAWN:
            declared.append(("FieldConfig", panel["fieldConfig"]["defaults"]["custom"]))
        found[panel["type"]] |= {(kind, json.dumps(value, sort_keys=True)) for kind, value in declared}
    for kind, values in found.items():
        folder = kind.replace("-", "")
        yield (
            f"import type * as {folder} from "
            f"'@grafana/schema/dist/esm/raw/composable/{folder}/panelcfg/x/{NAMES[kind]}PanelCfg_types.gen{suffix}';\n"
        )
        for number, (type_name, value) in enumerate(sorted(values)):
            yield f"const {folder}{number}: L<{folder}.{type_name}> = {value};\n"


MIDDLE = [pytest.param(version, marks=pytest.mark.nightly) for version in VERSIONS if version not in (OLDEST, NEWEST)]


@pytest.mark.parametrize("version", [OLDEST, *MIDDLE, NEWEST])
def test_every_view_and_panel_has_the_type_that_grafana_gives_it(version, installed):
    views = every_dashboard(tuple(map(int, version.split(".")))).values()
    bodies = [*map(json.loads, views), library_dashboard()]
    declared = [f"const d{number}: L<Dashboard> = {json.dumps(body)};\n" for number, body in enumerate(bodies)]
    assert {panel["type"] for body in bodies for panel in panels(body)} == {*NAMES, "row", "alertlist"}
    assert refused(installed(version), "".join([*of_panels(bodies, SUFFIX.get(version, "")), *declared])) == ""


def test_the_types_do_refuse_what_is_no_dashboard_and_no_panels_options(installed):
    source = """
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
const d: L<Dashboard> = { editable: "no", schemaVersion: 42 };
const o: L<Partial<stat.Options>> = { textMode: "shout" };
"""
    assert refused(installed(NEWEST), source).count("TS2322") == 2
