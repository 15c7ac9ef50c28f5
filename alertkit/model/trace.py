"""W3C Trace Context: `00-<trace id>-<span id>-<flags>`, which leads from an alert's webhook to the messages about it. Pure.

Format and rules: https://www.w3.org/TR/trace-context/ (level 1).
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from alertkit.model.incident import Incident

_TRACEPARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_NONE: Final = frozenset({"0" * 32, "0" * 16})


def read(header: str) -> str:
    """A traceparent as version 00 writes it; empty when it is none, in which case a trace begins anew."""
    found = _TRACEPARENT.fullmatch(header) if len(header) <= 256 else None
    if found is None:
        return ""
    version, trace, span, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or trace in _NONE or span in _NONE:
        return ""
    return f"00-{trace}-{span}-{flags}"


def trace_id(traceparent: str) -> str:
    """Its trace, 32 hex digits."""
    return traceparent[3:35]


def child(traceparent: str, span: bytes) -> str:
    """The same trace with another span, of 8 bytes."""
    return f"{traceparent[:36]}{span.hex()}{traceparent[52:]}"


def trace_of(incident: Incident) -> str:
    """The trace of the webhook that opened an incident; without one, a trace of its own, the same wherever it is asked for."""
    if incident.trace:
        return incident.trace
    own = f"{incident.tenant}/{incident.id}/{incident.opened.isoformat()}"
    digest = hashlib.blake2b(own.encode(), digest_size=24).hexdigest()
    return f"00-{digest[:32]}-{digest[32:]}-01"
