"""Draws the README's terminal pictures from real runs: python scripts/pictures.py"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

TOP = Path(__file__).resolve().parent.parent
PICTURES = TOP / "docs" / "pictures"
WIDTH = 108


def run(project: Path, *arguments: str) -> str:
    """What a terminal would show of a command, with its colours."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "alertkit", *arguments]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    return f"$ alertkit {' '.join(arguments)}\n{done.stdout}"


def draw(name: str, title: str, text: str) -> None:
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text))
    PICTURES.mkdir(parents=True, exist_ok=True)
    console.save_svg(str(PICTURES / f"{name}.svg"), title=title, unique_id=name)
    print(PICTURES / f"{name}.svg")


def main() -> None:
    folder = Path(tempfile.mkdtemp()) / "platform"
    try:
        shutil.copytree(TOP / "examples" / "streaming-platform", folder, ignore=shutil.ignore_patterns("generated"))
        run(folder, "generate")
        tenant = folder / "tenants" / "acme.yaml"
        text = tenant.read_text()
        tenant.write_text(text.replace("> 26 * 3600", "> 27 * 3600"))
        draw("generate", "one threshold changed", run(folder, "generate", "--tenant", "acme"))
        wrong = text.replace("owner: streaming", "owner: steaming").replace("severity: info", "severity: inf")
        wrong = (
            wrong.replace("max by (model) (", "max by (model) ((")
            .replace("fires: ", "")
            .replace("{region}\n      fr", "{regoin\n      fr")
        )
        tenant.write_text(wrong.replace("after: 20m", "after: 5m").replace("for: 2m", "fro: 2m"))
        draw("validate", "everything that is wrong, at once", run(folder, "validate"))
    finally:
        shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main()
