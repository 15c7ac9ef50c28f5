from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alertkit import build, paths
from alertkit.compiler.assembly import assemble
from alertkit.compiler.writing import render
from alertkit.model.oncall import Restriction
from alertkit.model.quantity import Duration
from alertkit.model.route import Fragment, InhibitRule, Matcher, NativeReceiver, Route, TimeInterval, WebhookReceiver
from alertkit.model.rules import AlertingRule, RecordingRule, RuleGroup, Source

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "streaming-platform"
SECTIONS = ("receivers", "inhibit_rules", "time_intervals")
ROOT = Route(receiver="platform/unrouted", group_by=("tenant",), group_wait=Duration.of(seconds=10))

tempting = st.sampled_from(
    [
        "receivers:\n",
        "\nreceivers:\n",
        "a\ninhibit_rules:\n  - x",
        "route:\n  routes:\n",
        "\n",
        "- ",
        "#",
        '"',
        "'",
        "\\",
        "{{ x }}",
        ": ",
        "é",
        "",
    ]
)
texts = st.one_of(tempting, st.lists(tempting, min_size=1, max_size=4).map("".join), st.text(max_size=12))
labels = st.sampled_from(["severity", "service", "region"])
matchers = st.builds(Matcher, labels, st.sampled_from(["=", "!="]), texts)
match_lists = st.lists(matchers, max_size=3).map(tuple)
leaves = st.builds(Route, matchers=match_lists, receiver=st.none() | texts.filter(bool), follow=st.booleans())
routes = st.builds(
    Route,
    matchers=match_lists,
    receiver=texts.filter(bool),
    group_by=st.lists(labels, max_size=2).map(tuple),
    group_wait=st.none() | st.integers(0, 10**9).map(Duration),
    mute_time_intervals=st.lists(texts.filter(bool), max_size=2).map(tuple),
    routes=st.lists(leaves, max_size=3).map(tuple),
)
receivers = st.one_of(
    st.builds(WebhookReceiver, texts, texts, texts, st.integers(1, 1000)),
    st.builds(
        NativeReceiver, texts, st.sampled_from(["slack", "webhook"]), st.dictionaries(texts.filter(bool), texts, max_size=3)
    ),
)
inhibitions = st.builds(InhibitRule, match_lists, match_lists, st.lists(labels, max_size=2).map(tuple))
intervals = st.builds(
    TimeInterval,
    texts,
    st.just("Europe/Paris"),
    st.lists(st.just(Restriction((0, 1), "09:00", "18:00")), min_size=1, max_size=2).map(tuple),
)
fragments = st.builds(
    Fragment,
    st.sampled_from(["acme", "globex"]),
    st.lists(routes, min_size=1, max_size=3).map(tuple),
    st.lists(receivers, min_size=1, max_size=3).map(tuple),
    st.lists(inhibitions, max_size=2).map(tuple),
    st.lists(intervals, max_size=2).map(tuple),
)


def parsed(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(data)
    return found


@settings(max_examples=50)
@given(st.lists(fragments, max_size=3))
def test_the_assembled_file_means_what_its_fragments_mean_joined(values: list[Fragment]) -> None:
    files = [render.fragment(value) for value in values]
    whole = parsed(render.alertmanager(ROOT, files))
    alone = [parsed(file) for file in files]
    assert (whole["route"].get("routes") or []) == [route for one in alone for route in one["route"]["routes"]]
    for section in SECTIONS:
        assert (whole.get(section) or []) == [entry for one in alone for entry in one.get(section, [])]
    assert whole["route"]["receiver"] == "platform/unrouted"
    assert set(whole) <= {"route", *SECTIONS}


@settings(max_examples=50)
@given(fragments)
def test_a_fragment_holds_every_receiver_and_route_in_order(value: Fragment) -> None:
    data = parsed(render.fragment(value))
    assert [receiver["name"] for receiver in data["receivers"]] == [receiver.name for receiver in value.receivers]
    assert [route["receiver"] for route in data["route"]["routes"]] == [route.receiver for route in value.routes]
    assert [len(route.get("matchers", [])) for route in data["route"]["routes"]] == [
        len(route.matchers) for route in value.routes
    ]


def amtool(tool: Callable[[str], str], file: Path, data: bytes) -> subprocess.CompletedProcess[str]:
    file.write_bytes(data)
    return subprocess.run([tool("amtool"), "check-config", str(file)], capture_output=True, text=True, check=False)


def test_alertmanager_takes_what_the_example_assembles_to(tool: Callable[[str], str], tmp_path: Path) -> None:
    result = build(EXAMPLE)
    fragments = [one.files[paths.fragment(one.tenant)] for one in result.tenants]
    done = amtool(tool, tmp_path / "alertmanager.yaml", assemble(result.workspace, fragments))
    assert done.returncode == 0, done.stdout
    assert "SUCCESS" in done.stdout


@settings(max_examples=15)
@given(values=st.lists(texts, min_size=5, max_size=10))
def test_alertmanager_takes_every_value(
    values: list[str], tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    routes = tuple(Route(matchers=(Matcher("region", "=", value),), receiver="a") for value in values)
    fragment = Fragment("acme", routes, (WebhookReceiver("a", "http://x.example", "t", 1),))
    file = tmp_path_factory.mktemp("am") / "alertmanager.yaml"
    done = amtool(tool, file, render.alertmanager(replace(ROOT, receiver="a"), [render.fragment(fragment)]))
    assert done.returncode == 0, done.stdout


RULES = (
    RuleGroup(
        "acme/web",
        (
            RecordingRule("a:b", "sum(x)\n  / 2  # half\n", {"x": "1", "tenant": "acme"}, Source("a.yaml", 3)),
            AlertingRule("A", "A", "up == 0", {"tenant": "acme"}, {"summary": "ja: nein"}, Source("a.yaml", 4), Duration(90_000)),
        ),
        Duration.of(minutes=5),
    ),
    RuleGroup(
        "acme/shop", (AlertingRule("B", "B", "x > 1", {"tenant": "acme"}, {}, Source("a.yaml", 9), None, Duration(1_500)),)
    ),
)


def test_a_rule_file_says_what_prometheus_expects() -> None:
    assert parsed(render.rule_file(RULES, "acme")) == {
        "groups": [
            {
                "name": "acme/web",
                "interval": "5m",
                "rules": [
                    {"record": "a:b", "expr": "sum(x)\n  / 2  # half\n", "labels": {"x": "1", "tenant": "acme"}},
                    {
                        "alert": "A",
                        "expr": "up == 0",
                        "for": "1m30s",
                        "labels": {"tenant": "acme"},
                        "annotations": {"summary": "ja: nein"},
                    },
                ],
            },
            {
                "name": "acme/shop",
                "rules": [
                    {
                        "alert": "B",
                        "expr": "x > 1",
                        "keep_firing_for": "1s500ms",
                        "labels": {"tenant": "acme"},
                        "annotations": {},
                    },
                ],
            },
        ]
    }


def test_every_text_file_says_in_its_first_line_that_it_is_generated_and_for_whom() -> None:
    for data in (render.rule_file(RULES, "acme"), render.fragment(Fragment("acme", (ROOT,), ()))):
        assert data.startswith(b"# generated by alertkit for tenant acme; change the definition, not this file\n")
    assert render.alertmanager(ROOT, []).startswith(b"# generated by alertkit; change")
