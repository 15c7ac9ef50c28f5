"""The files for running it name settings that exist, and are what their tools read."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml

from alertkit.cli import serve
from alertkit.receiver.heartbeats import expected
from alertkit.receiver.settings import Settings, read

DEPLOY = Path(__file__).parents[2] / "examples" / "deploy"
KNOWN = {f"ALERTKIT_{field.name.upper()}" for field in msgspec.structs.fields(Settings)}
REQUIRED = {f"ALERTKIT_{field.name.upper()}" for field in msgspec.structs.fields(Settings) if field.required}


@pytest.mark.parametrize("file", ["alertkit.service", "Containerfile"])
def test_every_setting_that_is_named_exists_and_none_that_is_needed_is_missing(file: str) -> None:
    named = set(re.findall(r"ALERTKIT_[A-Z_]+", (DEPLOY / file).read_text()))
    assert REQUIRED <= named <= KNOWN


def test_the_manifests_run_one_replica_on_the_paths_of_the_image() -> None:
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
    (deployment,) = (document for document in documents if document["kind"] == "Deployment")
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]["type"]) == (1, "Recreate")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    image = (DEPLOY / "Containerfile").read_text()
    for mount in container["volumeMounts"]:
        assert mount["mountPath"] in image
    volumes = {volume["name"] for volume in deployment["spec"]["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_systemd_finds_nothing_wrong_with_the_unit(tool: Callable[[str], str], tmp_path: Path) -> None:
    unit = tmp_path / "alertkit.service"
    unit.write_text((DEPLOY / "alertkit.service").read_text().replace("/opt/alertkit/bin/alertkit serve", "/bin/true"))
    done = subprocess.run([tool("systemd-analyze"), "verify", str(unit)], capture_output=True, text=True)
    assert "alertkit.service" not in done.stderr, done.stderr


def test_the_arguments_of_the_manifest_and_the_unit_are_ones_that_serve_takes(tmp_path: Path) -> None:
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))
    (deployment,) = (document for document in documents if document["kind"] == "Deployment")
    context = serve.command.make_context("serve", list(deployment["spec"]["template"]["spec"]["containers"][0]["args"]))
    unit = re.findall(r'^Environment="?(ALERTKIT_\w+)=([^"\n]+)', (DEPLOY / "alertkit.service").read_text(), re.MULTILINE)
    for settings in (read(context.params, dict(unit)), read({}, dict(unit))):
        assert len(settings.alertmanager) == 2
        assert [expected(text).every for text in settings.expect_watchdog] == [dt.timedelta(minutes=10)]
        assert settings.retention == 90 * 86_400
