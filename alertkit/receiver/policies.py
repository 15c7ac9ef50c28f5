"""The compiled policies of all tenants, read again when their files change. A file that is wrong leaves the old one in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import structlog

from alertkit import names, oncall
from alertkit.errors import ContractError
from alertkit.model.oncall import EscalationPolicy, Schedule
from alertkit.model.policy import TenantPolicy, decode
from alertkit.receiver.stamps import Stamp, stamp

_log = structlog.get_logger(__name__)
_RECORD_ONLY = EscalationPolicy(steps=())
_ANY_TIME = dt.datetime(2026, 1, 5, 3, tzinfo=dt.UTC)
_A_MONTH = dt.timedelta(days=31)


class Policies:
    """What is known about each tenant. `problems` are the files that are refused, by tenant, and why.

    `missing` says why nothing could be read from the folder at all: then everything stays as it was.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: Mapping[str, Stamp] = {}
        self._tenants: dict[str, TenantPolicy] = {}
        self.problems: dict[str, str] = {}
        self.missing = ""

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
        return self.unrouted(tenant)

    def unrouted(self, tenant: str = names.PLATFORM) -> tuple[str, str, EscalationPolicy, TenantPolicy | None]:
        """The platform's policy for what belongs nowhere else. Its name tells whose post it was: the policy is an incident's
        scope, so nobody joins or ends what is the platform's or another tenant's.
        """
        platform = self._tenants.get(names.PLATFORM)
        steps = platform.policies.get(names.POLICY_UNROUTED, _RECORD_ONLY) if platform else _RECORD_ONLY
        policy = names.POLICY_UNROUTED if tenant == names.PLATFORM else f"{names.POLICY_UNROUTED}/{tenant}"
        return names.PLATFORM, policy, steps, platform

    def tenant_label(self, tenant: str) -> str:
        """The label that names tenants: the tenant's own word for it, else the platform's."""
        known = self._tenants.get(tenant) or self._tenants.get(names.PLATFORM)
        return known.tenant_label if known else names.DEFAULT_TENANT_LABEL

    def tenant_labels(self) -> dict[str, str]:
        """That label of each tenant, where it is not the platform's."""
        usual = self.tenant_label(names.PLATFORM)
        return {tenant: policy.tenant_label for tenant, policy in self._tenants.items() if policy.tenant_label != usual}

    def reload(self) -> bool:
        """Read what has changed; True when anything has, be it that the folder cannot be read or holds nothing any more."""
        missing = self.missing
        try:
            stamps = {path.stem: stamp(path) for path in self._folder.iterdir() if path.suffix == ".json"}
        except OSError as error:
            self.missing = str(error)
        else:
            self.missing = "" if stamps else f"{self._folder} holds no compiled policy: alertkit generate writes them"
        if not self.missing:
            return self._follow(stamps) or bool(missing)
        if self.missing == missing:
            return False
        _log.error("no policies are found, those that were loaded stay", folder=str(self._folder), problem=self.missing)
        return True

    def _follow(self, stamps: Mapping[str, Stamp]) -> bool:
        changed = [tenant for tenant, seen in stamps.items() if self._stamps.get(tenant) != seen]
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
            _rehearse(policy)
        except (OSError, ContractError) as error:
            self.problems[tenant] = str(error)
            _log.error("policy refused, the last good one stays", file=str(path), problem=str(error))
            return
        self.problems.pop(tenant, None)
        tenants[tenant] = policy


def _rehearse(policy: TenantPolicy) -> None:
    """Ask every calendar what a step will ask it: what fails now would fail at night, and page nobody.

    Raises:
        ContractError: one of them cannot answer.
    """
    place = ""
    try:
        for name, schedule in policy.schedules.items():
            place = f"schedule {name}"
            for one in _alone(schedule):
                oncall.on_call(one, dt.datetime.combine(one.layers[0].start, dt.time(), dt.UTC) + _A_MONTH)
            oncall.on_call(schedule, _ANY_TIME)
        for name, escalation in policy.policies.items():
            place = f"the active hours of {name}"
            if escalation.active is not None:
                oncall.next_opening(escalation.active, _ANY_TIME)
    except Exception as error:  # whatever it is, the policy that works stays
        raise ContractError(f"{place}: {error or type(error).__name__}") from error


def _alone(schedule: Schedule) -> Iterator[Schedule]:
    """Each layer as if it were the only one, with its hours and without: no other hides what is wrong with it."""
    for layer in schedule.layers:
        yield Schedule(schedule.timezone, (layer,))
        yield Schedule(schedule.timezone, (msgspec.structs.replace(layer, restrict=()),))
