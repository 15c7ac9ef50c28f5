"""Asks amtool whether Alertmanager would take a configuration."""

from __future__ import annotations

from pathlib import Path

from alertkit.tools import program


def check_config(file: Path) -> str:
    """What amtool has against a configuration, or "" when nothing.

    Raises:
        MissingTool: amtool is not installed.
    """
    answer = program.run(program.find("amtool"), "check-config", file)
    return "" if answer.code == 0 else answer.output.strip()
