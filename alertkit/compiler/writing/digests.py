"""Digests by which what is unchanged is recognised."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from alertkit import __version__


def digest(data: bytes) -> str:
    """SHA-256, the first 128 bits: long enough that nobody finds two contents by chance or in malice."""
    return hashlib.sha256(data).hexdigest()[:32]


def input_digest(parts: Iterable[bytes]) -> str:
    """The digest of everything that an output depends on; parts are kept apart by their length."""
    total = hashlib.sha256(__version__.encode())
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:32]
