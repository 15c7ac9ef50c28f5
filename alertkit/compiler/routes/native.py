"""Alertmanager's own receivers: settings from a fixed list, secrets as files, and no word that a tenant could make a template.

What a tenant writes and reaches Alertmanager is held to patterns without braces by the schema (a channel, a mail address, an
allowed URL); everything else here is the project's or a constant.
"""

from __future__ import annotations

from typing import Final

from alertkit import names
from alertkit.model.route import NativeKind, NativeReceiver, Setting
from alertkit.model.tenant import NativeDefinition, Project, Version

OLDEST: Final[Version] = (0, 25)
"""The first Alertmanager that reads all that is written without a gate, such as routing_key_file and a zone of intervals."""
UTF8_SINCE: Final[Version] = (0, 27)
"""Names of labels in matchers may be any text."""
FIELD_SINCE: Final[dict[tuple[NativeKind, str], tuple[str, Version]]] = {("webhook", "url"): ("url_file", (0, 26))}
"""Secrets whose field for a file came later than `OLDEST`: by type and option, the field's name and its first version."""

NEEDED: Final[dict[NativeKind, tuple[str, ...]]] = {
    "slack": ("channel", "url"),
    "email": ("to",),
    "pagerduty": ("routing_key",),
    "opsgenie": ("api_key",),
    "webhook": ("url",),
}
OPTIONAL: Final[dict[NativeKind, tuple[str, ...]]] = {
    "slack": (),
    "email": (),
    "pagerduty": (),
    "opsgenie": ("region",),
    "webhook": ("token",),
}

_FILES: Final = {
    ("slack", "url"): "api_url_file",
    ("pagerduty", "routing_key"): "routing_key_file",
    ("opsgenie", "api_key"): "api_key_file",
    ("webhook", "url"): "url_file",
}
# Slack's own default shows names of labels and no sentence.
_SLACK_TEXT: Final = '{{ range .Alerts }}{{ .Annotations.summary }}{{ "\\n" }}{{ end }}'
_OPSGENIE: Final = {"us": "https://api.opsgenie.com/", "eu": "https://api.eu.opsgenie.com/"}


def receiver(tenant: str, one: NativeDefinition, project: Project) -> NativeReceiver:
    """The receiver as Alertmanager has it."""
    files = {_FILES[one.kind, key]: secret_file(project, full) for key, full in one.secrets.items() if (one.kind, key) in _FILES}
    settings: dict[str, Setting] = {"send_resolved": True, **files, **_own(one, project)}
    return NativeReceiver(names.native_receiver(tenant, one.name), one.kind, settings, address(one))


def secret_file(project: Project, secret: str) -> str:
    """The file with a secret, given by its full name, on Alertmanager's machine."""
    return f"{project.alertmanager.secrets_dir}/{secret}"


def address(one: NativeDefinition) -> str:
    """Where it leads, as people say it."""
    return one.options.get("channel") or one.options.get("to") or one.options.get("url", "")


def _own(one: NativeDefinition, project: Project) -> dict[str, Setting]:
    match one.kind:
        case "slack":
            return {"channel": one.options["channel"], "text": _SLACK_TEXT}
        case "email":
            return {"to": one.options["to"], **_mail_server(project)}
        case "opsgenie":
            return {"api_url": _OPSGENIE[one.options.get("region", "us")]}
        case "webhook":
            return _webhook(one, project)
        case "pagerduty":
            return {}


def _mail_server(project: Project) -> dict[str, Setting]:
    target = project.alertmanager
    settings: dict[str, Setting] = {"smarthost": target.smtp_host, "from": target.smtp_from}
    if target.smtp_user:
        settings["auth_username"] = target.smtp_user
    if target.smtp_password:
        settings["auth_password_file"] = secret_file(project, target.smtp_password)
    return settings


def _webhook(one: NativeDefinition, project: Project) -> dict[str, Setting]:
    # An allowed host must not lead on to one that is not.
    http: dict[str, Setting] = {"follow_redirects": False}
    if "token" in one.secrets:
        http["authorization"] = {"type": "Bearer", "credentials_file": secret_file(project, one.secrets["token"])}
    url: dict[str, Setting] = {"url": one.options["url"]} if "url" in one.options else {}
    return {**url, "max_alerts": project.receiver.max_alerts, "http_config": http}
