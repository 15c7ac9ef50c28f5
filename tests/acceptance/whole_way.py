"""Everything with real servers, an Alertmanager pair among them, any of which may be killed and started again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import servers
import two_tenants
from servers import eventually, free_port, get
from two_tenants import TOKEN, secrets_for

from alertkit.demo.exporter import Exporter
from alertkit.testing.slack import FakeSlack, SlackMessage

DEFINITION = """\
services:
  - {{name: checkout, owner: payments}}
slos:
  - name: availability
    service: checkout
    objective: 99%
    window: 30d
    sli:
      errors: http_requests_total{{code="500"}}
      total: http_requests_total
    tiers: [{{name: page-1h, long: 1h, short: 5m, budget: 2%}}]
alerts:
  - name: QueueStuck
    service: checkout
    expr: queue_age_seconds > 600
    severity: critical
    unit: duration
    summary: {{en: "The oldest job waits for {{value}}", fr: "La plus ancienne tâche attend depuis {{value}}"}}
teams:
  - {{name: payments, slack: "#{name}-payments", members: [oncall]}}
people:
  - {{id: oncall, name: Amélie Durand, slack: {slack_id}}}
schedules:
  - {{name: primary, layers: [{{rotation: weekly, handoff: Mon 09:00, from: "2026-01-05", members: [oncall]}}]}}
escalation:
  - name: standard
    steps:
      - notify: [{{team: payments}}]
      - {{after: 12s, notify: [{{schedule: primary}}]}}
      - {{after: 40s, notify: [{{team: platform}}]}}
routing:
  routes:
    - {{match: {{severity: critical}}, escalate: standard}}
"""


class Traffic:
    """Two tenants' requests, ten a second each; a share of acme's fails. Good traffic may be multiplied, to drown past errors."""

    def __init__(self) -> None:
        self.failing = 0.0
        self.times = 1.0
        self.stuck = False
        self._good = {"acme": 0.0, "globex": 0.0}
        self._bad = 0.0
        self._at = time.monotonic()

    def exposition(self) -> str:
        now = time.monotonic()
        requests, self._at = 10 * (now - self._at), now
        self._good["globex"] += requests
        self._good["acme"] += requests * self.times * (1 - self.failing)
        self._bad += requests * self.failing
        lines = [f'http_requests_total{{tenant="{name}",code="200"}} {value}' for name, value in self._good.items()]
        lines.append(f'http_requests_total{{tenant="acme",code="500"}} {self._bad}')
        lines.append(f'queue_age_seconds{{tenant="acme"}} {1_000 if self.stuck else 1}')
        lines.append('queue_age_seconds{tenant="globex"} 1')
        return "\n".join(lines) + "\n"


class Program:
    """A server that can be killed and started again, on the same port and the same files."""

    def __init__(
        self, folder: Path, name: str, command: list[str], ready: str, environment: dict[str, str] | None = None
    ) -> None:
        self.folder, self.name, self.command, self.ready = folder, name, command, ready
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=log, env=self._environment)
        eventually(f"{self.name} is ready", lambda: get(self.ready))

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class World:
    """What runs, by name: receiver, alertmanager-0, alertmanager-1, prometheus; receiver-1 too where there are two."""

    def __init__(self, slack: FakeSlack, traffic: Traffic, receiver: str) -> None:
        self.slack, self.traffic, self.receiver = slack, traffic, receiver
        self.programs: dict[str, Program] = {}

    def about(self, channel: str, words: str) -> list[SlackMessage]:
        """Messages of a room that stand in no thread and hold these words."""
        return [message for message in self.slack.messages_in(channel) if words in message.shown]

    def click(self, message: SlackMessage, action: str, user: str) -> int:
        return self.slack.send_click(f"{self.receiver}/v1/interactions/slack/platform/slack", message, action, user)


@contextlib.contextmanager
def world(folder: Path, tool: Callable[[str], str], database: str = "") -> Iterator[World]:
    """Everything, started and ready: one receiver on SQLite, or two on a `database` of PostgreSQL, each with its Alertmanager."""
    receivers = ["receiver", "receiver-1"] if database else ["receiver"]
    ports = {
        name: free_port() for name in (*receivers, "alertmanager-0", "alertmanager-1", "cluster-0", "cluster-1", "prometheus")
    }
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    generated = two_tenants.generated(folder, DEFINITION, ports["receiver"], repeat="3s")
    traffic = Traffic()
    with contextlib.ExitStack() as stack:
        slack = stack.enter_context(FakeSlack())
        exporter = stack.enter_context(Exporter(traffic.exposition))
        here = World(slack, traffic, urls["receiver"])
        servers.write_receiver_files(folder, TOKEN, secrets_for(slack))
        for name in receivers:
            command = servers.serve(folder, generated, ports[name], database)
            here.programs[name] = Program(folder, name, command, f"{urls[name]}/readyz", {"ALERTKIT_SLACK_API": slack.url})
        (generated / "alertmanager" / "alertkit.token").write_text(TOKEN)
        routes = (generated / "alertmanager" / "alertmanager.yaml").read_text()
        for index, name in enumerate((receivers * 2)[:2]):
            ours = generated / "alertmanager" / f"alertmanager-{index}.yaml"
            ours.write_text(routes.replace(urls["receiver"], urls[name]))
        for index, peer in ((0, 1), (1, 0)):
            name = f"alertmanager-{index}"
            command = [
                tool("prometheus-alertmanager"),
                f"--config.file={generated / 'alertmanager' / name}.yaml",
                f"--storage.path={folder / name}",
                f"--web.listen-address=127.0.0.1:{ports[name]}",
                f"--cluster.listen-address=127.0.0.1:{ports[f'cluster-{index}']}",
                "--cluster.advertise-address=127.0.0.1:" + str(ports[f"cluster-{index}"]),
                f"--cluster.peer=127.0.0.1:{ports[f'cluster-{peer}']}",
                "--cluster.settle-timeout=5s",
                "--cluster.peer-timeout=2s",
                "--cluster.reconnect-interval=1s",
            ]
            here.programs[name] = Program(folder, name, command, f"{urls[name]}/-/ready")
        alertmanagers = (urls["alertmanager-0"], urls["alertmanager-1"])
        configuration = servers.prometheus_configuration(generated, [servers.app(exporter)], *alertmanagers)
        (folder / "prometheus.json").write_text(configuration)
        options = [f"--storage.tsdb.path={folder / 'prometheus'}", f"--web.listen-address=127.0.0.1:{ports['prometheus']}"]
        command = [tool("prometheus"), f"--config.file={folder / 'prometheus.json'}", *options]
        here.programs["prometheus"] = Program(folder, "prometheus", command, f"{urls['prometheus']}/-/ready")
        for program in here.programs.values():
            stack.callback(program.stop)
        starting = [threading.Thread(target=program.start) for program in here.programs.values()]
        for thread in starting:
            thread.start()
        for thread in starting:
            thread.join()
        for name in ("alertmanager-0", "alertmanager-1"):
            eventually(
                "the pair has found itself", lambda url=urls[name]: "alertmanager_cluster_members 2" in get(f"{url}/metrics")
            )
        found = "prometheus_notifications_alertmanagers_discovered 2"
        eventually("Prometheus finds both", lambda: found in get(f"{urls['prometheus']}/metrics"))
        yield here
