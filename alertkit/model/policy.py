"""The compiled policy, `receiver/<tenant>.json`: all that the receiver knows about a tenant.

The contract between compiler and receiver. Its JSON Schema is schemas/policy.schema.json; a test keeps the two equal.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from alertkit import names
from alertkit.errors import ContractError
from alertkit.model.oncall import EscalationPolicy, Maintenance, Person, Schedule, Team

Unit = Literal["none", "duration", "percent", "bytes", "per_second", "count"]
"""How a rule's value reads: seconds, a ratio (1 is 100 %), bytes, events per second, a whole number, or a bare number."""


class ChannelSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way out. `options` is plain configuration, `secrets` maps an option to the full name of a secret."""

    type: str
    options: dict[str, str | int | bool] = {}
    secrets: dict[str, str] = {}


class AlertText(msgspec.Struct, frozen=True, omit_defaults=True):
    """The words of one rule: `{language: sentence}` with `{value}` and `{label}` fields, and the unit of its value."""

    alert: str
    unit: Unit = "none"
    summary: dict[str, str] = {}
    description: dict[str, str] = {}
    runbook: str = ""
    dashboard: str = ""


class TenantPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything by name. A name that a tenant took from the platform (team, schedule, channel) is copied in here.

    `simulate` renders and logs every message and sends none.
    """

    version: str
    tenant: str
    tenant_label: str
    title: str
    locale: str
    timezone: str
    severities: tuple[str, ...]
    policies: dict[str, EscalationPolicy]
    people: dict[str, Person] = {}
    teams: dict[str, Team] = {}
    schedules: dict[str, Schedule] = {}
    channels: dict[str, ChannelSettings] = {}
    maintenance: tuple[Maintenance, ...] = ()
    texts: dict[str, AlertText] = {}
    simulate: bool = False


_DECODER = msgspec.json.Decoder(TenantPolicy)


def encode(policy: TenantPolicy) -> bytes:
    """The file's bytes: sorted names, two spaces, one final newline."""
    return msgspec.json.format(msgspec.json.encode(policy, order="sorted"), indent=2) + b"\n"


def decode(data: bytes) -> TenantPolicy:
    """Read a compiled policy.

    Raises:
        ContractError: it is not JSON, lacks something, or has a version that this alertkit does not know.
    """
    try:
        policy = _DECODER.decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ContractError(f"not a compiled policy: {error}") from error
    if policy.version != names.POLICY_VERSION:
        raise ContractError(f"policy version {policy.version!r} is unknown; this alertkit reads {names.POLICY_VERSION}")
    return policy
