"""What keeps the catalogs whole, and what finds a mistake in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from incidents import FIVE, PACKAGE, TEMPLATES

from alertkit.messages import catalogs
from alertkit.messages.catalogs import Stats, check, check_overrides, stats, update
from alertkit.messages.translations import FILE


def test_the_shipped_catalogs_are_fresh_complete_and_fill_what_the_code_fills() -> None:
    assert check(TEMPLATES, PACKAGE) == []


def test_every_language_is_whole() -> None:
    found = stats(TEMPLATES)
    assert [one.language for one in found] == list(FIVE)
    assert {(one.fuzzy, one.missing) for one in found} == {(0, 0)}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(TEMPLATES / "locales", tmp_path / "locales")
    return tmp_path


def spoil(root: Path, old: str, new: str, language: str = "de") -> list[str]:
    path = root / "locales" / language / FILE
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return [finding.message for finding in check(root, PACKAGE)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('msgstr "Übernehmen"', 'msgstr ""', "'Acknowledge': is not translated"),
        ('msgstr[1] "{count}\u00a0Tage"', 'msgstr[1] ""', "'{count} day': is not translated"),
        (
            'msgctxt "button"\nmsgid "Ack',
            '#, fuzzy\nmsgctxt "button"\nmsgid "Ack',
            "'Acknowledge': is fuzzy: have a native speaker",
        ),
        ("{person} kümmert", "{persona} kümmert", "has the fields {persona}, the code fills {person}"),
        ("{person} kümmert", "{person kümmert", "a lone '{' at character 1"),
        ('msgid "Escalate now?"', 'msgid "Escalate then?"', "differs from the sentences in the code"),
        ('msgstr "Übernehmen"', "msgstr Übernehmen", "a text needs quotes on both sides"),
        ('msgid "Escalate now?"', 'nonsense "Escalate now?"', ""),
    ],
)
def test_a_mistake_in_a_catalog_is_found(copy: Path, old: str, new: str, expected: str) -> None:
    found = spoil(copy, old, new)
    assert found
    assert any(expected in message for message in found), found


def test_a_finding_says_where(copy: Path) -> None:
    spoil(copy, 'msgstr "Übernehmen"', 'msgstr ""')
    [finding] = check(copy, PACKAGE)
    assert str(finding).startswith("locales/de/LC_MESSAGES/alertkit.po:")
    line = (copy / finding.file).read_text().splitlines()[finding.line - 1]
    assert "Acknowledge" in line or "button" in line


def test_extraction_brings_a_stale_catalog_up_to_date_and_keeps_its_translations(copy: Path) -> None:
    spoil(copy, 'msgid "Escalate now?"', 'msgid "Escalate then?"')
    assert [path.parts[-3] for path in update(copy, PACKAGE)] == ["de"]
    assert update(copy, PACKAGE) == []
    text = (copy / "locales" / "de" / FILE).read_text()
    assert 'msgid "Escalate now?"\nmsgstr ""' in text
    assert "Escalate then?" not in text
    assert 'msgstr "Übernehmen"' in text
    assert next(one for one in stats(copy) if one.language == "de") == Stats("de", stats(copy)[0].translated - 1, 0, 1)


def test_a_new_language_starts_empty_but_for_english(tmp_path: Path) -> None:
    update(tmp_path, PACKAGE)
    found = {one.language: one.translated for one in stats(tmp_path)}
    assert found["en"] > 80
    assert found["fr"] == 0


def test_a_tenants_sentences_need_not_be_complete_but_right(tmp_path: Path) -> None:
    path = tmp_path / "fr" / FILE
    path.parent.mkdir(parents=True)
    head = 'msgid ""\nmsgstr ""\n\n'
    path.write_text(head + 'msgid "{person} is on it."\nmsgstr "{person} gère."\n')
    assert check_overrides(tmp_path, PACKAGE) == []
    path.write_text(head + 'msgid "{person} is on it."\nmsgstr "{qui} gère."\n\nmsgid "Unknown"\nmsgstr "Inconnu"\n')
    assert [finding.message.partition(": ")[2][:30] for finding in check_overrides(tmp_path, PACKAGE)] == [
        "has the fields {qui}, the code",
        "the code has no such sentence",
    ]
    path.write_text("nonsense")
    assert len(check_overrides(tmp_path, PACKAGE)) == 1


def test_a_word_that_stands_in_two_places_is_told_apart_by_its_context() -> None:
    contexts = {message.context for message in catalogs.extract(PACKAGE) if message.id == "Critical"}
    assert contexts == {"severity of an incident", "after 'Severity:'"}
