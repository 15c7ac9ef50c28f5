"""The JSON of every view against Grafana's own TypeScript types, from the npm package @grafana/schema.

There are no exceptions at present: what a type refuses is a mistake of ours.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest
from every_view import every_dashboard

VERSIONS = {"10.4": "10.4.19", "11.6": "11.6.16", "12.4": "12.4.11", "13.2": "13.2.3"}
TYPESCRIPT = "5.9.3"
LITERAL = """
type L<T> = T extends string ? (string extends T ? string : `${T}`) : T extends number | boolean | null | undefined ? T
  : T extends (infer U)[] ? L<U>[] : T extends object ? {[K in keyof T]: L<T[K]>} : T;
"""
"""The type of a value as JSON writes it: a string where TypeScript has an enum."""
OPTIONS = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler")


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed (Debian package npm): Grafana's types cannot be had")
    folder = tmp_path_factory.mktemp("types")
    wanted = [f"grafana-{name}@npm:@grafana/schema@{version}" for name, version in VERSIONS.items()]
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
    done = subprocess.run([*command, f"typescript@{TYPESCRIPT}", *wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install typescript and @grafana/schema: {done.stderr.strip().splitlines()[-1]}")
    return folder


def refused(folder, version, source):
    file = folder / f"{version.replace('.', '-')}.ts"
    file.write_text(f"import type {{ Dashboard }} from 'grafana-{version}';\n{LITERAL}{source}", encoding="utf-8")
    compiler = folder / "node_modules" / ".bin" / "tsc"
    return subprocess.run([compiler, *OPTIONS, file], cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.nightly
@pytest.mark.parametrize("version", VERSIONS)
def test_every_view_has_the_type_that_grafana_gives_a_dashboard(version, packages):
    bodies = every_dashboard(tuple(map(int, version.split("."))))
    source = "".join(f"const d{number}: L<Dashboard> = {data.decode()};\n" for number, data in enumerate(bodies.values()))
    assert refused(packages, version, source) == ""


@pytest.mark.nightly
def test_the_types_do_refuse_what_is_no_dashboard(packages):
    assert "TS2322" in refused(packages, "13.2", 'const d: L<Dashboard> = { editable: "no", schemaVersion: 42 };\n')
