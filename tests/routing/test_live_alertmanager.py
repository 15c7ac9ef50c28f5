"""What only a running Alertmanager tells: group keys, receivers as its API names them, and inhibition."""

from __future__ import annotations

import json
import queue
import random
import re
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from trees import NAMES, PATTERNS, VALUES, configuration

from alertkit.model.quantity import Duration
from alertkit.model.route import InhibitRule, Matcher, Route
from alertkit.routing import Tree, group_key, inhibited_by

NOW = Duration.of(seconds=0)
ROOT = Route(
    (),
    "r",
    ("a", "b"),
    NOW,
    routes=(
        Route((Matcher("a", "=~", "1|2"),), "r-0", ("...",), follow=True),
        Route(
            (Matcher("a", "!=", ""), Matcher("a", "!~", "\\d+")),
            "r-1",
            ("c",),
            routes=(Route((Matcher("b", "=", 'q"'),), "r-1-0"),),
        ),
        Route((Matcher("c", "=~", ".+"),), routes=(Route((Matcher("b", "=", "b\\"),), "r-2-0", ("c", "missing")),)),
    ),
)


class Alertmanager:
    """A running Alertmanager whose every notification lands in `posts`."""

    def __init__(self, program: str, folder) -> None:
        self.file, self.posts = folder / "alertmanager.yml", queue.SimpleQueue()
        self.hook = HTTPServer(("127.0.0.1", 0), _catcher(self.posts))
        threading.Thread(target=self.hook.serve_forever, daemon=True).start()
        self.write(())
        self.process = subprocess.Popen(
            [
                program,
                f"--config.file={self.file}",
                f"--storage.path={folder}",
                "--web.listen-address=127.0.0.1:0",
                "--cluster.listen-address=",
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        lines = iter(self.process.stderr.readline, "")
        self.url = next(f"http://{found[1]}" for line in lines if (found := re.search(r'"Listening on" address=(\S+)', line)))
        self.drain = threading.Thread(target=lambda: list(lines), daemon=True)
        self.drain.start()

    def write(self, rules) -> None:
        self.file.write_text(configuration(ROOT, rules, f"http://127.0.0.1:{self.hook.server_port}"), encoding="utf-8")

    def call(self, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as response:
            text = response.read()
        return json.loads(text) if text else None

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.drain.join(20)
        self.process.stderr.close()
        self.hook.shutdown()
        self.hook.server_close()


def _catcher(posts: queue.SimpleQueue) -> type[BaseHTTPRequestHandler]:
    class Catcher(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Catcher


@pytest.fixture(scope="module")
def alertmanager(tool, tmp_path_factory) -> Iterator[Alertmanager]:
    running = Alertmanager(tool("prometheus-alertmanager"), tmp_path_factory.mktemp("alertmanager"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def alerts(alertmanager) -> list[dict[str, str]]:
    """Label sets that are firing in the Alertmanager."""
    rng = random.Random(4)
    drawn = [{name: value for name in NAMES if (value := rng.choice([*VALUES, "\u00a0\u200b", "\x01"]))} for _ in range(80)]
    unique = list({json.dumps(labels, sort_keys=True): labels for labels in drawn if labels}.values())
    alertmanager.call("/api/v2/alerts", [{"labels": labels} for labels in unique])
    return unique


def test_groups_have_the_keys_that_alertmanager_posts(alertmanager, alerts):
    expected = {(path.receiver, group_key(path, labels)) for labels in alerts for path in Tree(ROOT).match(labels)}
    posted = set()
    while posted < expected:
        post = alertmanager.posts.get(timeout=30)
        posted.add((post["receiver"], post["groupKey"]))
    assert posted == expected


def test_the_api_names_the_same_receivers_in_the_same_order(alertmanager, alerts):
    answers = alertmanager.call("/api/v2/alerts")
    assert len(answers) == len(alerts)
    for answer in answers:
        assert [one["name"] for one in answer["receivers"]] == [path.receiver for path in Tree(ROOT).match(answer["labels"])]


def drawn_rules(seed: int) -> list[InhibitRule]:
    rng = random.Random(seed)

    def matcher() -> Matcher:
        op = rng.choice(["=", "!=", "=~", "!~"])
        return Matcher(rng.choice(NAMES), op, rng.choice(VALUES if len(op) == 1 or op == "!=" else PATTERNS))

    return [
        InhibitRule((matcher(), matcher()), (matcher(),), tuple(rng.sample(NAMES, rng.randrange(3))))
        for _ in range(rng.randrange(1, 4))
    ]


@pytest.mark.parametrize("seed", range(8))
def test_an_alert_is_muted_exactly_when_alertmanager_mutes_it(alertmanager, alerts, seed):
    rules = drawn_rules(seed)
    alertmanager.write(rules)
    alertmanager.call("/-/reload", {})
    for _ in range(200):  # Alertmanager's inhibitor learns of the alerts a moment after the reload
        answers = alertmanager.call("/api/v2/alerts")
        labels_of = {answer["fingerprint"]: answer["labels"] for answer in answers}
        wrong = [answer for answer in answers if not agrees(rules, answer, labels_of)]
        if not wrong:
            break
        threading.Event().wait(0.05)
    assert not wrong, (rules, wrong[0])


def agrees(rules, answer, labels_of) -> bool:
    """Alertmanager 0.25 names one source, later versions all of them."""
    sources = [one.source for one in inhibited_by(rules, answer["labels"], labels_of.values())]
    named = [labels_of[fingerprint] for fingerprint in answer["status"]["inhibitedBy"]]
    return bool(named) == bool(sources) and all(one in sources for one in named)


def test_the_drawn_rules_mute_some_and_spare_others(alerts):
    muted = sum(bool(inhibited_by(drawn_rules(seed), labels, alerts)) for seed in range(8) for labels in alerts)
    assert 0.1 < muted / (8 * len(alerts)) < 0.9
