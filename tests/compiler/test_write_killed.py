from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import projects

HERE = Path(__file__).resolve().parent


def test_a_process_that_is_killed_while_it_writes_leaves_whole_files_and_the_next_run_repairs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "kill_writing.py"), str(tmp_path), "30", "7"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["torn"] == []
    assert found["kills"] == 30
    assert found["files"] > 20
    assert found["mixed"] > 3, "the kills came between the runs, not within them"


def test_a_killed_run_of_several_processes_leaves_none_that_keeps_the_next_one_out(tmp_path: Path) -> None:
    projects.make(tmp_path, {f"t{number}": "" for number in range(60)})
    generate = [sys.executable, "-m", "alertkit", "generate", "--project", str(tmp_path), "--jobs", "3", "--quiet"]
    with subprocess.Popen(generate, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and not list((tmp_path / "generated").glob("manifest/t*.json")):
            pass
        run.kill()
        run.communicate(timeout=60)  # all who could write to the pipe have ended
    done = subprocess.run(generate, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.rglob("*.tmp"))
