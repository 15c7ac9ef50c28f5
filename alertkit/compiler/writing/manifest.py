"""What was written, from what: the record that tells own files from foreign ones and unchanged tenants from changed ones."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TypeVar

import msgspec

from alertkit import names, paths
from alertkit.compiler.writing.digests import digest

ASSEMBLED = "_assembled"
"""Stands for the files that belong to no tenant; no tenant can have this name."""


class Summary(msgspec.Struct, frozen=True):
    """A manifest without what it says of each rule, which is most of it.

    `files` maps a path to the digest of its content; `counts` says how much of what there is. `input` is the digest of everything
    that the tenant was compiled from, alertkit's version included. `load` is how many rules Prometheus evaluates a second.
    """

    version: str
    tenant: str
    input: str
    files: dict[str, str]
    counts: dict[str, int] = {}
    load: float = 0.0


class Manifest(Summary, frozen=True):
    """`rules` maps a rule to the digest of its content, `sources` to `file:line`."""

    rules: dict[str, str] = {}
    sources: dict[str, str] = {}


Kind = TypeVar("Kind", bound=Summary)

_DECODER = msgspec.json.Decoder(Manifest)
_SUMMARY_DECODER = msgspec.json.Decoder(Summary)


def encode(manifest: Manifest) -> bytes:
    """The manifest's bytes, the same for the same content."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"


def read(out: Path, tenant: str) -> Manifest | None:
    """The tenant's manifest, or None when there is none that this alertkit can read: then everything is compiled anew."""
    return _read(out, tenant, _DECODER)


def read_summary(out: Path, tenant: str) -> Summary | None:
    """As read, without the rules: several times as fast."""
    return _read(out, tenant, _SUMMARY_DECODER)


def _read(out: Path, tenant: str, decoder: msgspec.json.Decoder[Kind]) -> Kind | None:
    try:
        manifest = decoder.decode(_bytes(out, paths.manifest(tenant)))
    except (OSError, msgspec.MsgspecError):
        return None
    if manifest.version != names.MANIFEST_VERSION or manifest.tenant != tenant:
        return None
    # The manifest is committed, so a pull request can change it: it must not make alertkit remove what is not the tenant's.
    return manifest if all(paths.belongs(path, tenant) for path in manifest.files) else None


def older_than(out: Path, tenant: str, moment: float) -> bool:
    """True when the tenant was last compiled before a moment, in seconds since 1970."""
    return (out / paths.manifest(tenant)).stat().st_mtime < moment


def mark_compiled(out: Path, tenant: str) -> None:
    """Note when the tenant was last compiled, though its manifest may say what it said before."""
    (out / paths.manifest(tenant)).touch()


def intact(out: Path, manifest: Summary) -> dict[str, bytes] | None:
    """Every file of the manifest, when all are there byte for byte; None otherwise."""
    try:
        found = {path: _bytes(out, path) for path in manifest.files}
    except OSError:
        return None
    return found if all(digest(found[path]) == known for path, known in manifest.files.items()) else None


def _bytes(out: Path, path: str | PurePosixPath) -> bytes:
    """A file's content. As text and unbuffered: a run without changes does this thousands of times."""
    with Path(f"{out}/{path}").open("rb", buffering=0) as file:
        return file.read()
