from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pack_projects import make_project
from test_own_packs import QUEUE, own_pack

from alertkit.cli import cli
from alertkit.compiler.packs.library import Library


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def packs(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["packs", *arguments])


def test_every_pack_that_ships_is_listed_without_a_project(here: Path) -> None:
    result = packs()
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()] == Library().names()
    assert "Business figures, 4 alerts, from alertkit" in result.output


def test_a_pack_of_the_project_is_listed_with_its_file(here: Path) -> None:
    own_pack(make_project(here, []))
    assert "Queue, 1 alerts, from packs/queue/pack.yaml" in packs().output


def test_a_pack_is_explained(here: Path) -> None:
    result = packs("http-service")
    assert result.exit_code == 0
    for said in (
        "HTTP service (http-service 1.0, from alertkit)",
        "latency_p99  duration, default 1s, 1ms to 10m, relaxed 3s",
        "After a second people notice that they wait.",
        "HighErrors  critical, 5m",
        "service:http_requests:rate5m",
        "http_requests_total",
    ):
        assert said in result.output


def test_a_parameter_that_must_be_said_is_called_required(here: Path) -> None:
    own_pack(make_project(here, []))
    result = packs("queue")
    assert "name  text, required" in result.output
    assert "wait  duration, default 10m, from 1s, relaxed 1h" in result.output


def test_machines_read_json(here: Path) -> None:
    answer = json.loads(packs("http-service", "--format", "json").output)
    (pack,) = answer["packs"]
    latency = next(parameter for parameter in pack["parameters"] if parameter["name"] == "latency_p99")
    assert (latency["type"], latency["default"], latency["minimum"], latency["relaxed"]) == ("duration", "1s", "1ms", "3s")
    assert set(pack["alerts"][0]["summary"]) == {"en", "fr", "de", "es", "it"}
    assert answer["problems"] == []


def test_a_readme_can_be_made_from_a_pack(here: Path) -> None:
    result = packs("host", "--format", "markdown")
    assert result.output.startswith("## Parameters\n")
    assert "| [HostDown](runbooks/HostDown.md) | critical | 3m |" in result.output


def test_an_unknown_pack_is_a_usage_error_with_a_hint(here: Path) -> None:
    result = packs("http-servce")
    assert result.exit_code == 2
    assert "did you mean 'http-service'?" in result.output


def test_a_wrong_pack_is_reported_and_the_others_are_listed(here: Path) -> None:
    own_pack(make_project(here, []), QUEUE.replace("> ${wait}", "> ${longest}"))
    result = packs()
    assert result.exit_code == 1
    assert "packs/queue/pack.yaml:26:" in result.output
    assert "http-service" in result.output
