"""What dashboards call a tenant's own recorded series."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import projects
import pytest

from alertkit.compiler.generate import Options, generate
from alertkit.compiler.workspace import open_project

RECORD = "records: [{{record: region:bytes_sent:rate5m, expr: 'sum by (region) (rate(bytes_sent_total[5m]))'{title}}}]\n"


def titles(folder, title, locale="fr"):
    tenant = f"locale: {locale}\ndashboards: [technical]\n" + RECORD.format(title=title)
    projects.make(folder, {"acme": tenant})
    plan = generate(open_project(folder), ("acme",), Options(folder / "generated"))
    assert not plan.failed, plan.problems
    body = json.loads((folder / "generated" / PurePosixPath("dashboards/acme/technical.json")).read_text())
    return [panel["title"] for panel in body["panels"] if panel["type"] == "timeseries"]


@pytest.mark.parametrize(
    ("title", "locale", "expected"),
    [
        ("", "fr", "region:bytes_sent:rate5m"),
        (", title: Octets envoyés", "fr", "Octets envoyés"),
        (", title: {en: Bytes sent, fr: Octets envoyés}", "fr_CA", "Octets envoyés"),
        (", title: {en: Bytes sent, fr: Octets envoyés}", "de", "Bytes sent"),
    ],
)
def test_a_record_is_called_what_its_author_calls_it_in_the_readers_language(tmp_path, title, locale, expected):
    assert titles(tmp_path, title, locale) == [expected]


@pytest.mark.parametrize("title", ["'{value}'", "Sent to $job", "'[[job]]'", "''", "{fr: Envoyés à $job}"])
def test_a_title_that_grafana_would_fill_in_is_refused(tmp_path, title):
    (problem,) = projects.problems(tmp_path, RECORD.format(title=f", title: {title}"))
    assert (problem.file, problem.line, problem.level) == ("tenants/acme.yaml", 1, "error")
    assert "1 to 80 characters without braces, brackets and dollar signs" in problem.message


def test_a_title_that_the_tenants_readers_do_not_understand_is_warned_of(tmp_path):
    (problem,) = projects.problems(tmp_path, "locale: fr\n" + RECORD.format(title=", title: {de: Gesendet}"))
    assert (problem.code, problem.level) == ("AK409", "warning")
