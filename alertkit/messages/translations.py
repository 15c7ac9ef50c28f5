"""Gettext catalogs, read from `.po` at run time and linked into chains: tenant/fr_CA → tenant/fr → fr_CA → fr → en.

What the platform writes for all tenants comes after a tenant's own: tenant/fr → platform/fr → fr.
A catalog that cannot be read is left out (the next of the chain speaks) and named in `problems`: an operator's typing error in
a sentence must never keep a page from being sent.
"""

from __future__ import annotations

import datetime as dt
import gettext
import io
import itertools
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from babel import UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from alertkit import paths
from alertkit.model import sentence
from alertkit.model.sentence import Field

DOMAIN = "alertkit"
FILE = Path("LC_MESSAGES") / f"{DOMAIN}.po"
RECHECK = dt.timedelta(seconds=2)
"""How long files are trusted to be unchanged."""

_UNQUOTED = re.compile(rb'(?:~|\s*)(?:msg[a-z_]+(?:\[\d+\])?\s+(?!"(?:[^"\\]|\\.)*"\s*$)|"(?!(?:[^"\\]|\\.)*"\s*$))')
_COUNTS = 201
"""Counts for which a catalog's own plural rule is tried before it is believed."""
_TWO_FORMS = {"en": "(n != 1)", "fr": "(n > 1)", "de": "(n != 1)", "es": "(n != 1)", "it": "(n != 1)"}
"""Plural rules where a file gives none. Babel 2.19 and later count a third form for round millions of fr, es and it, which is
for numbers in words ("un million d’alertes"); alertkit writes numbers in digits, where it reads like any other plural."""


class Say:
    """alertkit's sentences in one language; `{field}` places are filled, and one without a value stays visible."""

    def __init__(self, translations: gettext.NullTranslations) -> None:
        self._translations = translations
        # Contexts and sentences stand in the code, so these cannot grow without end.
        self._found: dict[str, _Sentence] = {}
        self._in_context: dict[tuple[str, str], _Sentence] = {}

    def gettext(self, text: str, /, **fields: str) -> str:
        """A sentence."""
        found = self._found.get(text)
        if found is None:
            found = self._found[text] = _read(self._translations.gettext(text))
        return found.filled(fields)

    def ngettext(self, one: str, many: str, count: int, /, **fields: str) -> str:
        """A sentence that depends on a number; the words of the number are a field like any other."""
        return fill(self._translations.ngettext(one, many, count), fields)

    def pgettext(self, context: str, text: str, /, **fields: str) -> str:
        """A sentence whose English says too little to translate it; `context` tells the translator."""
        found = self._in_context.get((context, text))
        if found is None:
            found = self._in_context[context, text] = _read(self._translations.pgettext(context, text))
        return found.filled(fields)


def fill(text: str, fields: Mapping[str, str]) -> str:
    """Put values in the `{field}` places. Once: a value that looks like a field is not filled again."""
    return _read(text).filled(fields)


def fields(text: str) -> frozenset[str]:
    """Names of the places in a sentence; none in one that cannot be read."""
    return _read(text).fields


class _Sentence(NamedTuple):
    """A sentence for `str.format_map`, which can do no more in it than look names up: its places are names and nothing else."""

    form: str
    fields: frozenset[str]

    def filled(self, values: Mapping[str, str]) -> str:
        """A place without a value stays visible."""
        try:
            return self.form.format_map(values)
        except KeyError:
            return self.form.format_map(_Shown(values))


@lru_cache(maxsize=8192)
def _read(text: str) -> _Sentence:
    try:
        parts = sentence.parse(text)
    except ValueError:
        parts = (text,)
    form = "".join(f"{{{part.name}}}" if isinstance(part, Field) else _braced(part) for part in parts)
    return _Sentence(form, frozenset(part.name for part in parts if isinstance(part, Field)))


def _braced(literal: str) -> str:
    return literal.replace("{", "{{").replace("}", "}}")


