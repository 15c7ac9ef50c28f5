"""The dashboards' own words in five languages, and safe ways to show the words of tenants.

A word's English form is its key. The catalogs are templates/locales/<language>/LC_MESSAGES/dashboards.po, in the subset
of gettext's format that needs no library: one line for `msgid`, one for `msgstr`.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache

from alertkit import names, resources
from alertkit.model import sentence

_ENTRY = re.compile(r'^msgid ("(?:[^"\\]|\\.)+")\nmsgstr ("(?:[^"\\]|\\.)+")$', re.MULTILINE)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~$-])")


class Words:
    """Says things in one language; `{name}` places are filled from keywords."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._language = language(locale)
        self._catalog = catalog(self._language)

    def __call__(self, text: str, **fields: str) -> str:
        """The text in this language."""
        found = self._catalog.get(text, text)
        return found.format(**fields) if fields else found

    def choose(self, texts: dict[str, str]) -> str:
        """A tenant's sentence in this language, else in English, else in whichever comes first; fields become an ellipsis."""
        for locale in (self.locale, self._language, "en"):
            if locale in texts:
                return _without_fields(texts[locale])
        return _without_fields(texts[min(texts)]) if texts else ""


@lru_cache(maxsize=1024)  # tenants use the same packs, and each view says it again
def _without_fields(text: str) -> str:
    return "".join("…" if isinstance(part, sentence.Field) else part for part in sentence.parse(text))


@cache
def language(locale: str) -> str:
    """`fr` of `fr-CA`; English where alertkit does not speak the language."""
    found = re.split("[-_]", locale)[0].lower()
    return found if found in names.LANGUAGES else "en"


@cache
def catalog(of: str) -> dict[str, str]:
    """English → the language `of`. English itself has no catalog."""
    if of == "en":
        return {}
    path = resources.root() / "templates" / "locales" / of / "LC_MESSAGES" / "dashboards.po"
    return {json.loads(key): json.loads(text) for key, text in _ENTRY.findall(path.read_text(encoding="utf-8"))}


@lru_cache(maxsize=1024)
def markdown(text: str) -> str:
    """Plain text as Markdown that shows exactly that text; Grafana renders descriptions and text panels as Markdown."""
    return _MARKDOWN.sub(r"\\\1", text)
