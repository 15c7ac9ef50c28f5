"""What was written, from what: the record that tells own files from foreign ones and unchanged tenants from changed ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from alertkit import __version__, names

ASSEMBLED = "_assembled"
"""Stands for the files that belong to no tenant; no tenant can have this name."""


class Manifest(msgspec.Struct, frozen=True):
    """`files` and `rules` map a path or a rule to the digest of its content; `sources` a rule to `file:line`;
    `counts` says how much of what there is.

    `input` is the digest of everything that the tenant was compiled from, alertkit's version included. `load` is how many
    rules Prometheus evaluates a second.
    """

    version: str
    tenant: str
    input: str
    files: dict[str, str]
    rules: dict[str, str] = {}
    sources: dict[str, str] = {}
    counts: dict[str, int] = {}
    load: float = 0.0


_DECODER = msgspec.json.Decoder(Manifest)


def encode(manifest: Manifest) -> bytes:
    """The manifest's bytes, the same for the same content."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"


def read(out: Path, tenant: str) -> Manifest | None:
    """The tenant's manifest, or None when there is none that this alertkit can read: then everything is compiled anew."""
    try:
        manifest = _DECODER.decode((out / names.manifest_file(tenant)).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
    if manifest.version != names.MANIFEST_VERSION or manifest.tenant != tenant:
        return None
    # The manifest is committed, so a pull request can change it: it must not make alertkit remove what is not the tenant's.
    return manifest if all(names.belongs(path, tenant) for path in manifest.files) else None


def digest(data: bytes) -> str:
    """SHA-256, the first 128 bits: long enough that nobody finds two contents by chance or in malice."""
    return hashlib.sha256(data).hexdigest()[:32]


def input_digest(parts: Iterable[bytes]) -> str:
    """The digest of everything that an output depends on; parts are kept apart by their length."""
    total = hashlib.sha256(__version__.encode())
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:32]


def intact(out: Path, manifest: Manifest) -> bool:
    """True when every file of the manifest is there, byte for byte."""
    try:
        return all(digest((out / path).read_bytes()) == known for path, known in manifest.files.items())
    except OSError:
        return False
