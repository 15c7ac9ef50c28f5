"""Generated files → the folders that running servers read; all of it, or everything as it was.

A target folder belongs to one project and environment: what was put there is recorded in it, so that what is gone from the
project goes from there too, and nothing else is ever touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from alertkit import names, paths
from alertkit.errors import AlertkitError, RefusedToWrite, UsageError
from alertkit.live.reload import RefusedError, Reloadable
from alertkit.tools import amtool, promtool

Part = Literal["policies", "alertmanager", "rules", "provisioning", "dashboards"]
FOLDERS: dict[Part, str] = {
    "policies": "receiver",
    "alertmanager": "alertmanager",
    "rules": "rules",
    "provisioning": "grafana/provisioning",
    "dashboards": "dashboards",
}
"""Where each part stands among generated files, in the order in which it is put in place: what is told before who tells it."""
RECORD = ".alertkit-applied"
"""Lists what was put into a target folder; no server reads a file of this name."""
_SUFFIXES = (".yaml", ".json")


class Step(msgspec.Struct, frozen=True):
    """One file: `path` is relative to the target folder; `data` is None when it is removed."""

    part: Part
    target: Path
    path: str
    fate: Literal["added", "changed", "unchanged", "removed"]
    data: bytes | None

    @property
    def file(self) -> Path:
        """Where it stands, or is to stand."""
        return self.target / self.path


class Server(msgspec.Struct, frozen=True):
    """A running server and the part that it reads."""

    part: Part
    at: Reloadable


def plan(generated: Path, targets: dict[Part, Path]) -> tuple[Step, ...]:
    """What putting files in place would do.

    Raises:
        UsageError: nothing is generated for a part.
        RefusedToWrite: a file stands in the way that alertkit did not put there.
    """
    return tuple(step for part in FOLDERS if part in targets for step in _steps(generated, part, targets[part]))


def _steps(generated: Path, part: Part, target: Path) -> list[Step]:
    source = generated / FOLDERS[part]
    wanted = {str(file.relative_to(source)): file.read_bytes() for file in _files(source, part)}
    if not wanted:
        raise UsageError(
            f"there is nothing to apply in {source}; run `alertkit generate` first, or name the folder with --generated"
        )
    owned = _recorded(target)
    steps = [_placed(part, target, path, data, owned) for path, data in sorted(wanted.items())]
    gone = sorted(path for path in owned - wanted.keys() if (target / path).is_file())
    return [*steps, *(Step(part, target, path, "removed", None) for path in gone)]


def _files(source: Path, part: Part) -> list[Path]:
    """Of Alertmanager's folder only the assembled file: the fragments are for people."""
    if part == "alertmanager":
        return [file for file in [source / paths.ALERTMANAGER_FILE.name] if file.is_file()]
    return [file for file in source.rglob("*") if file.suffix in _SUFFIXES and file.is_file() and not file.name.startswith(".")]


def _placed(part: Part, target: Path, path: str, data: bytes, owned: set[str]) -> Step:
    file = target / path
    if not file.exists():
        return Step(part, target, path, "added", data)
    if not file.is_file():
        raise RefusedToWrite(f"{file} is not a file; move it away")
    current = file.read_bytes()
    if current != data and path not in owned and not names.is_generated(current):
        raise RefusedToWrite(f"{file} was not put there by alertkit: move it away, or name another folder")
    return Step(part, target, path, "unchanged" if current == data else "changed", data)


def _recorded(target: Path) -> set[str]:
    try:
        lines = (target / RECORD).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return set()
    # The record may have been written by anybody who can write there: a path in it must not lead elsewhere.
    home = target.resolve()
    return {line for line in lines if line and (target / line).resolve().is_relative_to(home)}


def complaints(generated: Path, parts: Iterable[Part]) -> list[str]:
    """What promtool and amtool have against the files.

    Raises:
        MissingTool: one that is needed is not installed.
    """
    found = []
    if "rules" in parts:
        found.append(promtool.check_rules(*sorted((generated / "rules").glob("*.yaml"))))
    if "alertmanager" in parts:
        found.append(amtool.check_config(generated / paths.ALERTMANAGER_FILE))
    return [complaint for complaint in found if complaint]


def apply(steps: Sequence[Step], servers: Sequence[Server]) -> None:
    """Put files in place and have servers read them. Whatever goes wrong, the files and the servers are as before.

    Raises:
        RefusedError: a server does not take the files.
        OSError: a file cannot be written.
    """
    before = {step.file: _bytes(step.file) for step in steps}
    before |= {target / RECORD: _bytes(target / RECORD) for target in {step.target for step in steps}}
    asked: list[Server] = []
    try:
        _place(steps)
        for server in servers:
            asked.append(server)
            server.at.reload()
            server.at.check([step.file for step in steps if step.part == server.part and step.data is not None])
    except BaseException as error:
        for file, data in before.items():
            _put(file, data)
        still = _again(asked)
        if isinstance(error, AlertkitError):
            raise RefusedError(f"{error}\nThe files that were there before are back{still}.") from error
        raise


def _place(steps: Sequence[Step]) -> None:
    for step in steps:
        if step.fate != "unchanged":
            _put(step.file, step.data)
    for target in {step.target for step in steps}:
        copied = sorted(step.path for step in steps if step.target == target and step.data is not None)
        _put(target / RECORD, "".join(f"{path}\n" for path in copied).encode())


def _again(servers: Iterable[Server]) -> str:
    """Have servers read the old files; says which do not."""
    failed = []
    for server in servers:
        try:
            server.at.reload()
        except RefusedError as error:
            failed.append(str(error))
    return "".join(f", but {one}" for one in failed)


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _put(file: Path, data: bytes | None) -> None:
    """Write a file so that whoever reads it sees the old bytes or the new ones; None removes it."""
    if data is None:
        file.unlink(missing_ok=True)
        return
    if _bytes(file) == data:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.unlink(missing_ok=True)  # a link there would be written through
    temporary.write_bytes(data)
    temporary.replace(file)
