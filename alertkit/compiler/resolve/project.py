"""The project and its defaults, and the platform's own definition."""

from __future__ import annotations

from alertkit import names
from alertkit.compiler.scope import Data
from alertkit.model.quantity import Duration
from alertkit.model.tenant import AlertmanagerTarget, GrafanaTarget, Project, ReceiverTarget, Targets, TenantSource, Version


def project(data: Data, environment: str = "") -> Project:
    """The project with its defaults."""
    tenancy, targets, receiver = data.get("tenancy", {}), data.get("targets", {}), data["receiver"]
    return Project(
        tenants=data.get("tenants", "tenants").rstrip("/"),
        label=tenancy.get("label", names.DEFAULT_TENANT_LABEL),
        enforce=tenancy.get("enforce", "selectors"),
        targets=Targets(
            prometheus=_version(targets.get("prometheus", "2.42")),
            alertmanager=_version(targets.get("alertmanager", "0.25")),
            grafana=_version(targets.get("grafana", "10.4")),
        ),
        receiver=ReceiverTarget(
            receiver["url"].rstrip("/"),
            receiver["credentials_file"],
            receiver.get("max_alerts", 500),
            receiver.get("tls", {}),
        ),
        datasource_uid=data.get("datasource", {}).get("uid", "prometheus"),
        grafana_url=data.get("grafana", {}).get("url", "").rstrip("/"),
        shared_metrics=frozenset(data.get("shared_metrics", [])),
        evaluation_interval=Duration.parse(data.get("evaluation_interval", "1m")),
        environments=tuple(data.get("environments", [])),
        environment=environment,
        relaxed=frozenset(data.get("relaxed", [])),
        runbooks=data.get("runbooks", ""),
        alertmanager=_alertmanager(data.get("alertmanager", {})),
        grafana=_grafana(data.get("grafana", {}).get("provisioning", {})),
        channel_types=frozenset(data.get("channel_types", [])),
        tenant_source=_tenant_source(data.get("datasource", {}).get("per_tenant")),
    )


def _grafana(data: Data) -> GrafanaTarget:
    known = {"format": "form", "datasource_label": "source_label", "folder_annotation": "annotation"}
    return GrafanaTarget(**{known.get(key, key): value for key, value in data.items()})


def _tenant_source(data: Data | None) -> TenantSource | None:
    if data is None:
        return None
    interval = Duration.parse(data.get("interval", "15s"))
    return TenantSource(data["url"], data.get("header", ""), data.get("parameter", ""), interval)


def _alertmanager(data: Data) -> AlertmanagerTarget:
    smtp = data.get("smtp", {})
    return AlertmanagerTarget(
        secrets_dir=data.get("secrets_dir", ""),
        smtp_host=smtp.get("host", ""),
        smtp_from=smtp.get("from", ""),
        smtp_user=smtp.get("user", ""),
        smtp_password=names.secret(names.PLATFORM, smtp["password"]["secret"]) if "password" in smtp else "",
        health=data.get("health", ""),
        watchdog=data.get("watchdog", ""),
        job=data.get("job", "alertkit"),
    )


def platform_definition(data: Data) -> Data:
    """The platform's own sections of the project file, as a tenant's definition."""
    kept = (
        "services",
        "records",
        "alerts",
        "slos",
        "detections",
        "teams",
        "people",
        "channels",
        "schedules",
        "escalation",
        "routing",
        "maintenance",
        "dashboards",
    )
    sections = {key: data[key] for key in kept if key in data}
    return {
        "tenant": names.PLATFORM,
        "title": "Platform",
        "locale": data.get("locale", "en"),
        "timezone": data.get("timezone", "UTC"),
        **sections,
    }


def _version(text: str) -> Version:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)
