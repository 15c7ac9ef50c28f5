"""The files for CI do what they say: valid for GitHub and GitLab, and their steps, run as scripts on a repository, find and tell.

`pip`, `sudo`, `apt-get`, `gh` and `curl` are small doubles that write down how they were called.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from alertkit.cli import cli

TOP = Path(__file__).resolve().parent.parent
WORKFLOW = TOP / "examples" / "gitops" / ".github" / "workflows" / "alerts.yaml"
PIPELINE = TOP / "examples" / "gitops" / ".gitlab-ci.yml"
HERE = Path(sys.executable).parent
DOUBLE = """#!/usr/bin/env python3
import json, pathlib, sys
body = sys.stdin.read() if "@-" in sys.argv else ""
with (pathlib.Path(__file__).parent / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps([pathlib.Path(__file__).name, sys.argv[1:], body]) + "\\n")
"""


class Repository:
    """A project in Git as CI sees it: `main` at the origin, and a branch on which a threshold has changed."""

    def __init__(self, folder: Path) -> None:
        self.work, self.bin = folder / "work", folder / "bin"
        self.bin.mkdir()
        for name in ("pip", "sudo", "apt-get", "gh", "curl"):
            (self.bin / name).write_text(DOUBLE)
            (self.bin / name).chmod(0o755)
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "origin"), cwd=folder)
        self.git("clone", "--quiet", str(folder / "origin"), str(self.work), cwd=folder)
        self.git("switch", "--quiet", "--create", "main")
        self.alertkit("init", "--tenant", "acme", str(self.work))
        self.alertkit("generate")
        self.commit("main")
        self.git("switch", "--quiet", "--create", "change")
        definition = self.work / "tenants" / "acme.yaml"
        definition.write_text(definition.read_text().replace("> 0.05", "> 0.02"))

    def alertkit(self, command: str, *arguments: str) -> None:
        project = [] if command == "init" else ["--project", str(self.work)]
        result = CliRunner().invoke(cli, [command, *arguments, *project])
        assert result.exit_code == 0, result.output

    def git(self, *arguments: str, cwd: Path | None = None) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *arguments], cwd=cwd or self.work, check=True, capture_output=True)

    def commit(self, branch: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")
        self.git("push", "--quiet", "origin", branch)

    def run(self, script: str, shell: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.bin}:{HERE}:{os.environ['PATH']}"
        return subprocess.run(
            [*shell.split(), "-c", script],
            cwd=self.work,
            env={**os.environ, "PATH": path, **environment},
            capture_output=True,
            text=True,
        )

    def calls(self, program: str) -> list[tuple[list[str], str]]:
        file = self.bin / "calls.jsonl"
        made = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [(arguments, body) for name, arguments, body in made if name == program]


@pytest.fixture
def repository(tmp_path: Path, tool: Callable[[str], str]) -> Repository:
    tool("promtool")
    return Repository(tmp_path)


# GitHub


def github(repository: Repository, name: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub's runner does."""
    steps: list[dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text())["jobs"]["check"]["steps"]
    [script] = [step["run"] for step in steps if step.get("name") == name]
    environment = {"GITHUB_BASE_REF": "main", "NUMBER": "7", "GH_TOKEN": "secret", "CI": "true"}
    return repository.run(script, "bash --noprofile --norc -eo pipefail", **environment)


def test_github_installs_what_the_steps_call(repository: Repository) -> None:
    assert github(repository, "Install alertkit, promtool and amtool").returncode == 0
    assert repository.calls("pip")
    assert any("prometheus" in arguments for arguments, _ in repository.calls("sudo"))


def test_github_is_red_while_generated_files_are_stale_and_green_once_they_are_committed(repository: Repository) -> None:
    assert github(repository, "Definitions are right (problems stand in the diff)").returncode == 0
    assert github(repository, "Committed files are what the definitions say").returncode == 1
    repository.alertkit("generate")
    assert github(repository, "Committed files are what the definitions say").returncode == 0
    assert github(repository, "Alerts fire, and reach whom they should").returncode == 0
    assert "<testsuites" in (repository.work / "results.xml").read_text()


def test_github_shows_a_mistake_at_its_line_of_the_diff(repository: Repository) -> None:
    definition = repository.work / "tenants" / "acme.yaml"
    definition.write_text(definition.read_text().replace("owner: web}", "owner: wep}"))
    done = github(repository, "Definitions are right (problems stand in the diff)")
    assert done.returncode == 1
    assert re.search(r"::error file=tenants/acme.yaml,line=\d+,col=\d+,title=AK", done.stdout)


