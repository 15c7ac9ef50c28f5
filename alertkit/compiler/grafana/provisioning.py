"""What makes Grafana find a tenant's dashboards and data: providers and data sources, as its files or for its sidecar.

Sources: grafana.com/docs, "Provision Grafana"; the helm chart's values `sidecar.dashboards` and `sidecar.datasources`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from alertkit import names, paths
from alertkit.compiler.writing.emit import emit
from alertkit.model.artifact import Files
from alertkit.model.tenant import Project, Tenant, TenantSource

Drawn = dict[str, bytes]
"""View → its dashboard."""


def files(tenant: Tenant, project: Project, drawn: Drawn) -> Files:
    """Everything beside the dashboards themselves; nothing for a tenant without any."""
    if not drawn:
        return {}
    if project.grafana.form == "configmaps":
        return dict(_objects(tenant, project, drawn))
    found: Files = {paths.provider(tenant.name): _text(_providers(tenant, project), tenant)}
    if source := _own_source(tenant, project):
        found[paths.datasource(tenant.name)] = _text(_sources(source, tenant, project), tenant)
    return found


def _own_source(tenant: Tenant, project: Project) -> TenantSource | None:
    """The tenant's own data source, if it gets one; the platform reads everything through the common one."""
    return None if tenant.name == names.PLATFORM else project.tenant_source


def _providers(tenant: Tenant, project: Project) -> dict[str, Any]:
    """One provider: a folder that can be linked to, and files that nobody edits in the browser."""
    target = project.grafana
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": names.provider(tenant.name, project.environment),
                "orgId": target.org,
                "type": "file",
                "folder": _plain(folder(tenant, project)),
                "folderUid": names.folder_uid(tenant.name, project.environment),
                "disableDeletion": False,
                "allowUiUpdates": False,
                "updateIntervalSeconds": 30,
                "options": {"path": _plain(f"{target.path.rstrip('/')}/{tenant.name}")},
            }
        ],
    }


def folder(tenant: Tenant, project: Project) -> str:
    """The folder's title. It ends with the tenant's name: Grafana takes no two folders of one title."""
    environment = f", {project.environment}" if project.environment else ""
    return f"{tenant.title} ({tenant.name}{environment})"


def _sources(source: TenantSource, tenant: Tenant, project: Project) -> dict[str, Any]:
    """The tenant's own data source. Who may query it reads this tenant's series and no others: here is the boundary."""
    options: dict[str, Any] = {"httpMethod": "POST", "timeInterval": str(source.interval)}
    secret: dict[str, Any] = {}
    if source.header:
        options["httpHeaderName1"] = source.header
        secret = {"secureJsonData": {"httpHeaderValue1": _plain(tenant.name)}}
    if source.parameter:
        options["customQueryParameters"] = f"{source.parameter}={tenant.name}"
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": names.provider(tenant.name, project.environment),
                "uid": names.datasource_uid(tenant.name, project.environment),
                "orgId": project.grafana.org,
                "type": "prometheus",
                "access": "proxy",
                "url": _plain(source.url.replace("{tenant}", tenant.name)),
                "isDefault": False,
                "editable": False,
                "jsonData": options,
                **secret,
            }
        ],
    }


def _objects(tenant: Tenant, project: Project, drawn: Drawn) -> Iterator[tuple[PurePosixPath, bytes]]:
    """A ConfigMap for each dashboard, and a Secret for the data source: what the sidecar of Grafana's chart loads."""
    target = project.grafana
    for view, data in drawn.items():
        name = names.kubernetes_name(tenant.name, view, project.environment)
        body = {
            **_object("ConfigMap", name, target.label),
            "data": {f"{name}.json": data.decode()},
        }
        body["metadata"]["annotations"] = {target.annotation: folder(tenant, project)}
        yield paths.configmap(tenant.name, view), _text(body, tenant)
    if source := _own_source(tenant, project):
        name = names.kubernetes_name(tenant.name, "datasource", project.environment)
        body = {
            **_object("Secret", name, target.source_label),
            "stringData": {f"{name}.yaml": emit(_sources(source, tenant, project))},
        }
        yield paths.configmap(tenant.name, "_datasource"), _text(body, tenant)


def _object(kind: str, name: str, label: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": {label: "1"}}}


def _plain(text: str) -> str:
    """Text in which Grafana would put environment variables: a dollar sign is doubled."""
    return text.replace("$", "$$")


def _text(data: dict[str, Any], tenant: Tenant) -> bytes:
    return emit(data, header=f"# {names.MARKER} for tenant {tenant.name}; change the definition, not this file\n").encode()
