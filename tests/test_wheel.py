"""What is installed is what works: a wheel, built through the sdist, does its work with the checkout out of reach."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the sdist builds."""
    folder = tmp_path_factory.mktemp("dist")
    build(TOP, folder, "--sdist")
    [sdist] = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    build(next(path for path in folder.iterdir() if path.is_dir()), folder, "--wheel")
    [built] = folder.glob("*.whl")
    return built


def build(source: Path, out: Path, kind: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", kind, "--outdir", out, source], check=True, capture_output=True
    )


def test_the_wheel_ships_every_folder_that_the_checkout_has(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("rules", "templates", "dashboards_src", "schemas"):
        files = subprocess.run(["git", "ls-files", folder], cwd=TOP, capture_output=True, text=True, check=True).stdout.split()
        assert files, f"{folder} is empty, which breaks the way from sdist to wheel"
        assert {f"alertkit/_data/{file}" for file in files} <= shipped
    assert "alertkit/py.typed" in shipped
    assert not any(name.startswith(("tests/", "benchmarks/", "examples/")) for name in shipped)


def test_the_installed_wheel_starts_a_project_and_generates_it(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def alertkit(*arguments: str) -> str:
        command = [sys.executable, "-m", "alertkit", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    where = "import alertkit.resources as r; print(r.root())"
    root = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert root.strip() == str(site / "alertkit" / "_data")
    alertkit("init", "project", "--tenant", "acme")
    assert "added" in alertkit("generate", "--project", "project")
    assert "added" not in alertkit("generate", "--project", "project")
    assert alertkit("schema", "tenant") == (TOP / "schemas" / "tenant.schema.json").read_text()
