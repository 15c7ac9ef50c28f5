"""Bytes → files: compared first, replaced atomically, own stale files removed, foreign ones never touched.

A process that is killed at any moment leaves whole files: each is written beside its place and renamed. The manifest comes
last, so that a tenant that was half done is compiled again. Nothing is synced to disk: after a power failure the files can be
generated again, and a thousand tenants would wait ten seconds for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from alertkit import names, paths
from alertkit.compiler.reading.source import stays_in
from alertkit.compiler.writing import manifest as manifests
from alertkit.compiler.writing.manifest import Manifest, Summary
from alertkit.errors import RefusedToWrite, UsageError
from alertkit.model.artifact import Files

Fate = Literal["added", "changed", "unchanged", "removed"]


class FileChange(msgspec.Struct, frozen=True, order=True):
    """What happens to one file; `path` is relative to the output directory."""

    path: str
    fate: Fate


def compare(out: Path, files: Files, previous: Summary | None) -> tuple[FileChange, ...]:
    """What writing would do.

    Raises:
        RefusedToWrite: something that alertkit did not write stands in the way.
    """
    owned = set(previous.files) if previous else set()
    stale = owned - {str(path) for path in files}
    _refuse_detours(out, [*map(str, files), *stale])
    changes = [FileChange(str(path), _fate(out / path, data, owned=str(path) in owned)) for path, data in files.items()]
    return tuple(sorted([*changes, *(FileChange(path, "removed") for path in stale if (out / path).is_file())]))


def _refuse_detours(out: Path, files: Iterable[str]) -> None:
    """The output is committed: a link in it must not make alertkit write or remove anything elsewhere."""
    for folder in {(out / path).parent for path in files}:
        if not stays_in(folder, out):
            raise RefusedToWrite(f"{folder} is a link that leads out of {out}, or in a circle: remove it")


def _fate(target: Path, data: bytes, *, owned: bool) -> Fate:
    try:
        current = target.read_bytes()
    except FileNotFoundError:
        return "added"
    except IsADirectoryError as error:
        raise RefusedToWrite(f"{target} is a folder; alertkit writes a file there: move it away") from error
    except NotADirectoryError as error:
        raise RefusedToWrite(f"{target.parent} is not a folder; alertkit writes files there: move it away") from error
    if current == data:
        return "unchanged"
    # A file of alertkit's may have lost its manifest: it did not survive a merge, or somebody removed it.
    if not owned and not names.is_generated(current):
        raise RefusedToWrite(f"{target} was not written by alertkit: move it away, or generate into another folder with --out")
    return "changed"


def write(out: Path, files: Files, changes: Iterable[FileChange], manifest: Manifest) -> None:
    """Carry out `changes`, then record them in the manifest."""
    for change in changes:
        target = out / change.path
        if change.fate == "removed":
            target.unlink(missing_ok=True)
            _remove_if_empty(target.parent, out)
        elif change.fate != "unchanged":
            replace(target, files[PurePosixPath(change.path)])
    data = manifests.encode(manifest)
    place = out / paths.manifest(manifest.tenant)
    if not place.exists() or place.read_bytes() != data:
        replace(place, data)


def replace(target: Path, data: bytes) -> None:
    """Write a file so that whoever reads it sees the old bytes or the new ones."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # One fixed name beside the target: what a killed run leaves behind, the next run overwrites and renames.
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)  # a link there would be written through
    try:
        temporary.write_bytes(data)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        error.filename = str(target)  # a full disk tells none, and nobody knows the temporary one
        raise
    temporary.replace(target)


@contextlib.contextmanager
def exclusive(out: Path) -> Iterator[None]:
    """Keep a second alertkit from writing to the same folder at the same time; the lock ends with the process.

    Raises:
        UsageError: another alertkit is writing there.
        RefusedToWrite: it is no folder.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise RefusedToWrite(f"{out} is not a folder: move it away, or generate into another folder with --out") from error
    folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UsageError(f"another alertkit is writing to {out}; wait for it, or give another --out") from error
    finally:
        os.close(folder)


def remove(out: Path, manifest: Summary) -> None:
    """Remove all files of a tenant that is no more, its manifest last.

    Raises:
        RefusedToWrite: a link leads out of the output folder.
    """
    _refuse_detours(out, manifest.files)
    for path in manifest.files:
        (out / path).unlink(missing_ok=True)
        _remove_if_empty((out / path).parent, out)
    (out / paths.manifest(manifest.tenant)).unlink(missing_ok=True)


def _remove_if_empty(folder: Path, out: Path) -> None:
    if folder != out and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
