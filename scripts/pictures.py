"""Draws the README's pictures from real runs: python scripts/pictures.py

Terminals as SVG; the demo's page, once it has broken something, as Chromium shows it (Debian: chromium, fonts-noto-color-emoji).
"""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from rich.console import Console
from rich.text import Text

TOP = Path(__file__).resolve().parent.parent
PICTURES = TOP / "docs" / "pictures"
WIDTH = 108
MISTAKES = (
    ("owner: streaming", "owner: steaming"),
    ("{severity: info}", "{severity: inf}"),
    ("vector(time())", "vector((time())"),
    ("for: 2m", "fro: 2m"),
    ("answers in {region}", "answers in {regoin}"),
    ("after: 20m", "after: 5m"),
)
"""What README's second picture reports, each at its place."""


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


def photograph(url: str, target: Path) -> None:
    """The page as a picture."""
    switches = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
    ]
    with tempfile.TemporaryDirectory() as profile:
        place = [f"--user-data-dir={profile}", "--window-size=980,660", f"--screenshot={target}"]
        subprocess.run(["chromium", *switches, *place, url], check=True, capture_output=True)
    print(target)


def draw_demo() -> None:
    """The demo's page after Acme's payments have broken and a page has gone out."""
    with tempfile.TemporaryFile("w+") as output:
        command = [sys.executable, "-u", "-m", "alertkit", "demo", "--no-browser", "--break-after", "0"]
        demo = subprocess.Popen(command, stdout=output, cwd=TOP)
        try:
            while not (found := re.search(r"page +(\S+)", read(output))):
                time.sleep(0.2)
            while "#acme-payments" not in urllib.request.urlopen(f"{found[1]}/state", timeout=10).read().decode():
                time.sleep(0.2)
            photograph(found[1], PICTURES / "demo.png")
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)


def read(output: io.TextIOBase) -> str:
    output.seek(0)
    return output.read()


def main() -> None:
    draw_demo()
    folder = Path(tempfile.mkdtemp()) / "platform"
    try:
        shutil.copytree(TOP / "examples" / "streaming-platform", folder, ignore=shutil.ignore_patterns("generated"))
        run(folder, "generate")
        tenant = folder / "tenants" / "acme.yaml"
        text = tenant.read_text()
        tenant.write_text(text.replace("> 26 * 3600", "> 27 * 3600"))
        draw("generate", "one threshold changed", run(folder, "generate", "--tenant", "acme"))
        for right, wrong in MISTAKES:
            assert right in text, right
            text = text.replace(right, wrong, 1)
        tenant.write_text(text)
        shown = run(folder, "validate")
        assert f"{len(MISTAKES)} errors" in shown, shown
        draw("validate", "everything that is wrong, at once", shown)
    finally:
        shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main()