class _Shown(dict[str, str]):
    """Shows a place that has no value as it stands in the sentence."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


class Catalogs:
    """The shipped sentences under `root`, before them the platform's and before these each tenant's own, both under `overrides`.

    They stand in `<overrides>/<tenant>/locales`.
    """

    def __init__(self, root: Path, overrides: Path | None = None) -> None:
        self.problems: dict[Path, str] = {}
        self._root = root / "locales"
        self._overrides = overrides
        self._compiled: dict[Path, tuple[int, bytes]] = {}
        self._chains: dict[tuple[Path, ...], Say] = {}
        self._asked: dict[tuple[str, str], Say] = {}
        self._checked: dt.datetime | None = None

    def say(self, tenant: str, locale: str, now: dt.datetime) -> Say:
        """The voice for a tenant's reader. `locale` is a language, or a language and a region: `fr`, `fr_CA`."""
        if self._checked is None or abs(now - self._checked) >= RECHECK:
            self._asked.clear()
            self._checked = now
        voice = self._asked.get((tenant, locale))
        if voice is None:
            voice = self._asked[tenant, locale] = self._voice(tenant, locale)
        return voice

    def _voice(self, tenant: str, locale: str) -> Say:
        files = tuple(path for path in self._candidates(tenant, locale) if self._refresh(path))
        voice = self._chains.get(files)
        if voice is None:
            voice = self._chains[files] = Say(self._link(files))
        return voice

    def _candidates(self, tenant: str, locale: str) -> list[Path]:
        folders = [*(folder / "locales" for folder in paths.override_folders(self._overrides, tenant)), self._root]
        chain = [folder / name / FILE for folder in folders for name in languages(locale)]
        return [*chain, self._root / "en" / FILE] if languages(locale)[-1] != "en" else chain

    def unreadable(self) -> dict[Path, str]:
        """Own catalogs that cannot be read, and why."""
        found = {}
        for path in sorted(self._overrides.glob(f"*/locales/*/{FILE}")) if self._overrides else ():
            try:
                compiled(path)
            except (OSError, ValueError) as error:
                found[path] = str(error)
        return found

    def _refresh(self, path: Path) -> bool:
        """Read the file when it is new or has changed; False when there is nothing in it to use."""
        try:
            changed = path.stat().st_mtime_ns
            if self._compiled.get(path, (None,))[0] != changed:
                self._compiled[path] = changed, compiled(path)
                self._chains = {files: say for files, say in self._chains.items() if path not in files}
        except FileNotFoundError:
            self._compiled.pop(path, None)
        except (OSError, ValueError) as error:
            self.problems[path] = str(error)
            return path in self._compiled
        self.problems.pop(path, None)
        return path in self._compiled

    def _link(self, files: tuple[Path, ...]) -> gettext.NullTranslations:
        links = [gettext.GNUTranslations(io.BytesIO(self._compiled[path][1])) for path in files]
        for first, second in itertools.pairwise(links):
            first.add_fallback(second)
        return links[0] if links else gettext.NullTranslations()


@lru_cache(maxsize=1_000)
def languages(locale: str) -> tuple[str, ...]:
    """`fr_CA` → `fr_CA`, `fr`; anything that is no locale → `en`."""
    parts = locale.replace("-", "_").split("_")
    if not all(part.isascii() and part.isalnum() for part in parts) or len(parts) > 3:
        return ("en",)
    return tuple("_".join(parts[:length]) for length in range(len(parts), 0, -1))


def compiled(path: Path) -> bytes:
    """A `.po` file as the bytes of a `.mo` file, without fuzzy entries.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a catalog.
    """
    out = io.BytesIO()
    try:
        # The language gives the plural rule where the file gives none.
        write_mo(out, parsed(path, path.parent.parent.name))
        plural = gettext.GNUTranslations(io.BytesIO(out.getvalue())).ngettext
        for count in range(_COUNTS):
            plural("", "", count)
    except UnknownLocaleError as error:
        raise ValueError(f"{error.identifier} is no language") from error
    except (ArithmeticError, RecursionError) as error:
        raise ValueError(f"Plural-Forms: {error}") from error
    return out.getvalue()


def parsed(path: Path, locale: str | None = None) -> Catalog:
    """A `.po` file as a catalog. Stricter than Babel, which reads `msgstr broken` as `roke`.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a catalog; the message begins with the line.
    """
    data = path.read_bytes()
    for number, line in enumerate(data.splitlines(), 1):
        if _UNQUOTED.match(line):
            raise ValueError(f"line {number}: a text needs quotes on both sides")
    try:
        catalog = read_po(io.BytesIO(data), locale=locale, domain=DOMAIN, abort_invalid=True)
    except PoFileError as error:
        raise ValueError(f"line {error.lineno + 1}: {error.args[0]}") from error
    return catalog if b"plural-forms:" in data.lower() or locale is None else with_plurals(catalog, locale)


def with_plurals(catalog: Catalog, locale: str) -> Catalog:
    """The catalog with the plural rule of its language."""
    if rule := _TWO_FORMS.get(languages(locale)[-1]):
        catalog.mime_headers = [("Plural-Forms", f"nplurals=2; plural={rule};")]
    return catalog
