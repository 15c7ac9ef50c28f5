"""Asks amtool whether Alertmanager would take a configuration, and where it would route an alert."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from alertkit.errors import ContractError
from alertkit.model.route import Matcher
from alertkit.routing import matchers
from alertkit.tools import program


def check_config(file: Path) -> str:
    """What amtool has against a configuration, or "" when nothing.

    Raises:
        MissingTool: amtool is not installed.
    """
    answer = program.run(program.find("amtool"), "check-config", file)
    return "" if answer.code == 0 else answer.output.strip()


def receivers(file: Path, labels: Mapping[str, str]) -> list[str]:
    """The receivers that an alert with these labels reaches, in the order in which they are told.

    Raises:
        MissingTool: amtool is not installed.
        ContractError: amtool does not answer, as for a configuration that it refuses.
    """
    given = (matchers.text(Matcher(name, "=", value)) for name, value in labels.items())
    answer = program.run(program.find("amtool"), "config", "routes", "test", f"--config.file={file}", "--", *given)
    if answer.code != 0:
        raise ContractError(f"amtool does not route: {' '.join(answer.output.split())}")
    return answer.output.splitlines()[0].split(",")  # warnings follow
