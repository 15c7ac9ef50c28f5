from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from alertkit import names, resources
from alertkit.dashboards import words
from alertkit.dashboards.words import Words
from alertkit.model import sentence

OTHERS = [language for language in names.LANGUAGES if language != "en"]
PLACES = re.compile(r"\{\w+\}")


def path(language):
    return resources.root() / "templates" / "locales" / language / "LC_MESSAGES" / "dashboards.po"


def said():
    """Every text that the views and panels say, and the titles of shipped packs that stand on a view of their own."""
    packs = [file.read_text(encoding="utf-8") for file in (resources.root() / "rules").glob("*/pack.yaml")]
    titles = {re.search(r"^title: (.+)$", text, re.MULTILINE)[1] for text in packs if re.search(r"^view:", text, re.MULTILINE)}
    sources = [*Path(words.__file__).parent.glob("*.py"), *(resources.root() / "dashboards_src").glob("*.py")]
    return titles | {found for source in sources for found in re.findall(r'words\(\s*"([^"]+)"', source.read_text())}


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalog_reads_the_same_as_gettext_reads_it(language):
    with path(language).open("rb") as file:
        catalog = {message.id: message.string for message in read_po(file, locale=language, abort_invalid=True) if message.id}
    assert words.catalog(language) == catalog


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_nothing_else_is(language):
    assert set(words.catalog(language)) == said()
    assert all(words.catalog(language).values())


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_places_of_its_original(language):
    for original, translation in words.catalog(language).items():
        assert sorted(PLACES.findall(original)) == sorted(PLACES.findall(translation))


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("fr", "Gravité"), ("fr-CA", "Gravité"), ("fr_CH", "Gravité"), ("en-GB", "Severity"), ("ja", "Severity")],
)
def test_a_region_speaks_its_language_and_an_unknown_language_english(locale, expected):
    assert Words(locale)("Severity") == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"fr": "oui", "en": "yes"}, "oui"),
        ({"fr-CA": "ouais", "fr": "oui"}, "ouais"),
        ({"en": "yes", "de": "ja"}, "yes"),
        ({"it": "sì", "de": "ja"}, "ja"),
        ({}, ""),
        ({"fr": "{value} sur {{x}}"}, "… sur {x}"),
    ],
)
def test_a_tenants_sentence_is_chosen_by_language_and_its_fields_become_an_ellipsis(texts, expected):
    assert Words("fr-CA").choose(texts) == expected


def test_a_hostile_tenant_name_is_not_read_as_a_place():
    assert "{0.__class__}" in Words("fr")("Alerts and recorded series of {tenant}, from its definition.", tenant="{0.__class__}")


@given(st.text(st.characters(codec="utf-8")))
def test_markdown_escapes_what_has_a_meaning_and_changes_nothing_else(text):
    escaped = words.markdown(text)
    assert re.sub(r"\\([\\`*_{}\[\]()<>#+!|~$-])", r"\1", escaped) == text


def test_sentences_are_plain_text_before_they_are_markdown():
    assert words.markdown("[x](javascript:y) <b>") == r"\[x\]\(javascript:y\) \<b\>"
    assert sentence.fields("{value}") == {"value"}
