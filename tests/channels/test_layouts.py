"""Administrators' own layouts: what they may change, what they cannot do, and that a broken one keeps no page from being sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from channel_messages import FIRING

from alertkit import resources
from alertkit.channels import mail, overrides
from alertkit.channels.layouts import Layouts
from alertkit.channels.slack.layout import EVENT, INCIDENT, Drawing
from alertkit.channels.templates import LayoutError, Templates, render
from alertkit.messages import Words
from alertkit.model.message import Message
from alertkit.testing.slack_limits import refusal
from alertkit.testing.slack_message import SlackMessage

WORDS = Words(resources.root() / "templates")
NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
HOSTILE = msgspec.structs.replace(FIRING, headline="<!channel> *b* <https://evil.example|x> @here", mentions=())


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes an own layout: `own("acme/slack/incident.yaml", text)`."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def shown(layouts: Layouts, message: Message = FIRING, tenant: str = "acme") -> str:
    drawn = Drawing(layouts).root(message, tenant, interactive=True)
    assert refusal(drawn, update=True) == ("", [])
    return SlackMessage("C", "1", drawn["text"], tuple(drawn["blocks"]), tuple(drawn["attachments"])).shown


def test_a_layout_orders_leaves_out_and_adds(own: Callable[[str, str], Path], tmp_path: Path) -> None:
    own(
        "acme/slack/incident.yaml",
        """
        blocks:
          - header: "{{ message.origin }}: {{ message.headline|upper }}"
          - markup: "Ask <#C024BE7LR> · <https://wiki.acme.example|Wiki>"
          - divider
          - text: "{% if message.state == 'resolved' %}Gone{% endif %}"
        attachment:
          - actions
          - context: ["{{ message.links|length }} links", "{{ message.more }}"]
          - text: "{% for fact in message.facts %}{{ loop.index }}. {{ fact.name }}\\n{% endfor %}"
        """,
    )
    assert shown(Layouts(tmp_path)).splitlines() == [
        "Acme Music · ACME-142: CRITIQUE : ROYALTYEXPORTLATE · ROYALTIES",
        "Ask <#C024BE7LR> · <https://wiki.acme.example|Wiki>",
        "Je m’en occupe",
        "Résoudre",
        "Mettre en pause",
        "Escalader",
        "1 links",
        "1. Service",
        "2. Depuis",
    ]


def test_the_tenants_layout_goes_before_the_platforms_and_that_before_ours(
    own: Callable[[str, str], Path], tmp_path: Path
) -> None:
    own("platform/slack/incident.yaml", 'blocks: [{header: "everybody"}]')
    own("acme/slack/incident.yaml", 'blocks: [{header: "acme"}]')
    layouts = Layouts(tmp_path)
    assert [shown(layouts, tenant=tenant) for tenant in ("acme", "globex", "platform")] == ["acme", "everybody", "everybody"]
    assert "royalties" in shown(layouts, tenant="../acme/../../x") or shown(layouts, tenant="../acme") == "everybody"


def test_a_layout_is_read_again_when_it_changes_and_ours_stands_in_while_it_is_broken(
    own: Callable[[str, str], Path], tmp_path: Path
) -> None:
    layouts = Layouts(tmp_path)
    path = own("acme/slack/incident.yaml", 'blocks: [{header: "one"}]')
    assert shown(layouts) == "one"
    own("acme/slack/incident.yaml", 'blocks: [{header: "{{ message.headlin }}"}]')
    assert "royalties" in shown(layouts)
    assert "blocks[0]: header: line 1: a message has no 'headlin'" in layouts.problems[path]
    own("acme/slack/incident.yaml", 'blocks: [{header: "three"}]')
    assert shown(layouts) == "three"
    assert layouts.problems == {}
    path.unlink()
    assert "royalties" in shown(layouts)


def test_a_layout_that_fails_on_one_message_stays_for_the_others(own: Callable[[str, str], Path], tmp_path: Path) -> None:
    path = own("acme/slack/incident.yaml", 'blocks: [{header: "{{ (message.links|first).text }}"}]')
    layouts = Layouts(tmp_path)
    assert shown(layouts) == "Runbook"
    assert "royalties" in shown(layouts, msgspec.structs.replace(FIRING, links=()))
    assert "UndefinedError" in layouts.problems[path]
    assert shown(layouts) == "Runbook"


def test_a_layout_that_draws_more_than_slack_takes_is_passed_over(own: Callable[[str, str], Path], tmp_path: Path) -> None:
    wordy = "\n".join(['  - text: "{{ message.summary }}"'] * 20)
    path = own("acme/slack/incident.yaml", f"blocks:\n{wordy}\nattachment:\n{wordy}\n")
    layouts = Layouts(tmp_path)
    assert "royalties" in shown(layouts, msgspec.structs.replace(FIRING, summary="x" * 480))
    assert "Slack takes 12500" in layouts.problems[path]


def test_what_an_alert_says_is_never_markup_whatever_the_layout(own: Callable[[str, str], Path], tmp_path: Path) -> None:
    own("acme/slack/incident.yaml", "attachment: [{text: '{{ message.headline }}'}, {context: '{{ message.headline|lower }}'}]")
    drawn = Drawing(Layouts(tmp_path)).root(HOSTILE, "acme", interactive=True)
    seen = SlackMessage("C", "1", drawn["text"], tuple(drawn["blocks"]), tuple(drawn["attachments"]))
    assert seen.pings == []
    assert {text["type"] for text in seen.texts()} == {"plain_text"}


@pytest.mark.parametrize(
    ("layout", "problem"),
    [
        ("", "a layout has blocks, attachment, or both"),
        ("[]", "a layout has blocks"),
        ("blocks: []", "a list of 1 to 20 elements"),
        ("blocks: [header]", "expected one of mentions, alerts"),
        ("block: [alerts]", "a layout has blocks"),
        ("blocks: [{header: 7}]", "expected a text"),
        ("blocks: [{header: a, text: b}]", "expected one of"),
        ("blocks: [{context: []}]", "1 to 10 texts"),
        ("blocks: [{markup: '*{{ message.headline }}*'}]", "markup is no template"),
        ("blocks: [{text: '{{ headline }}'}]", "there is no 'headline'; there are loop, message, sign"),
        ("blocks: [alerts", "line 2: did not find expected"),
        ("a: &a [*a]\nblocks: *a", "a layout has blocks"),
        ("blocks: !!python/object:os.system [x]", "could not determine a constructor"),
        (f"blocks: [{', '.join(['alerts'] * 21)}]", "a list of 1 to 20 elements"),
        ("#" * 70_000, "longer than 65536 characters"),
    ],
)
def test_a_wrong_layout_says_what_is_wrong(own: Callable[[str, str], Path], tmp_path: Path, layout: str, problem: str) -> None:
    path = own("acme/slack/incident.yaml", layout)
    found = overrides.check(tmp_path, WORDS.specimens(NOW))
    assert problem in found[path]


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__ }}",
        "{{ message['__class__'] }}",
        "{{ message|attr('__class__') }}",
        "{{ message.__init__.__globals__ }}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ range(10 ** 9)|join }}",
        "{{ 'x'|center(10 ** 9) }}",
        "{{ 'x'|replace('x', 'xx') }}",
        "{{ message.headline.format(x=1) }}",
        "{{ lipsum(99) }}",
        "{{ cycler('a') }}",
        "{{ self }}",
        "{{ loop(message) }}",
        "{% set x = 'a' %}{{ x }}",
        "{% macro m() %}{{ m() }}{% endmacro %}",
        "{% include 'email/layout.txt.j2' %}",
        "{% import 'x' as x %}",
        "{% extends 'x' %}",
        "{% filter upper %}x{% endfilter %}",
        "{% autoescape false %}{{ message.headline }}{% endautoescape %}",
        "{{ message.headline|safe }}",
        "{% for x in message.headline %}x{% endfor %}",
        "{% for x in [1, 2, 3] %}x{% endfor %}",
        "{% for x in message.facts recursive %}{{ loop(message.facts) }}{% endfor %}",
        "{% for a in message.facts %}" * 3 + "x" + "{% endfor %}" * 3,
        "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}",
        "{{ 1 }}" * 1_001,
        "x" * 40_000,
        "{% if %}",
        "{{",
    ],
)
def test_a_template_that_could_run_away_or_break_out_is_refused_when_it_is_read(attack: str) -> None:
    with pytest.raises(LayoutError):
        Templates(("message",)).read(attack)


def test_a_template_that_says_too_much_is_stopped() -> None:
    nested = (
        "{% for a in message.facts %}{% for b in message.facts %}" + "{{ message.summary }}" * 50 + "{% endfor %}{% endfor %}"
    )
    message = msgspec.structs.replace(FIRING, facts=FIRING.facts * 5)
    with pytest.raises(LayoutError, match="more than 10000 characters"):
        render(Templates(("message",)).read(nested), 10_000, message=message)


def test_joining_takes_a_list_and_no_text() -> None:
    template = Templates(("message",)).read("{{ message.headline|join('xxxxxxxx') }}")
    with pytest.raises(LayoutError, match="join takes a list"):
        render(template, 10_000, message=FIRING)


def test_the_shipped_layouts_draw_every_state_and_size_in_every_language() -> None:
    layouts = Layouts()
    for message in WORDS.specimens(NOW):
        drawing = Drawing(layouts)
        for drawn in (drawing.root(message, interactive=True), drawing.reply(message)):
            assert refusal(drawn, update=True) == ("", [])
        assert message.headline in mail.text(message, layouts)
        assert "</html>" in mail.html(message, layouts)
    assert layouts.problems == {}


def test_a_file_that_is_no_layout_is_named(own: Callable[[str, str], Path], tmp_path: Path) -> None:
    path = own("acme/slack/incidents.yaml", "blocks: [alerts]")
    assert "there are slack/incident.yaml" in overrides.check(tmp_path, WORDS.specimens(NOW))[path]
    path.unlink()
    for name in (INCIDENT, EVENT, mail.HTML, mail.TEXT):
        own(f"acme/{name}", (resources.root() / "templates" / name).read_text())
    assert overrides.check(tmp_path, WORDS.specimens(NOW)) == {}


def test_without_the_shipped_layout_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"incident\.yaml: is missing"):
        Drawing(Layouts(shipped=tmp_path)).root(FIRING, interactive=True)


def test_messages_that_share_words_keep_their_own_values() -> None:
    drawing = Drawing(Layouts())
    actions = [msgspec.structs.replace(action, value="other") for action in FIRING.actions]
    other = msgspec.structs.replace(FIRING, headline="Other", actions=tuple(actions))
    first = msgspec.json.encode(drawing.root(FIRING, interactive=True))
    second = msgspec.json.encode(drawing.root(other, interactive=True))
    assert b'"value":"other"' in second
    assert msgspec.json.encode(drawing.root(FIRING, interactive=True)) == first


@pytest.mark.parametrize(
    "source",
    [
        "{{ message.headline }}",
        "{{ sign }} {{ message.state }}\n",
        "{{ message.locale }}\n  {# a remark #}- {{ '{{' }} {{ message.headline|upper }}",
        "  text alone, {{ message.mentions }}  ",
        "{{ message.more or message.mentions or message.headline or message.origin }}",
        "{{ message.headline or message.more }}, {{ message.more or message.mentions }}",
        "{{ message.more or message.headline|lower }}",
    ],
)
def test_a_template_says_the_same_with_and_without_escaping_where_there_is_nothing_to_escape(source: str) -> None:
    """Without escaping, one that only names parts of a message is filled in without Jinja2; with it, never."""
    calm = msgspec.structs.replace(FIRING, headline="Critical", more="", mentions=())
    said = [render(Templates(("message", "sign"), escape=e).read(source), 999, message=calm, sign="!") for e in (False, True)]
    assert said[0] == said[1]


def test_a_part_that_a_message_has_not_is_refused_when_it_is_said() -> None:
    with pytest.raises(LayoutError, match="seconds"):
        render(Templates(("message",)).read("{{ message.seconds }}"), 999, message=FIRING)
