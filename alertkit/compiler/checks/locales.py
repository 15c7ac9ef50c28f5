"""Locales whose region the language does not know: people would read the language's own numbers and dates, unasked."""

from __future__ import annotations

from collections.abc import Iterator

from alertkit.compiler.finding import Finding, Path
from alertkit.compiler.scope import Data, Scope
from alertkit.errors import Level
from alertkit.model.locales import is_known


def check(data: Data, scope: Scope) -> Iterator[Finding]:
    """The tenant's locale, and those of its teams and people."""
    holders: list[tuple[Path, Data]] = [((), data)]
    holders += [((section, index), one) for section in ("teams", "people") for index, one in enumerate(data.get(section, []))]
    for path, holder in holders:
        locale = holder.get("locale", "en")
        if not is_known(locale):
            language, region = locale.split("_")
            message = f"nothing is known of {language!r} in {region!r}: numbers, dates and times will be those of {language!r}"
            hint = f"write {language}, or the region of a country where it is spoken"
            yield Finding((*path, "locale"), "AK317", message, hint, level=Level.WARNING)
