"""What compose.yaml starts, started without containers: its commands, its mounts as folders, its services by their names."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from private_shell import Shell, shell

TOP = Path(__file__).resolve().parent.parent
PROGRAMS = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager", "receiver": "alertkit serve"}


def outside(text: str, services: dict[str, Any], folder: Path) -> str:
    """Text of a container with the paths of its mounts outside, and every service on the loopback."""
    for service in services.values():
        for volume in service.get("volumes", ()):
            source, target = volume.split(":")[:2]
            place = folder / source if source.startswith("./") else folder / "volumes" / source
            text = re.sub(rf"(?<![\w.]){re.escape(target)}(?![\w.-])", str(place), text)
    return re.sub(rf"\b({'|'.join(services)}):(?=\d)", "127.0.0.1:", text)


def start(reader: Shell, name: str, services: dict[str, Any], folder: Path) -> None:
    service = services[name]
    settings = [f"{key}={value}" for key, value in service.get("environment", {}).items()]
    command = outside(" ".join([*settings, PROGRAMS[name], *service.get("command", ())]), services, folder)
    reader.run(f"{command} > {name}.log 2>&1 &")


@pytest.mark.acceptance
def test_the_services_of_compose_find_each_other_and_an_alert_becomes_an_incident(
    tmp_path: Path, tool: Callable[[str], str]
) -> None:
    for program in ("prometheus", "prometheus-alertmanager", "amtool"):
        tool(program)
    here = tmp_path / "compose"
    shutil.copytree(TOP / "examples" / "compose", here, ignore=shutil.ignore_patterns("live", "generated", "secrets", "tokens"))
    services = yaml.safe_load((here / "compose.yaml").read_text())["services"]
    with shell(here) as reader:
        assert reader.run("./prepare && mkdir -p volumes/receiver")[1] == 0
        for file in (here / "prometheus.yaml", here / "live" / "alertmanager" / "alertmanager.yaml"):
            file.write_text(outside(file.read_text(), services, here))
        for name in PROGRAMS:
            start(reader, name, services, here)
        for url in ("9090/-/ready", "9093/-/ready", "9087/readyz"):
            answer, code = reader.run(
                f"curl --silent --fail --retry 90 --retry-all-errors --retry-delay 1 http://127.0.0.1:{url}"
            )
            assert code == 0, answer + reader.run("tail -n 5 *.log")[0]
        reader.run("alertkit token me --tokens tokens/tokens.json --scope read > me.token")
        reader.run("amtool --alertmanager.url=http://127.0.0.1:9093 alert add alertname=Try tenant=acme severity=warning")
        seen, _ = reader.run(
            "for n in $(seq 90); do alertkit incidents list --token-file me.token | grep Try && break; sleep 1; done"
        )
        assert "ACME-1" in seen, reader.run("tail -n 5 *.log")[0]
        up = "curl --silent 'http://127.0.0.1:9090/api/v1/query?query=up'"
        targets = f"{up} | jq -c '[.data.result[] | [.metric.job, .value[1]]] | sort'"
        both = 'alertkit","1.*prometheus","1'
        found, _ = reader.run(f"for n in $(seq 90); do {targets} | grep '{both}' && break; sleep 1; done")
        assert found.strip() == '[["alertkit","1"],["prometheus","1"]]'
