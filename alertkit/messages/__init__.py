"""Words: what has happened, in the reader's language. Catalogs are gettext's, values are formatted by CLDR's data."""

from __future__ import annotations

from alertkit.messages.troubles import Trouble
from alertkit.messages.words import Answer, Words

__all__ = ["Answer", "Trouble", "Words"]
