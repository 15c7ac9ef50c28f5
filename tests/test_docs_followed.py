"""The tutorial and the how-to guides, followed word for word by somebody who reads what is printed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from private_shell import Shell, shell
from servers import PATIENCE, eventually

TOP = Path(__file__).resolve().parent.parent
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SERVERS = re.compile(r"\b(curl|kubectl|amtool|pip|sudo)\b|alertkit (serve|incidents|doctor|oncall override)|--prometheus|/etc/")
"""What needs servers, or a machine of one's own; the tutorial's are run."""


class Step(NamedTuple):
    """What a reader types, and what the page says is printed; a line of … stands for lines that are left out."""

    typed: str
    printed: tuple[str, ...] = ()


def steps(block: str) -> Iterator[Step]:
    """The steps of a console block. What continues a line, and what a here-document holds, is typed as well."""
    typed, printed = "", list[str]()
    for line in block.splitlines():
        if line.startswith("$ "):
            if typed:
                yield Step(typed, tuple(printed))
            typed, printed = line[2:], []
        elif typed.endswith("\\") or ("<<'END'" in typed and not typed.endswith("\nEND")):
            typed += f"\n{line}"
        else:
            printed.append(line)
    yield Step(typed, tuple(printed))


def is_printed(expected: tuple[str, ...], output: str) -> bool:
    """Whether the lines are there, one below the other except where something is left out.

    Pages have no French spaces, and a line that a definition moves to is still what the page shows.
    """
    parts = [part.strip("\n") for part in re.split(r"^\s*…$", "\n".join(expected), flags=re.MULTILINE)]
    patterns = [re.sub(r"\\.yaml:\d+", r"\\.yaml:\\d+", re.escape(part)) for part in parts]
    text = output.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    return re.search(r"[\s\S]*".join(patterns), "\n".join(line.rstrip() for line in text.splitlines())) is not None


def follow(reader: Shell, step: Step) -> None:
    """Type it. Who is told to sleep looks again until it is there: a busy machine is late."""
    output, _ = reader.run(step.typed)
    pause = threading.Event()
    for _ in range(PATIENCE if step.typed.startswith("sleep ") else 0):
        if is_printed(step.printed, output):
            break
        pause.wait(1)
        output, _ = reader.run(step.typed.partition("; ")[2])
    assert is_printed(step.printed, output), f"$ {step.typed}\n{output}"
    assert "alertkit: " not in output, f"$ {step.typed}\n{output}"
    assert "command not found" not in output, f"$ {step.typed}\n{output}"


@pytest.mark.acceptance
def test_the_tutorial_leads_to_a_page_an_acknowledgement_and_a_resolution(tmp_path: Path, tool: Callable[[str], str]) -> None:
    tool("prometheus")
    tool("prometheus-alertmanager")
    chapters = re.split(r"^## (?=\d)", (TOP / "docs" / "tutorial.md").read_text("utf-8"), flags=re.MULTILINE)[2:]
    with shell(tmp_path) as reader:
        for chapter in chapters:
            if chapter.startswith("8."):
                reader.run("sed -i 's/> 600/> 300/' tenants/acme.yaml")
            for language, block in _FENCE.findall(chapter):
                if language == "yaml":
                    reader.run(f"cat > tenants/acme.yaml <<'DEFINITION'\n{block}DEFINITION")
                elif language == "console":
                    for step in steps(block):
                        follow(reader, step)
                    if "receiver.log" in block and chapter.startswith("7."):
                        eventually(
                            "who waits a minute sees the second step", lambda: "U0AMELIE" in reader.run("cat receiver.log")[0]
                        )
        eventually("nothing runs any more", lambda: not reader.run("jobs -r")[0].strip())


FOLLOWED = (
    "add-a-channel",
    "add-a-locale",
    "add-a-tenant",
    "change-a-layout",
    "migrate-from-alertmanager-slack",
    "route-alerts",
    "use-a-pack",
)


@pytest.mark.parametrize("page", FOLLOWED)
def test_a_guide_works_on_the_example_and_shows_what_is_printed(page: str, tmp_path: Path, tool: Callable[[str], str]) -> None:
    tool("promtool")
    project = tmp_path / "platform"
    shutil.copytree(TOP / "examples" / "streaming-platform", project)
    if page == "use-a-pack":
        (project / "tenants" / "acme.yaml").unlink()  # its cases take a minute; the other tenants use packs as well
        shutil.rmtree(project / "tenants" / "nordbank")
    text = (TOP / "docs" / "how-to" / f"{page}.md").read_text("utf-8")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "160"}
    if "\n   ```" in text:  # its blocks stand in a list
        text = re.sub(r"^ {3}", "", text, flags=re.MULTILINE)
    for language, block in _FENCE.findall(text):
        if language == "yaml" and "tenant: globex" in block:
            (project / "tenants" / "globex.yaml").write_text(block)
        for step in steps(block) if language == "console" else ():
            if not _SERVERS.search(step.typed):
                shell = ["bash", "-euo", "pipefail", "-c", step.typed]
                done = subprocess.run(shell, cwd=project, env=environment, capture_output=True, text=True)
                wanted = (0, 1) if "--check" in step.typed else (0,)
                assert done.returncode in wanted, f"$ {step.typed}\n{done.stdout}{done.stderr}"
                assert is_printed(step.printed, done.stdout), f"$ {step.typed}\n{done.stdout}"
