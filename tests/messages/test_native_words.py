"""What a native speaker stumbles over, and a test can find: in the catalogs, and in the sentences of the example's rules."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import pytest
from incidents import TEMPLATES

from alertkit.messages.translations import parsed

RECEIVER = TEMPLATES.parent / "examples" / "streaming-platform" / "generated" / "receiver"
PLACE = re.compile(r"\{\w+\}")


class Said(NamedTuple):
    where: str
    text: str
    unit: str = ""


def catalogs(language: str) -> list[Said]:
    """What alertkit's own sentences say, on dashboards too."""
    found = []
    for file in sorted((TEMPLATES / "locales" / language / "LC_MESSAGES").glob("*.po")):
        messages = [message for message in parsed(file, language) if message.id]
        texts = chain.from_iterable([one.string] if isinstance(one.string, str) else one.string for one in messages)
        found += [Said(file.name, text) for text in texts]
    return found


def rules(language: str) -> list[Said]:
    """What rules of packs, SLOs, detections and tenants say."""
    return [
        Said(f"{file.name}: {rule}", spoken[language], texts.get("unit", ""))
        for file in sorted(Path(RECEIVER).glob("*.json"))
        for rule, texts in json.loads(file.read_text())["texts"].items()
        for spoken in (texts["summary"], texts.get("description", {}))
        if language in spoken
    ]


def said(language: str) -> list[Said]:
    found = [*catalogs(language), *rules(language)]
    assert len(found) > 300
    return found


def test_french_puts_a_narrow_no_break_space_before_its_double_signs() -> None:
    assert [one for one in said("fr") if re.search(r"[ \u00a0][:;!?»%](?!\w)", one.text)] == []


def test_french_elides_before_no_name() -> None:
    """It would have to be "de Globex" but "d’Acme"."""
    names = re.compile(r"\b(de|le|la|que) \{(channel|people|person|policy|recipient|source|tenant)\}", re.IGNORECASE)
    assert [one for one in catalogs("fr") if names.search(one.text)] == []


def test_german_puts_no_dative_before_a_length_of_time() -> None:
    """It would have to be "in 2 Tagen", and a length of time is "2 Tage"."""
    lengths = [one for one in rules("de") if one.unit == "duration"]
    assert len(lengths) > 10
    assert [one for one in lengths if re.search(r"\b(ab|aus|bei|in|mit|nach|seit|von|vor|zu) \{value\}", one.text)] == []


@pytest.mark.parametrize("language", ["de", "es"])
def test_a_percent_sign_stays_beside_its_number(language: str) -> None:
    assert [one for one in said(language) if re.search(r"\d ?%", one.text)] == []


def test_italian_puts_no_article_before_a_number() -> None:
    """It would have to be "nel 12%" but "nell’8%"."""
    assert [
        one for one in said("it") if re.search(r"\b(al|dal|del|il|nel|sul|un) \{(value|count)\}", one.text, re.IGNORECASE)
    ] == []


def test_italian_puts_no_space_before_a_percent_sign() -> None:
    assert [one for one in said("it") if re.search(r"\d\s%", one.text)] == []


TERMS = {
    "fr": {r"étapes?\b": "niveau", r"livraisons?\b": "envoi, acheminement", "procédure": "runbook", "précision": "exactitude"},
    "de": {"Schritt": "Stufe", r"Polic(y|ies)": "Richtlinie", r"\bProben?\b": "Prüfung", "Eindring": "Einbruch"},
    "es": {"ficher": "archivo", r"\bpasos?\b": "nivel", "precisión": "exactitud", "presupuestos? de errores": "de error"},
    "it": {r"\bcriteri": "policy", r"\bpass[io]\b": "livello", r"\bprecision": "accuratezza", "battit": "heartbeat"},
}
"""Words that alertkit does not use, and those that stand for the same thing everywhere."""


@pytest.mark.parametrize("language", TERMS)
def test_one_thing_has_one_name(language: str) -> None:
    for word, instead in TERMS[language].items():
        assert [one for one in said(language) if re.search(word, PLACE.sub("…", one.text), re.IGNORECASE)] == [], instead