def test_github_is_told_the_plan_as_a_comment_whose_fence_no_definition_can_leave(repository: Repository) -> None:
    definition = repository.work / "tenants" / "acme.yaml"
    definition.write_text(
        definition.read_text().replace(
            "      sum by (job) (rate(http_requests_total{code", "      # ```\n      sum by (job) (rate(http_requests_total{code"
        )
    )
    repository.alertkit("generate")
    repository.commit("change")
    assert github(repository, "The plan against main, as a comment").returncode == 0
    [(arguments, _)] = repository.calls("gh")
    assert arguments[:3] == ["pr", "comment", "7"]
    comment = (repository.work / arguments[arguments.index("--body-file") + 1]).read_text()
    assert "~ alert WebErrors" in comment
    assert "expr: " in comment
    fences = [line for line in comment.splitlines() if line.lstrip().startswith(("```", "~~~"))]
    assert fences == ["```", "```"]
    assert len(comment) < 65_536, "GitHub takes no longer comment"


# GitLab


def gitlab(repository: Repository, part: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a part of the job as GitLab's runner does: all of its lines in one shell."""
    lines: list[str] = yaml.safe_load(PIPELINE.read_text())["alerts"][part]
    script = (
        "\n".join(lines).replace("/opt/alertkit/bin", str(HERE)).replace("/tmp/before", str(repository.work.parent / "before"))
    )
    return repository.run(script, "bash -eo pipefail" if part == "script" else "bash", **environment)


def test_gitlab_is_red_while_generated_files_are_stale_and_green_once_they_are_committed(repository: Repository) -> None:
    assert gitlab(repository, "script").returncode == 1
    repository.alertkit("generate")
    assert gitlab(repository, "script").returncode == 0
    assert "<testsuites" in (repository.work / "results.xml").read_text()


def test_gitlab_is_told_the_plan_as_a_note_of_the_merge_request(repository: Repository) -> None:
    repository.alertkit("generate")
    repository.commit("change")
    of_a_request = {
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_API_V4_URL": "https://gitlab.example/api/v4",
        "CI_PROJECT_ID": "12",
        "ALERTKIT_COMMENT_TOKEN": "secret",
    }
    assert gitlab(repository, "after_script", **of_a_request).returncode == 0
    [(arguments, body)] = repository.calls("curl")
    assert arguments[-1] == "https://gitlab.example/api/v4/projects/12/merge_requests/7/notes"
    assert "~ alert WebErrors" in json.loads(body)["body"]


def test_gitlab_tells_nobody_where_there_is_no_merge_request(repository: Repository) -> None:
    assert gitlab(repository, "after_script", CI_MERGE_REQUEST_IID="").returncode == 0
    assert not repository.calls("curl")


# pre-commit


def test_a_commit_stops_at_a_mistake_and_writes_what_is_stale(repository: Repository) -> None:
    hooks: list[dict[str, Any]] = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text())
    local = [{**hook, "language": "system"} for hook in hooks]  # alertkit is installed already
    (repository.work / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": local}]}))
    used = yaml.safe_load((TOP / "examples/gitops/.pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert [hook["id"] for hook in used] == [hook["id"] for hook in hooks]
    repository.git("add", "--all")
    run = f"{sys.executable} -m pre_commit run"
    home = {"PRE_COMMIT_HOME": str(repository.bin / "cache")}
    assert repository.run(run, "bash", **home).returncode == 1, "the generated files were stale"
    repository.git("add", "--all")
    assert repository.run(run, "bash", **home).returncode == 0
    definition = repository.work / "tenants" / "acme.yaml"
    definition.write_text(definition.read_text().replace("owner: web}", "owner: wep}"))
    repository.git("add", "--all")
    done = repository.run(run, "bash", **home)
    assert done.returncode == 1
    assert "did you mean 'web'" in done.stdout


# Schemas of those who read the files


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-workflows", "gitops/.github/workflows/alerts.yaml"),
        ("vendor.gitlab-ci", "gitops/.gitlab-ci.yml"),
        ("vendor.compose-spec", "compose/compose.yaml"),
    ],
)
def test_files_for_others_are_what_their_schemas_allow(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(TOP / "examples" / file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", ["deploy/kubernetes.yaml", "kubernetes/monitoring.yaml"])
def test_manifests_are_what_kubernetes_takes(file: str) -> None:
    done = subprocess.run([HERE / "kubernetes-validate", "--strict", TOP / "examples" / file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
