"""`alertkit apply` against a real Prometheus and Alertmanager: all of it, or everything as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import projects
import pytest
import servers
from click.testing import CliRunner, Result
from servers import eventually

import alertkit
from alertkit.cli import cli

TENANT = """\
services: [{name: api, owner: platform}]
alerts:
  - {name: QueueStuck, service: api, expr: "queue_age_seconds > 600", severity: warning, summary: stuck}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two tenants, generated."""
    folder = projects.make(tmp_path / "project", {"acme": TENANT, "globex": TENANT})
    alertkit.write(alertkit.build(folder))
    return folder


def change(project: Path, old: str, new: str, tenant: str = "acme") -> None:
    file = project / "tenants" / f"{tenant}.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    alertkit.write(alertkit.build(project))


def run(project: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["apply", "--project", str(project), *map(str, arguments)])


def folders(place: Path) -> list[str]:
    flags = {"--rules": "rules", "--alertmanager-config": "alertmanager", "--policies": "policies", "--dashboards": "dashboards"}
    return [text for flag, name in flags.items() for text in (flag, str(place / name))]


def contents(place: Path) -> dict[str, bytes]:
    return {str(file.relative_to(place)): file.read_bytes() for file in sorted(place.rglob("*")) if file.is_file()}


@contextmanager
def running(tool: Callable[[str], str], place: Path) -> Iterator[list[str]]:
    """Both servers, reading the target folders; the flags that name them."""
    place.mkdir(exist_ok=True)
    ports = {name: servers.free_port() for name in ("prometheus", "alertmanager")}
    (place / "prometheus.json").write_text(json.dumps({"rule_files": [str(place / "rules" / "*.yaml")]}))
    with ExitStack() as stack:
        for name, program, config in (
            ("prometheus", "prometheus", place / "prometheus.json"),
            ("alertmanager", "prometheus-alertmanager", place / "alertmanager" / "alertmanager.yaml"),
        ):
            options = [f"--config.file={config}", f"--web.listen-address=127.0.0.1:{ports[name]}"]
            if name == "prometheus":
                options += ["--web.enable-lifecycle", f"--storage.tsdb.path={place / 'tsdb'}"]
            else:
                options += ["--cluster.listen-address=", f"--storage.path={place / 'nflog'}"]
            stack.enter_context(servers.program(place, name, tool(program), *options))
        for port in ports.values():
            eventually("the server is ready", lambda port=port: servers.get(f"http://127.0.0.1:{port}/-/ready"))
        yield [text for name, port in ports.items() for text in (f"--{name}", f"http://127.0.0.1:{port}")]


def test_a_change_is_put_in_place_and_both_servers_run_it(project: Path, tmp_path: Path, tool: Callable[[str], str]) -> None:
    place = tmp_path / "servers"
    assert run(project, *folders(place)).exit_code == 0, "the first time, before there are servers"
    with running(tool, place) as urls:
        change(project, "> 600", "> 1234")
        answer = run(project, *folders(place), *urls)
        assert answer.exit_code == 0, answer.output
        assert f"changed   {place}/rules/acme.alerts.yaml" in answer.output
        assert f"reloaded {urls[1]}" in answer.output
        assert "> 1234" in servers.get(f"{urls[1]}/api/v1/rules").replace("\\u003e", ">")


def test_what_prometheus_refuses_is_taken_back_everywhere(
    project: Path, tmp_path: Path, tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "servers"
    run(project, *folders(place))
    with running(tool, place) as urls:
        before = contents(place / "rules") | contents(place / "alertmanager")
        rules = servers.get(f"{urls[1]}/api/v1/rules?type=alert")
        assert "queue_age_seconds" in rules
        change(project, "QueueStuck", "QueueStalled")
        generated = project / "generated" / "rules" / "acme.alerts.yaml"
        generated.write_text(generated.read_text().replace("queue_age_seconds", "no_such_function(queue_age_seconds"))
        monkeypatch.setenv("PATH", "/nonexistent")  # without promtool nobody finds out before the server does
        answer = run(project, *folders(place), *urls)
        assert answer.exit_code == 1
        assert "errors occurred while applying the new configuration" in answer.output, "the server's own words"
        assert "files that were there before are back" in answer.output
        assert contents(place / "rules") | contents(place / "alertmanager") == before
        assert "prometheus_config_last_reload_successful 1" in servers.get(f"{urls[1]}/metrics"), "it has read the old ones again"


def test_what_alertmanager_refuses_is_taken_back(
    project: Path, tmp_path: Path, tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "servers"
    run(project, *folders(place))
    with running(tool, place) as urls:
        before = contents(place / "alertmanager")
        generated = project / "generated" / "alertmanager" / "alertmanager.yaml"
        generated.write_text(generated.read_text().replace("receiver: acme/unrouted", "receiver: acme/nobody"))
        monkeypatch.setenv("PATH", "/nonexistent")
        answer = run(project, *folders(place), *urls)
        assert answer.exit_code == 1
        assert "acme/nobody" in answer.output
        assert contents(place / "alertmanager") == before
        assert "alertmanager_config_last_reload_successful 1" in servers.get(f"{urls[3]}/metrics")


def test_servers_that_read_other_folders_are_found_out(project: Path, tmp_path: Path, tool: Callable[[str], str]) -> None:
    place, elsewhere = tmp_path / "servers", tmp_path / "elsewhere"
    run(project, *folders(place))
    with running(tool, place) as urls:
        answer = run(project, "--alertmanager-config", elsewhere, *urls[2:])
        assert answer.exit_code == 0, "the same bytes at another place run alike"
        file = project / "tenants" / "acme.yaml"
        file.write_text(file.read_text() + "routing: {routes: [{match: {severity: warning}, escalate: quick}]}\n" + QUICK)
        assert not alertkit.write(alertkit.build(project)).problems
        answer = run(project, "--alertmanager-config", elsewhere, *urls[2:])
        assert answer.exit_code == 1
        assert "another configuration" in answer.output
        (place / "prometheus.json").write_text(json.dumps({"rule_files": []}))
        answer = run(project, "--rules", elsewhere / "rules", *urls[:2])
        assert answer.exit_code == 1
        assert "has not loaded acme.alerts.yaml" in answer.output
        assert not (elsewhere / "rules" / "acme.alerts.yaml").exists()


QUICK = "escalation: [{name: quick, steps: [{notify: [{team: platform}]}]}]\n"


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(project: Path, tmp_path: Path) -> None:
    answer = run(project, "--dry-run", *folders(tmp_path / "servers"), "--prometheus", "http://127.0.0.1:1")
    assert answer.exit_code == 0, answer.output
    assert f"added     {tmp_path}/servers/rules/acme.alerts.yaml" in answer.output
    assert "would reload http://127.0.0.1:1" in answer.output
    assert not (tmp_path / "servers").exists()


def test_what_the_project_no_longer_has_is_removed_and_nothing_else(project: Path, tmp_path: Path) -> None:
    place = tmp_path / "servers"
    run(project, *folders(place))
    foreign = place / "rules" / "by-hand.yaml"
    foreign.write_text("groups: []\n")
    (project / "tenants" / "globex.yaml").unlink()
    alertkit.write(alertkit.build(project))
    answer = run(project, *folders(place))
    assert f"removed   {place}/rules/globex.alerts.yaml" in answer.output
    assert not (place / "rules" / "globex.alerts.yaml").exists()
    assert not (place / "policies" / "globex.json").exists()
    assert foreign.exists()


def test_a_file_of_somebody_else_is_never_overwritten(project: Path, tmp_path: Path) -> None:
    place = tmp_path / "servers"
    (place / "alertmanager").mkdir(parents=True)
    (place / "alertmanager" / "alertmanager.yaml").write_text("route: {receiver: mine}\n")
    answer = run(project, *folders(place))
    assert answer.exit_code == 1
    assert "was not put there by alertkit" in answer.output
    assert not (place / "rules").exists(), "nothing at all was done"


def test_a_record_that_leads_elsewhere_removes_nothing_there(project: Path, tmp_path: Path) -> None:
    place = tmp_path / "servers"
    run(project, *folders(place))
    precious = tmp_path / "precious.yaml"
    precious.write_text("mine\n")
    with (place / "rules" / ".alertkit-applied").open("a") as record:
        record.write("../../precious.yaml\n")
    assert run(project, *folders(place)).exit_code == 0
    assert precious.exists()


def test_what_promtool_refuses_is_not_put_anywhere(project: Path, tmp_path: Path, tool: Callable[[str], str]) -> None:
    tool("promtool")
    generated = project / "generated" / "rules" / "acme.alerts.yaml"
    generated.write_text(generated.read_text().replace("queue_age_seconds", "sum((queue_age_seconds"))
    answer = run(project, *folders(tmp_path / "servers"))
    assert answer.exit_code == 1
    assert "nothing was changed" in answer.output
    assert not (tmp_path / "servers").exists()


def test_a_server_that_does_not_answer_is_named_and_files_are_back(project: Path, tmp_path: Path) -> None:
    place = tmp_path / "servers"
    answer = run(project, *folders(place), "--prometheus", "http://127.0.0.1:1")
    assert answer.exit_code == 1
    assert "http://127.0.0.1:1 does not answer" in answer.output
    assert not (place / "rules" / "acme.alerts.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nowhere to put files"),
        (["--policies", "x", "--prometheus", "http://127.0.0.1:1"], "give both"),
        (["--policies", "x", "--alertmanager", "http://127.0.0.1:1"], "give both"),
        (["--rules", "x", "--prometheus", "127.0.0.1:9090"], "is no address"),
        (["--rules", "x", "--generated", "nowhere"], "there is nothing to apply in nowhere/rules"),
        (["--rules", ""], "is a variable empty?"),
    ],
)
def test_a_wrong_call_is_told_what_to_do(project: Path, arguments: list[str], words: str) -> None:
    answer = run(project, *arguments)
    assert answer.exit_code == 2
    assert words in answer.output
