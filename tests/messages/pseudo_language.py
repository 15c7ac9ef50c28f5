"""A language in which text that stands in code, and not in the catalogs, is seen."""

from __future__ import annotations

from pathlib import Path

from babel.messages.pofile import write_po
from incidents import PACKAGE

from alertkit.messages.catalogs import extract
from alertkit.model import sentence

_ACCENTS = str.maketrans("aceinosuyACEINOSUY", "áçéïñøšúýÁÇÉÏÑØŠÚÝ")


def accented(text: str) -> str:
    """`Snooze` → `[Šñøøžé··]`, a third longer; fields stay as they are."""
    said = "".join(part.translate(_ACCENTS) if isinstance(part, str) else f"{{{part.name}}}" for part in sentence.parse(text))
    return f"[{said}{'·' * (len(text) // 3)}]"


def write(path: Path) -> None:
    """A catalog whose every sentence is the English one in accents."""
    catalog = extract(PACKAGE)
    for message in catalog:
        if isinstance(message.id, str):
            message.string = accented(message.id) if message.id else ""
        else:
            message.string = tuple(map(accented, message.id))
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalog, omit_header=True)
