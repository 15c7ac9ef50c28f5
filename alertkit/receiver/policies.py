"""The compiled policies of all tenants, read again when their files change. A file that is wrong leaves the old one in force."""

from __future__ import annotations

from pathlib import Path

import structlog

from alertkit import names
from alertkit.errors import ContractError
from alertkit.model.oncall import EscalationPolicy
from alertkit.model.policy import TenantPolicy, decode

_log = structlog.get_logger(__name__)
_RECORD_ONLY = EscalationPolicy(steps=())
_Stamp = tuple[int, int, int]


class Policies:
    """What is known about each tenant."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: dict[str, _Stamp] = {}
        self._tenants: dict[str, TenantPolicy] = {}
        self.problems: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._tenants)

    def get(self, tenant: str) -> TenantPolicy | None:
        """A tenant's policy, when it is loaded."""
        return self._tenants.get(tenant)

    def using(self, owner: str) -> list[TenantPolicy]:
        """The policies in which a channel of `owner` may stand: a tenant's own, or everybody's when it is the platform's."""
        if owner == names.PLATFORM:
            return list(self._tenants.values())
        return [self._tenants[owner]] if owner in self._tenants else []

    def route(self, tenant: str, policy: str) -> tuple[str, str, EscalationPolicy, TenantPolicy | None]:
        """Where a post belongs: its own tenant and policy when both are loaded, otherwise the platform's for the unrouted.

        Without that one too, the incident is kept and nobody is told; the receiver says so in its metrics.
        """
        own = self._tenants.get(tenant)
        if own is not None and (found := own.policies.get(policy)) is not None:
            return tenant, policy, found, own
        return self.unrouted()

    def unrouted(self) -> tuple[str, str, EscalationPolicy, TenantPolicy | None]:
        """The platform's policy for what belongs nowhere else."""
        platform = self._tenants.get(names.PLATFORM)
        steps = platform.policies.get(names.POLICY_UNROUTED, _RECORD_ONLY) if platform else _RECORD_ONLY
        return names.PLATFORM, names.POLICY_UNROUTED, steps, platform

    def tenant_label(self, tenant: str) -> str:
        """The label that names tenants: the tenant's own word for it, else the platform's."""
        known = self._tenants.get(tenant) or self._tenants.get(names.PLATFORM)
        return known.tenant_label if known else names.DEFAULT_TENANT_LABEL

    def tenant_labels(self) -> dict[str, str]:
        """That label of each tenant, where it is not the platform's."""
        usual = self.tenant_label(names.PLATFORM)
        return {tenant: policy.tenant_label for tenant, policy in self._tenants.items() if policy.tenant_label != usual}

    def reload(self) -> bool:
        """Read what has changed; True when anything has."""
        stamps = {path.stem: _stamp(path) for path in self._folder.glob("*.json")}
        changed = [tenant for tenant, stamp in stamps.items() if self._stamps.get(tenant) != stamp]
        gone = self._stamps.keys() - stamps.keys()
        tenants = {tenant: policy for tenant, policy in self._tenants.items() if tenant not in gone}
        for tenant in changed:
            self._read(tenant, tenants)
        for tenant in gone:
            self.problems.pop(tenant, None)
        self._stamps, self._tenants = stamps, tenants
        return bool(changed or gone)

    def _read(self, tenant: str, tenants: dict[str, TenantPolicy]) -> None:
        path = self._folder / f"{tenant}.json"
        try:
            policy = decode(path.read_bytes())
            if policy.tenant != tenant:
                raise ContractError(f"holds the policy of {policy.tenant}")
        except (OSError, ContractError) as error:
            self.problems[tenant] = str(error)
            _log.error("policy refused, the last good one stays", file=str(path), problem=str(error))
            return
        self.problems.pop(tenant, None)
        tenants[tenant] = policy


def _stamp(path: Path) -> _Stamp:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0, 0)
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
