"""The demo's stage: definitions are generated, servers started around them, and everything is gone afterwards."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

import alertkit
from alertkit import names, resources
from alertkit.demo import programs, webhook
from alertkit.demo.cast import PLAYERS, POLICY, Shop
from alertkit.demo.exporter import Exporter
from alertkit.demo.programs import Ready
from alertkit.model.rules import AlertingRule
from alertkit.testing.slack import FakeSlack, SlackMessage


class Stage:
    """Everything that runs. `urls` are addresses by name; without Prometheus and Alertmanager the demo posts in their place."""

    def __init__(self, shop: Shop, slack: FakeSlack, receiver: str, token: str, rules: dict[str, AlertingRule]) -> None:
        self.shop, self.slack, self.receiver = shop, slack, receiver
        self.urls = {"receiver": receiver}
        self._token, self._rules = token, rules
        self._since: dict[str, dt.datetime] = {}

    @property
    def whole(self) -> bool:
        """True with Prometheus and Alertmanager."""
        return "Prometheus" in self.urls

    def break_(self, tenant: str) -> None:
        """Break what a tenant has."""
        if tenant not in self.shop.broken:
            self.shop.broken.add(tenant)
            self._since[tenant] = _now()
            self._tell(tenant)

    def repair(self, tenant: str) -> None:
        """Repair it."""
        if tenant in self.shop.broken:
            self.shop.broken.discard(tenant)
            self._tell(tenant, _now())

    def click(self, message: SlackMessage, action: str, person: str, choice: int = 0) -> int:
        """Click a button of a message, signed as Slack signs; the status of the receiver's answer."""
        address = f"{self.receiver}/v1/interactions/slack/{names.PLATFORM}/slack"
        return self.slack.send_click(address, message, action, person, choice=choice)

    def _tell(self, tenant: str, ended: dt.datetime | None = None) -> None:
        if self.whole:
            return
        player = next(player for player in PLAYERS if player.tenant == tenant)
        body = webhook.post(player, self._rules[tenant], self._since[tenant], ended)
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = requests.post(self.receiver + names.alerts_path(tenant, POLICY), json=body, headers=headers, timeout=10)
        answer.raise_for_status()


@contextlib.contextmanager
def stage() -> Iterator[Stage]:
    """Everything started, on free ports of the loopback; stopped and removed when the block ends.

    Raises:
        AlertkitError: a server does not start.
    """
    shop, token = Shop(), secrets.token_urlsafe(32)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alertkit-demo-")))
        slack = stack.enter_context(FakeSlack())
        port = programs.free_port()
        built = _generate(folder, port)
        _secrets(folder, slack, token)
        environment = {**os.environ, "ALERTKIT_SLACK_API": slack.url}
        receiver = f"http://127.0.0.1:{port}"
        stack.enter_context(
            programs.running(folder, "receiver", _receiver(folder, port), Ready(f"{receiver}/readyz"), environment)
        )
        shown = Stage(shop, slack, receiver, token, _rules(built))
        if not programs.missing():
            shown.urls |= _servers(stack, folder, shop)
        yield shown


def _generate(folder: Path, port: int) -> alertkit.Build:
    """The demo's project, from its templates."""
    source = resources.root() / "templates" / "demo"
    for file in sorted(source.rglob("*.yaml")):
        target = folder / file.relative_to(source)
        target.parent.mkdir(exist_ok=True)
        target.write_text(file.read_text("utf-8").replace("url: RECEIVER", f"url: http://127.0.0.1:{port}"), "utf-8")
    built = alertkit.build(folder)
    alertkit.write(built)
    return built


def _rules(built: alertkit.Build) -> dict[str, AlertingRule]:
    """Each tenant's alert."""
    alerts = {(player.tenant, player.alert) for player in PLAYERS}
    every = ((tenant.tenant, rule) for tenant in built.tenants for group in tenant.groups for rule in group.rules)
    return {tenant: rule for tenant, rule in every if isinstance(rule, AlertingRule) and (tenant, rule.alert) in alerts}


def _secrets(folder: Path, slack: FakeSlack, token: str) -> None:
    place = folder / "secrets" / names.PLATFORM
    place.mkdir(parents=True)
    (place / "slack-bot").write_text(slack.token)
    (place / "slack-signing").write_text(slack.signing_secret)
    digest = hashlib.sha256(token.encode()).hexdigest()
    tokens = [{"name": "alertmanager", "sha256": digest, "tenants": "*", "scopes": ["ingest"]}]
    (folder / "tokens.json").write_text(json.dumps(tokens))
    (folder / "generated" / "alertmanager" / "alertkit.token").write_text(token)


def _receiver(folder: Path, port: int) -> list[str]:
    options = {
        "policies": folder / "generated" / "receiver",
        "database": f"sqlite:///{folder / 'alertkit.db'}",
        "secrets": folder / "secrets",
        "tokens": folder / "tokens.json",
        "listen": f"127.0.0.1:{port}",
    }
    return [sys.executable, "-m", "alertkit", "serve", *(f"--{name}={value}" for name, value in options.items())]


def _servers(stack: contextlib.ExitStack, folder: Path, shop: Shop) -> dict[str, str]:
    """Exporter, Alertmanager and Prometheus; the addresses of the two that have a page."""
    exporter = stack.enter_context(Exporter(lambda: shop.exposition(time.monotonic())))
    found = programs.find()
    ports = {name: programs.free_port() for name in ("alertmanager", "prometheus")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    (folder / "prometheus.json").write_text(json.dumps(_prometheus(exporter.origin, ports["alertmanager"])))
    commands = {
        "alertmanager": [
            found["prometheus-alertmanager"],
            "--config.file=generated/alertmanager/alertmanager.yaml",
            "--storage.path=alertmanager",
            f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
            f"--web.external-url={urls['alertmanager']}",
            "--cluster.listen-address=",
        ],
        "prometheus": [
            found["prometheus"],
            "--config.file=prometheus.json",
            "--storage.tsdb.path=prometheus",
            f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
            f"--web.external-url={urls['prometheus']}",
        ],
    }
    # What fires before Prometheus has found Alertmanager would be told a minute later.
    found_it = Ready(f"{urls['prometheus']}/metrics", "prometheus_notifications_alertmanagers_discovered 1")
    for name, ready in (("alertmanager", Ready(f"{urls['alertmanager']}/-/ready")), ("prometheus", found_it)):
        stack.enter_context(programs.running(folder, name, commands[name], ready, os.environ))
    return {"Prometheus": urls["prometheus"], "Alertmanager": urls["alertmanager"]}


def _prometheus(exporter: str, alertmanager: int) -> dict[str, Any]:
    target = exporter.removeprefix("http://")
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["generated/rules/*.yaml"],
        "scrape_configs": [{"job_name": "shop", "honor_labels": True, "static_configs": [{"targets": [target]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
    }


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
