from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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
