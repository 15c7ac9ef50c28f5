"""Reconciliation with a real pair of Alertmanagers: silences, resolves that are never sent, a peer that is away."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from receiver_kit import Kit, alert, webhook
from servers import eventually, free_port, get, program

LATER = dt.timedelta(minutes=11)
"""The receiver's clock is ahead, so that peers that have just started count as up for long enough."""
CONFIGURATION = """
route: {receiver: nobody, group_by: [alertname], group_wait: 1s}
receivers: [{name: nobody}]
inhibit_rules:
  - source_matchers: [alertname = "Down"]
    target_matchers: [alertname = "Late"]
"""


@contextlib.contextmanager
def a_pair(folder: Path, binary: str) -> Iterator[tuple[str, str]]:
    (folder / "alertmanager.yaml").write_text(CONFIGURATION)
    web, gossip = (free_port(), free_port()), (free_port(), free_port())
    urls = (f"http://127.0.0.1:{web[0]}", f"http://127.0.0.1:{web[1]}")
    with contextlib.ExitStack() as stack:
        for one, other in ((0, 1), (1, 0)):
            command = [
                binary,
                f"--config.file={folder / 'alertmanager.yaml'}",
                f"--storage.path={folder / str(one)}",
                f"--web.listen-address=127.0.0.1:{web[one]}",
                f"--cluster.listen-address=127.0.0.1:{gossip[one]}",
                f"--cluster.advertise-address=127.0.0.1:{gossip[one]}",
                f"--cluster.peer=127.0.0.1:{gossip[other]}",
                "--cluster.reconnect-interval=1s",
                "--cluster.gossip-interval=100ms",
                "--cluster.pushpull-interval=1s",
            ]
            stack.enter_context(program(folder, f"alertmanager-{one}", *command))
        for url in urls:
            eventually("a pair", lambda url=url: "alertmanager_cluster_members 2" in get(f"{url}/metrics"))
        yield urls


def ask(method: str, url: str, value: object = None) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(value).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def alerts(url: str) -> dict[str, tuple[str, str]]:
    """Name → fingerprint and state."""
    found = json.loads(get(f"{url}/api/v2/alerts") or "[]")
    return {one["labels"]["alertname"]: (one["fingerprint"], one["status"]["state"]) for one in found}


def fire(urls: tuple[str, str], name: str, *, over: bool = False) -> None:
    """As Prometheus does: to each of the pair."""
    now = dt.datetime.now(dt.UTC)
    labels = {"alertname": name, "tenant": "acme", "severity": "critical"}
    one = {"labels": labels, "startsAt": (now - dt.timedelta(minutes=1)).isoformat()}
    ended = {"endsAt": (now - dt.timedelta(seconds=1)).isoformat()} if over else {}
    for url in urls:
        ask("POST", f"{url}/api/v2/alerts", [one | ended])


@pytest.fixture
def pair(tmp_path: Path, tool: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    with a_pair(tmp_path, tool("prometheus-alertmanager")) as urls:
        yield urls


def test_a_silenced_alert_stops_escalating_and_ends_although_its_resolve_is_never_sent(
    tmp_path: Path, pair: tuple[str, str]
) -> None:
    fire(pair, "Late")
    fingerprint = eventually("both have the alert", lambda: alerts(pair[0]).get("Late") and alerts(pair[1]).get("Late"))[0]

    async def state(kit: Kit) -> str:
        await kit.receiver.reconciler.poll()
        await kit.receiver.worker.settle()
        found = await kit.receiver.store.incident(1)
        return found.state if found else "none"

    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert("one") | {"fingerprint": fingerprint, "labels": {"alertname": "Late", "tenant": "acme"}}))
        assert [await state(kit) for _ in range(4)] == ["firing"] * 4

        now = dt.datetime.now(dt.UTC)
        silence = {
            "matchers": [{"name": "alertname", "value": "Late", "isRegex": False, "isEqual": True}],
            "startsAt": now.isoformat(),
            "endsAt": (now + dt.timedelta(hours=1)).isoformat(),
            "createdBy": "jonas",
            "comment": "known",
        }
        made = ask("POST", f"{pair[0]}/api/v2/silences", silence)["silenceID"]
        eventually("the silence is gossiped", lambda: all(alerts(url)["Late"][1] == "suppressed" for url in pair))
        assert await state(kit) == "suppressed"
        ask("DELETE", f"{pair[0]}/api/v2/silence/{made}")
        eventually("its end is gossiped", lambda: all(alerts(url)["Late"][1] == "active" for url in pair))
        assert await state(kit) == "firing"

        fire(pair, "Down")
        eventually("it is inhibited", lambda: all(alerts(url)["Late"][1] == "suppressed" for url in pair))
        assert await state(kit) == "suppressed"

        fire(pair, "Late", over=True)
        eventually("nobody has it any more", lambda: not any("Late" in alerts(url) for url in pair))
        assert [await state(kit) for _ in range(3)] == ["suppressed", "suppressed", "resolved"]

    kit = Kit(tmp_path)
    kit.clock.now = dt.datetime.now(dt.UTC) + LATER
    kit.receiver = kit.new(alertmanager=pair)
    kit.run(story)


def test_a_pair_that_has_just_started_ends_nothing(tmp_path: Path, pair: tuple[str, str]) -> None:
    async def story(kit: Kit) -> None:
        await kit.post(webhook(alert("one")))
        for _ in range(5):
            await kit.receiver.reconciler.poll()
        found = await kit.receiver.store.incident(1)
        assert found is not None
        assert found.state == "firing"

    kit = Kit(tmp_path)
    kit.clock.now = dt.datetime.now(dt.UTC)
    kit.receiver = kit.new(alertmanager=pair)
    kit.run(story)
