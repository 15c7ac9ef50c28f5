"""Small projects for tests: what a test writes, completed by what every project and tenant needs.

In a text a test can mark a place with «: it is taken out, and its line and column are what a problem must name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from alertkit import Problem, check

PROJECT = {
    "version": "version: alertkit/v1\n",
    "receiver": 'receiver: {url: "http://127.0.0.1:9087", credentials_file: token}\n',
    "environments": "environments: [production, staging]\n",
    "teams": 'teams: [{name: platform, slack: "#platform", members: [kim]}]\n',
    "people": "people: [{id: kim, name: Kim Lee, slack: U0PLATKIM}]\n",
    "channels": "channels: [{name: slack, type: slack, token: {secret: slack-bot}}]\n",
    "slack_rooms": 'slack_rooms: ["*"]\n',
}
TENANT = {
    "version": "version: alertkit/v1\n",
    "tenant": "tenant: acme\n",
    "title": "title: Acme\n",
    "locale": "locale: en\n",
    "timezone": "timezone: Europe/Paris\n",
    "services": "services: [{name: web, owner: web}]\n",
    "teams": 'teams: [{name: web, slack: "#web"}]\n',
}
PACK = {
    "name": "name: queue\n",
    "title": "title: Queue\n",
    "description": "description: A queue that is stuck.\n",
    "version": 'version: "1.0"\n',
    "exporter": "exporter: The queue itself\n",
    "parameters": "parameters: {limit: {type: duration, default: 10m, description: Longest wait.}}\n",
    "metrics": "metrics: {queue_oldest_seconds: Age of the oldest job.}\n",
    "alerts": (
        "alerts:\n"
        "  - name: QueueStuck\n"
        "    expr: queue_oldest_seconds > ${limit}\n"
        "    severity: warning\n"
        "    summary: {en: The queue is stuck}\n"
        "    description: {en: Nothing leaves it.}\n"
    ),
    "cases": (
        "cases:\n"
        "  - {alert: QueueStuck, title: stuck, series: {queue_oldest_seconds: 601x9}, fires_at: 5m}\n"
        "  - {alert: QueueStuck, title: slow, series: {queue_oldest_seconds: 599x9}, silent_at: 5m}\n"
    ),
}
MARK = "«"
_FILE = re.compile(r"^# (alertkit\.yaml|tenants/\S+|packs/\S+)\n", re.MULTILINE)

Marked = tuple[str, int, int]
"""A marked place: file, line and column."""


def completed(given: str, base: Mapping[str, str]) -> str:
    """The given sections, and after them those of the base that are not given."""
    known = set(re.findall(r"^([a-z_]+):", given, re.MULTILINE))
    return given.rstrip("\n") + "\n" * bool(given) + "".join(text for key, text in base.items() if key not in known)


def tenant(given: str = "", name: str = "acme") -> str:
    """A whole definition of a tenant."""
    return completed(given, {**TENANT, "tenant": f"tenant: {name}\n"})


def make(folder: Path, tenants: Mapping[str, str] | None = None, project: str = "") -> Path:
    """Write a project. `tenants` maps a name to its sections, or `<name>/<file>` to a file as it stands."""
    (folder / "tenants").mkdir(parents=True, exist_ok=True)
    (folder / "alertkit.yaml").write_text(completed(project, PROJECT), encoding="utf-8")
    for name, given in ({"acme": ""} if tenants is None else tenants).items():
        file = folder / "tenants" / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(given if "/" in name else tenant(given, name), encoding="utf-8")
    return folder


def taken_apart(example: str) -> dict[str, str]:
    """The files of an example by path; each begins with a line such as `# alertkit.yaml`; tenants/acme.yaml is the default."""
    parts = _FILE.split(example)
    files = {"tenants/acme.yaml": parts[0]} if parts[0].strip() else {}
    return files | dict(zip(parts[1::2], parts[2::2], strict=True))


def make_example(folder: Path, example: str) -> list[Marked]:
    """Write a project from an example, completed, and return its marked places."""
    files = {"alertkit.yaml": "", **taken_apart(example)}
    if not any(path.startswith("tenants/") for path in files):
        files["tenants/acme.yaml"] = ""
    places: list[Marked] = []
    first = next((path for path in files if path.startswith("tenants/")), "")
    bases = {"alertkit.yaml": PROJECT, first: TENANT}
    for path, given in files.items():
        text, found = unmarked(given)
        places += [(path, line, column) for line, column in found]
        base = PACK if path.startswith("packs/") else bases.get(path, {})
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(completed(text, base), encoding="utf-8")
    return places


def unmarked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the line and column of each."""
    places = []
    while MARK in text:
        at = text.index(MARK)
        places.append((text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)))
        text = text[:at] + text[at + 1 :]
    return text, places


def problems(folder: Path, example: str) -> list[Problem]:
    """Every problem of an example."""
    make_example(folder, example)
    return list(check(folder))


def where(problem: Problem) -> Marked:
    """The place that a problem names."""
    return problem.file, problem.line, problem.column
