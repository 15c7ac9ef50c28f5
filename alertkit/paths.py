"""Where the files are that people write and those that alertkit generates. Nothing else says so."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from alertkit import names

# What people write, below the folder of the project.

PROJECT_FILE: Final = "alertkit.yaml"
PACKS_FOLDER: Final = "packs"
PACK_FILE: Final = "pack.yaml"
BUILDERS_FOLDER: Final = "dashboards"

_OWNER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)


def override_folders(overrides: Path | None, tenant: str) -> list[Path]:
    """Where an administrator's own sentences and layouts for a tenant are: in its folder, then in the platform's."""
    if overrides is None:
        return []
    return [overrides / owner for owner in dict.fromkeys((tenant, names.PLATFORM)) if _OWNER.fullmatch(owner)]


# What alertkit generates, below GENERATED or the folder that --out names.

GENERATED: Final = "generated"
ALERTMANAGER_FILE: Final = PurePosixPath("alertmanager/alertmanager.yaml")


def records(tenant: str) -> PurePosixPath:
    """The tenant's recording rules; apart from its alerts so that promtool cases can feed recorded series."""
    return PurePosixPath(f"rules/{tenant}.records.yaml")


def alerts(tenant: str) -> PurePosixPath:
    """The tenant's alerting rules."""
    return PurePosixPath(f"rules/{tenant}.alerts.yaml")


CASE_KINDS: Final = ("moments", "rates", "days", "weeks", "windows")


def cases(tenant: str, kind: str = "") -> PurePosixPath:
    """The tenant's promtool cases: the written and derived ones of alerts, or, by kind, those that take longer."""
    return PurePosixPath(f"tests/{tenant}.{kind}.test.yaml" if kind else f"tests/{tenant}.test.yaml")


def fragment(tenant: str) -> PurePosixPath:
    """The tenant's part of Alertmanager's configuration."""
    return PurePosixPath(f"alertmanager/tenants/{tenant}.yaml")


def policy(tenant: str) -> PurePosixPath:
    """What the receiver reads about the tenant."""
    return PurePosixPath(f"receiver/{tenant}.json")


def dashboard(tenant: str, view: str) -> PurePosixPath:
    """One Grafana dashboard."""
    return PurePosixPath(f"dashboards/{tenant}/{view}.json")


def lint(tenant: str) -> PurePosixPath:
    """What grafana/dashboard-linter reads beside the dashboards: rules that do not count, with reasons."""
    return PurePosixPath(f"dashboards/{tenant}/.lint")


def provider(tenant: str) -> PurePosixPath:
    """Where Grafana's provider of the tenant's dashboards stands."""
    return PurePosixPath(f"grafana/provisioning/dashboards/{tenant}.yaml")


def datasource(tenant: str) -> PurePosixPath:
    """Grafana's data source of the tenant."""
    return PurePosixPath(f"grafana/provisioning/datasources/{tenant}.yaml")


def configmap(tenant: str, view: str) -> PurePosixPath:
    """One dashboard, or the data source, as an object of Kubernetes."""
    return PurePosixPath(f"grafana/kubernetes/{tenant}/{view}.yaml")


def manifest(tenant: str) -> PurePosixPath:
    """What alertkit wrote for the tenant, from which input."""
    return PurePosixPath(f"manifest/{tenant}.json")


def belongs(path: str, tenant: str) -> bool:
    """True when a generated path is one of the tenant's own; `_assembled` owns what belongs to no tenant."""
    folder, _, file = path.rpartition("/")
    if folder in (f"dashboards/{tenant}", f"grafana/kubernetes/{tenant}"):
        return bool(file) and file != ".."
    if tenant.startswith("_"):
        return path == str(ALERTMANAGER_FILE)
    return file.startswith(tenant) and (folder, file.removeprefix(tenant)) in _single_files()


@cache
def _single_files() -> frozenset[tuple[str, str]]:
    """The folder of each single file of a tenant, and what follows the tenant in the file's name."""
    kinds = (cases("", kind) for kind in ("", *CASE_KINDS))
    single = (records, alerts, fragment, policy, provider, datasource)
    return frozenset((str(file.parent), file.name) for file in (*(file("") for file in single), *kinds))
