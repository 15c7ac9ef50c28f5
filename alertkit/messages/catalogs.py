"""What translators and CI need: extract the sentences, check every catalog, count what is done.

`pybabel update --check` and `compile --statistics` are not used: the first always fails on a message with a context
(python-babel issue 1307), the second counts an empty plural as translated.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Translation
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from alertkit import names
from alertkit.messages.translations import DOMAIN, FILE, parsed, with_plurals
from alertkit.model import sentence

SOURCE = "en"
"""The language in which the sentences are written in the code."""
TEMPLATE = Path("locales") / f"{DOMAIN}.pot"
_KEYWORDS = {"gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
_WIDTH = 120


class Finding(msgspec.Struct, frozen=True, order=True):
    """Something wrong with a catalog. `line` counts from 1; 0 is the whole file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class Stats(msgspec.Struct, frozen=True):
    """How far a language is."""

    language: str
    translated: int
    fuzzy: int
    missing: int


def extract(package: Path) -> Catalog:
    """Every sentence in the code of `alertkit.messages`, with the comments that stand above it."""
    template = Catalog(project=DOMAIN, version="", copyright_holder="The alertkit authors", charset="utf-8", fuzzy=False)
    found = extract_from_dir(package, [("**.py", "python")], keywords=_KEYWORDS, comment_tags=("Translators:",))
    for file, _, text, comments, context in sorted(found, key=lambda message: (message[0], message[1])):
        template.add(text, None, [(f"{package.parent.name}/{package.name}/{file}", 0)], auto_comments=comments, context=context)
    return template


def update(root: Path, package: Path) -> list[Path]:
    """Bring the template and every language's catalog under `root` up to date with the code; the files that changed.

    A new sentence comes in empty, except in English, where it is its own translation; one that is gone goes. No translation
    is guessed.
    """
    template = extract(package)
    changed = [root / TEMPLATE] if _write(root / TEMPLATE, template) else []
    for language in names.LANGUAGES:
        path = root / "locales" / language / FILE
        catalog = _read(path, language)
        catalog.update(copy.deepcopy(template), no_fuzzy_matching=True, update_header_comment=False, keep_user_comments=True)
        catalog.obsolete.clear()
        if language == SOURCE:
            _say_english(catalog)
        if _write(path, catalog):
            changed.append(path)
    return changed


def check(root: Path, package: Path) -> list[Finding]:
    """What a build must not ship: a stale catalog, a missing or fuzzy sentence, a placeholder that the code does not fill."""
    template = extract(package)
    findings = [] if _bytes(template) == _existing(root / TEMPLATE) else [_stale(root / TEMPLATE, root)]
    for language in names.LANGUAGES:
        findings += _check_language(root, language, template)
    return sorted(findings)


def check_overrides(folder: Path, package: Path) -> list[Finding]:
    """What is wrong with one tenant's own sentences in `folder`: unreadable, unknown to the code, or with a wrong placeholder.

    A tenant overrides as few sentences as it likes, so nothing is missing.
    """
    template = extract(package)
    findings = []
    for path in sorted(folder.glob(f"*/{FILE}")):
        try:
            catalog = _read(path, path.parts[-3])
        except ValueError as error:
            findings.append(Finding(str(path), 0, str(error)))
            continue
        for message in _messages(catalog):
            known = template.get(message.id, context=message.context)
            wrong = "the code has no such sentence" if known is None else _placeholders(message)
            if wrong:
                findings.append(Finding(str(path), message.lineno or 0, f"{_shown(message)}: {wrong}"))
    return sorted(findings)


def stats(root: Path) -> list[Stats]:
    """How far each language is, English first."""
    return [_stats(language, _read(root / "locales" / language / FILE, language)) for language in names.LANGUAGES]


def _check_language(root: Path, language: str, template: Catalog) -> Iterator[Finding]:
    path = root / "locales" / language / FILE
    shown = path.relative_to(root).as_posix()
    try:
        catalog = _read(path, language)
    except ValueError as error:
        yield Finding(shown, 0, str(error))
        return
    asked = {(message.context, message.id) for message in _messages(template)}
    said = {(message.context, message.id): message for message in _messages(catalog)}
    if asked != said.keys():
        yield _stale(path, root)
    for key in asked & said.keys():
        wrong = _wrong(said[key])
        if wrong:
            yield Finding(shown, said[key].lineno or 0, f"{_shown(said[key])}: {wrong}")


def _wrong(message: Translation) -> str:
    if message.fuzzy:
        return "is fuzzy: have a native speaker look at it and remove the flag"
    if not all(_strings(message)):
        return "is not translated"
    return _placeholders(message)


def _placeholders(message: Translation) -> str:
    """Fields must be the code's; a singular may do without its number."""
    asked = frozenset().union(*map(sentence.fields, _ids(message)))
    for place, text in enumerate(_strings(message)):
        try:
            used = sentence.fields(text)
        except ValueError as error:
            return str(error)
        optional = {"count"} if len(_ids(message)) > 1 and place == 0 else set()
        if used - asked or asked - used - optional:
            return f"has the fields {_listed(used)}, the code fills {_listed(asked)}"
    return ""


def _listed(fields: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(fields)) or "none"


def _strings(message: Translation) -> tuple[str, ...]:
    return _texts(message.string)


def _ids(message: Translation) -> tuple[str, ...]:
    return _texts(message.id)


def _texts(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, list | tuple) else (text or "",)


def _shown(message: Translation) -> str:
    return repr(_ids(message)[0])


def _stats(language: str, catalog: Catalog) -> Stats:
    messages = list(_messages(catalog))
    fuzzy = sum(message.fuzzy for message in messages)
    missing = sum(not message.fuzzy and not all(_strings(message)) for message in messages)
    return Stats(language, len(messages) - fuzzy - missing, fuzzy, missing)


def _messages(catalog: Catalog) -> Iterator[Translation]:
    return (message for message in catalog if message.id)


def _say_english(catalog: Catalog) -> None:
    for message in _messages(catalog):
        message.string = message.id
        message.flags.discard("fuzzy")


def _stale(path: Path, root: Path) -> Finding:
    return Finding(path.relative_to(root).as_posix(), 0, "differs from the sentences in the code; run `alertkit locales extract`")


def _read(path: Path, language: str) -> Catalog:
    try:
        return parsed(path, language)
    except FileNotFoundError:
        return _empty(language)


def _empty(language: str) -> Catalog:
    return with_plurals(Catalog(locale=language, project=DOMAIN, charset="utf-8", fuzzy=False), language)


def _write(path: Path, catalog: Catalog) -> bool:
    data = _bytes(catalog)
    if data == _existing(path):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return True


def _existing(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _bytes(catalog: Catalog) -> bytes:
    """No dates and no line numbers: the same sentences are the same bytes."""
    out = io.BytesIO()
    write_po(out, catalog, width=_WIDTH, omit_header=True, sort_by_file=False, include_lineno=False)
    locale = str(catalog.locale) if catalog.locale else ""
    head = ['msgid ""', 'msgstr ""', '"Content-Type: text/plain; charset=utf-8\\n"', '"Content-Transfer-Encoding: 8bit\\n"']
    if locale:
        head += [f'"Language: {locale}\\n"', f'"Plural-Forms: {catalog.plural_forms}\\n"']
    return ("\n".join(head) + "\n\n").encode() + out.getvalue().rstrip(b"\n") + b"\n"
