"""What the schema refuses, as people read it. A « stands before the place that the problem must name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import projects
import pytest

from alertkit import check, resources
from alertkit.compiler.reading import schema

LAYER = """people: [{id: amelie, name: Amélie, slack: U0AMELIE1}]
schedules:
  - name: primary
    layers: [{rotation: weekly, handoff: "Mon 09:00", from: "2026-01-05", members: [amelie]%s}]
"""
ALERT = "alerts:\n  - {name: Down, service: web, expr: up == 0, severity: critical, %s}\n"
STEPS = "escalation:\n  - name: day\n    steps:\n      - {notify: [{team: web}]%s}\n"

CASES = {
    "an unknown key, with the nearest known one": ("AK201", "«titel: Acme\n", "unknown key 'titel' (did you mean 'title'?)"),
    "a sentence that is too long, in one language": (
        "AK204",
        ALERT % f"summary: {{en: a, fr: «{'x' * 510}}}",
        "alerts[1].summary.fr: expected at most 500 characters, found 510 (shorten it by 10)",
    ),
    "a title with a bracket, in one language": (
        "AK204",
        "records: [{record: 'a:b', expr: x, title: {en: «'a[b'}}]\n",
        "records[1].title.en: expected 1 to 80 characters without braces, brackets and dollar signs, found 'a[b'",
    ),
    "a detection of nothing": (
        "AK204",
        "detections:\n  - «{name: Odd, service: web, severity: info}\n",
        "detections[1]: expected a detection with one of absence, anomaly and capacity, found a mapping with name and",
    ),
    "an unknown key deep inside": (
        "AK201",
        STEPS % ", «afer: 5m",
        "unknown key 'afer' (did you mean 'after'?)",
    ),
    "an unknown key that resembles none, with all there are": (
        "AK201",
        "services:\n  - {name: web, owner: web, «colour: red}\n",
        "unknown key 'colour' (known: name, owner, packs)",
    ),
    "a missing key": (
        "AK202",
        "services:\n  - «{name: web}\n",
        "missing key 'owner' in services[1] (for example owner: payments)",
    ),
    "a missing key whose example is long": (
        "AK202",
        "schedules:\n  - «{name: primary}\n",
        "missing key 'layers' in schedules[1] (Rotations; where a later layer is on duty it replaces the earlier ones)",
    ),
    "a number where a duration belongs": (
        "AK203",
        STEPS % ", after: «10",
        "steps[1].after: expected a text (duration such as 30s, 5m or 1h30m), found 10 (with its unit, as in 10s)",
    ),
    "a truth value where a text belongs": (
        "AK203",
        "title: «true\n",
        "title: expected a text (text of 1 to 120 characters), found true (put it in quotes)",
    ),
    "an entry of an environment whose name is written otherwise": (
        "AK202",
        "people: [{id: amelie, name: Amélie, slack: U024BE7LH}]\nenvironments: {staging: {people: [«{id: ameli, locale: fr}]}}\n",
        "missing key 'name' in people[2] (there is no 'ameli' to change: did you mean 'amelie'?)",
    ),
    "a number where a text belongs": (
        "AK203",
        "title: «2026\n",
        "title: expected a text (text of 1 to 120 characters), found 2026 (put it in quotes)",
    ),
    "a fraction where a whole number belongs": (
        "AK203",
        STEPS % "" + "    repeat: «2.5\n",
        "escalation[1].repeat: expected a whole number, found 2.5",
    ),
    "a fraction without a fraction": (
        "AK203",
        STEPS % "" + "    repeat: «2.0\n",
        "escalation[1].repeat: expected a whole number, found 2.0",
    ),
    "a truth value where a whole number belongs": (
        "AK203",
        STEPS % "" + "    repeat: «true\n",
        "escalation[1].repeat: expected a whole number, found true",
    ),
    "a text where a truth value belongs": (
        "AK203",
        "routing: {simulate: «yes}\n",
        "routing.simulate: expected true or false, found 'yes'",
    ),
    "a text where a list belongs": ("AK203", "services: «web\n", "services: expected a list, found 'web'"),
    "nothing where a list belongs": ("AK203", "«dashboards:\n", "dashboards: expected a list, found nothing"),
    "a list where a mapping belongs": ("AK203", "routing: «[]\n", "routing: expected a mapping (routing), found a list"),
    "a mapping where a text belongs": (
        "AK203",
        "title: «{en: Acme}\n",
        "title: expected a text (text of 1 to 120 characters), found a mapping",
    ),
    "a form that does not fit": (
        "AK204",
        "services:\n  - {name: «Web, owner: web}\n",
        "services[1].name: expected a name of lower-case letters, digits and inner hyphens, at most 63, found 'Web'",
    ),
    "a final line break after a name": (
        "AK204",
        'services:\n  - {name: «"web\\n", owner: web}\n',
        "services[1].name: expected a name of lower-case letters, digits and inner hyphens, at most 63, found 'web\\n'",
    ),
    "digits of another script": (
        "AK204",
        'routing: {group_wait: «"٥m"}\n',
        "routing.group_wait: expected a duration such as 30s, 5m or 1h30m, found '٥m'",
    ),
    "an interval of nothing, which Alertmanager would refuse for every tenant": (
        "AK204",
        "routing: {repeat_interval: «0h0m}\n",
        "routing.repeat_interval: expected a duration above zero such as 30s, 5m or 1h30m, found '0h0m'",
    ),
    "a duration that Prometheus cannot hold": (
        "AK204",
        STEPS % ", after: «293y",
        "steps[1].after: expected a duration such as 30s, 5m or 1h30m, found '293y'",
    ),
    "a date that no calendar of ours reaches": (
        "AK204",
        LAYER % ', until: «"9999-12-31"',
        "layers[1].until: expected a date such as 2026-01-05, from 2000 to 2099, found '9999-12-31'",
    ),
    "neither form of an address": (
        "AK204",
        'people:\n  - {id: amelie, name: Amélie, email: «"nobody"}\n',
        "people[1].email: expected an e-mail address, or {secret: id}, found 'nobody'",
    ),
    "a sentence that is a number": (
        "AK204",
        ALERT % "summary: «5",
        "alerts[1].summary: expected a sentence, or one sentence per language, found 5",
    ),
    "a sentence that is empty": (
        "AK204",
        ALERT % "summary: «''",
        "alerts[1].summary: expected at least 1 character, found 0",
    ),
    "a sentence that is too long": (
        "AK204",
        ALERT % f"summary: «{'x' * 501}",
        "alerts[1].summary: expected at most 500 characters, found 501",
    ),
    "a language that nobody speaks": (
        "AK204",
        ALERT % "summary: {«tlh: nuqneH}",
        "alerts[1].summary: key 'tlh' is not a locale such as fr or de_AT (languages: en, fr, de, es, it)",
    ),
    "a label that cannot be one": (
        "AK204",
        ALERT % "summary: x, labels: {«a-b: c}",
        "alerts[1].labels: key 'a-b' is not a label name such as region",
    ),
    "a way of contact that is none": (
        "AK205",
        "people:\n  - {id: amelie, name: Amélie, slack: U0AMELIE1, contact: [«sms]}\n",
        "people[1].contact[1]: expected slack or email, found 'sms'",
    ),
    "too few entries": (
        "AK204",
        "escalation:\n  - {name: day, steps: «[]}\n",
        "escalation[1].steps: expected at least 1 entry, found 0",
    ),
    "a number below its bounds": ("AK204", LAYER % ", every: «0", "layers[1].every: expected at least 1, found 0"),
    "a number above its bounds": (
        "AK204",
        STEPS % "" + "    repeat: «11\n",
        "escalation[1].repeat: expected at most 10, found 11",
    ),
    "none of the choices, with the nearest": (
        "AK205",
        ALERT.replace("critical", "«critcal") % "summary: x",
        "alerts[1].severity: expected one of critical, warning, info, found 'critcal' (did you mean 'critical'?)",
    ),
    "another version of the format": ("AK205", "version: «alertkit/v2\n", "version: expected alertkit/v1, found 'alertkit/v2'"),
    "an entry that stands twice": ("AK302", "dashboards: [technical, «technical]\n", "dashboards: 'technical' stands twice"),
    "an environment that changes a tenant's name": (
        "AK201",
        "environments:\n  staging:\n    «tenant: other\n",
        "unknown key 'tenant'",
    ),
}


@pytest.mark.parametrize(("code", "example", "words"), CASES.values(), ids=CASES)
def test_the_schema_says_what_it_expected_and_where(code: str, example: str, words: str, tmp_path: Path) -> None:
    marks = projects.make_example(tmp_path, example)
    (found,) = [problem for problem in check(tmp_path) if projects.where(problem) in marks]
    assert found.code == code
    assert str(found).partition(f"{code} ")[2].startswith(words)


def test_a_missing_key_of_the_whole_is_blamed_on_its_first_line(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme/a": "\n\ntenant: acme\n", "acme/b": "title: Acme\nlocale: en\ntimezone: UTC\n"})
    (found,) = check(tmp_path)
    assert str(found).startswith("tenants/acme/a.yaml:3:1: AK202 missing key 'version' in the file")


PROJECT_CASES = {
    "a version without quotes": (
        "AK203",
        "# alertkit.yaml\ntargets: {prometheus: «2.42}\n",
        "targets.prometheus: expected a text (version such as 2.42, in quotes), found 2.42 (put it in quotes)",
    ),
    "a folder that leads out of the project": (
        "AK204",
        "# alertkit.yaml\ntenants: «../tenants\n",
        "tenants: expected a folder such as tenants/, found '../tenants'",
    ),
    "a part of a tenant's definition, by its place in the other schema": (
        "AK204",
        "# alertkit.yaml\ntimezone: «Europe/Paris!\n",
        "timezone: expected an IANA time zone such as Europe/Paris, found 'Europe/Paris!'",
    ),
    "no team of the platform's": ("AK204", "# alertkit.yaml\nteams: «[]\n", "teams: expected at least 1 entry, found 0"),
}


@pytest.mark.parametrize(("code", "example", "words"), PROJECT_CASES.values(), ids=PROJECT_CASES)
def test_the_project_file_is_judged_alike(code: str, example: str, words: str, tmp_path: Path) -> None:
    marks = projects.make_example(tmp_path, example)
    found = check(tmp_path)
    assert [(projects.where(problem), problem.code) for problem in found] == [(marks[0], code)]
    assert str(found[0]).endswith(f"{code} {words}")


FLOODS = {
    "keys that nobody knows": ("".join(f"k{n}: 1\n" for n in range(60_000)), "AK119"),
    "entries without anything": ("alerts:\n" + "".join(f"  - {{name: A{n}}}\n" for n in range(20_000)), "AK119"),
    "texts in a list of different ones": ("dashboards: [" + "".join(f"x{n}, " for n in range(60_000)) + "x1]\n", "AK204"),
    "mappings in a list of different texts": ("dashboards: [" + "".join(f"{{a: {n}}}, " for n in range(20_000)) + "]\n", "AK204"),
    "one key of a megabyte": (f"? {'a' * 1_000_000}\n: 1\n", "AK201"),
}
"""What a definition has far too many of: comparing each with each took minutes, telling each 60,000 lines."""


@pytest.mark.parametrize(("text", "code"), FLOODS.values(), ids=FLOODS)
def test_a_flood_is_told_in_few_words(text: str, code: str, tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": text})
    found = check(tmp_path)
    assert code in {problem.code for problem in found}
    assert len(found) <= schema.MAX_FINDINGS + 10
    assert all(len(str(problem)) < 1_000 for problem in found)


@pytest.mark.parametrize("name", resources.SCHEMAS)
def test_every_list_of_different_entries_says_how_many_it_may_have(name: str) -> None:
    def lists(value: Any) -> Iterator[Any]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if isinstance(value, dict) and value.get("uniqueItems") is True:
            yield value
        for one in inner:
            yield from lists(one)

    assert all("maxItems" in one for one in lists(json.loads(schema.text(name))))


def test_every_schema_that_can_be_printed_is_shipped() -> None:
    for name in resources.SCHEMAS:
        assert schema.text(name).startswith("{")


@pytest.mark.parametrize("name", ["a", "a-1", "0", "x" * 63])
def test_a_name_is_short_and_plain(name: str) -> None:
    assert schema.is_name(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "a.b", "x" * 64, "a\n", "é", "a/b"])
def test_what_could_not_stand_in_a_path_a_label_or_a_url_is_no_name(name: str) -> None:
    assert not schema.is_name(name)
