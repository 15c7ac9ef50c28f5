"""Values as a reader of each language writes them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st
from incidents import FIVE, NOW, TEMPLATES

from alertkit.messages.formats import Formats, parse_number
from alertkit.messages.translations import Catalogs
from alertkit.model.locales import is_known
from alertkit.model.policy import Unit

CATALOGS = Catalogs(TEMPLATES)


def formats(locale: str, zone: str = "Europe/Paris") -> Formats:
    return Formats(locale, zone, CATALOGS.say("acme", locale, NOW))


GOLDEN: list[tuple[str, Unit, dict[str, str]]] = [
    ("97200", "duration", {"en": "1 day, 3 hours", "fr": "1 jour et 3 heures", "de": "1 Tag und 3 Stunden"}),
    ("97200", "duration", {"es": "1 día y 3 horas", "it": "1 giorno e 3 ore"}),
    ("0", "duration", {"en": "0 s", "fr": "0 s"}),
    ("0.3", "duration", {"en": "300 ms", "fr": "300 ms", "de": "300 ms", "es": "300 ms", "it": "300 ms"}),
    ("0.0000025", "duration", {"en": "2.5 µs", "fr": "2,5 µs"}),
    ("2.5", "duration", {"en": "2.5 s", "fr": "2,5 s", "de": "2,5 s"}),
    ("59.96", "duration", {"en": "1 minute", "it": "1 minuto"}),
    ("86399.9", "duration", {"en": "1 day", "de": "1 Tag"}),
    ("-90", "duration", {"en": "-1 minute, 30 seconds"}),
    ("0.1234", "percent", {"en": "12.3%", "fr": "12,3 %", "de": "12,3 %", "es": "12,3 %", "it": "12,3%"}),
    ("0.9995", "percent", {"en": "99.95%"}),
    ("0.99987", "percent", {"en": "99.987%"}),
    ("1", "percent", {"en": "100%", "fr_CH": "100%"}),
    ("0.00021", "percent", {"en": "0.021%"}),
    ("3221225472", "bytes", {"en": "3 GiB", "fr": "3 Gio", "de": "3 GiB", "es": "3 GiB", "it": "3 GiB"}),
    ("1536", "bytes", {"en": "1.5 KiB", "fr": "1,5 Kio"}),
    ("5.5e6", "bytes", {"en": "5.25 MiB", "fr": "5,25 Mio"}),
    ("2e12", "bytes", {"en": "1.82 TiB", "fr": "1,82 Tio"}),
    ("3e18", "bytes", {"en": "2,665 PiB", "fr": "2 665 Pio"}),
    ("1e300", "percent", {"en": "1E300"}),
    ("512", "bytes", {"en": "512 B", "fr": "512 o"}),
    ("12.5", "per_second", {"en": "12.5/s", "fr": "12,5/s"}),
    ("1234567.4", "count", {"en": "1,234,567", "fr": "1 234 567", "de": "1.234.567", "de_CH": "1’234’567"}),
    ("1.23456789e-06", "none", {"en": "0.000001235"}),
    ("-0.0", "none", {"en": "0"}),
    ("1e300", "none", {"en": "1E300"}),
]


@pytest.mark.parametrize(("raw", "unit", "expected"), GOLDEN)
def test_a_value_reads_as_it_is_written_there(raw: str, unit: Unit, expected: dict[str, str]) -> None:
    said = {locale: formats(locale).value(raw, unit) for locale in expected}
    assert {locale: (text or "").replace("\u00a0", " ").replace("\u202f", " ") for locale, text in said.items()} == expected


def test_a_number_and_its_unit_never_part_at_the_end_of_a_line() -> None:
    for locale in FIVE[1:]:
        for raw, unit in (("0.3", "duration"), ("3221225472", "bytes"), ("7200", "duration")):
            assert " " not in str(formats(locale).value(raw, unit)), (locale, raw)


@pytest.mark.parametrize("raw", ["NaN", "+Inf", "-Inf", "", "abc", "1" * 60, "1_000", "٣", "0x10", "1;2"])
def test_what_is_no_finite_number_has_no_value(raw: str) -> None:
    assert raw == "1_000" or formats("en").value(raw, "none") is None


def test_plurals_are_those_of_the_language() -> None:
    """Nought is singular in French and plural elsewhere."""

    def minutes(locale: str, count: int) -> str:
        return CATALOGS.say("acme", locale, NOW).ngettext("{count} minute", "{count} minutes", count, count=str(count))

    said = {
        locale: [minutes(locale, count).split("\u00a0")[-1].split(" ")[-1] for count in (0, 1, 2, 5, 1_000_000)]
        for locale in FIVE
    }
    assert said == {
        "en": ["minutes", "minute", "minutes", "minutes", "minutes"],
        "fr": ["minute", "minute", "minutes", "minutes", "minutes"],
        "de": ["Minuten", "Minute", "Minuten", "Minuten", "Minuten"],
        "es": ["minutos", "minuto", "minutos", "minutos", "minutos"],
        "it": ["minuti", "minuto", "minuti", "minuti", "minuti"],
    }


def test_a_moment_is_told_in_the_readers_zone_and_as_short_as_it_is_clear() -> None:
    paris, auckland = formats("fr"), formats("en_NZ", "Pacific/Auckland")
    assert paris.when(NOW, NOW) == "04:20"
    assert paris.when(NOW - dt.timedelta(hours=5), NOW) == "20 nov., 23:20"
    assert paris.when(NOW - dt.timedelta(days=400), NOW).startswith("17 oct. 2025")
    assert auckland.when(NOW, NOW).replace("\u202f", " ") == "4:20 pm"
    assert paris.offset(NOW) == "UTC+01:00"
    assert formats("en_US").when(NOW, NOW) == "4:20\u202fAM"
    assert formats("en_GB").when(NOW, NOW) == "04:20"


def test_how_long_ago_is_told_in_the_right_case() -> None:
    since = NOW - dt.timedelta(days=3)
    assert {locale: formats(locale).ago(since, NOW) for locale in FIVE} == {
        "en": "3 days ago",
        "fr": "il y a 3 jours",
        "de": "vor 3 Tagen",
        "es": "hace 3 días",
        "it": "3 giorni fa",
    }


def test_names_are_joined_as_the_language_joins_them() -> None:
    assert formats("en").names(["a", "b", "c"]) == "a, b, and c"
    assert formats("fr").names(["a", "b"]) == "a et b"
    assert formats("de").names([]) == ""
    assert formats("fr").names("abcdefghijkl") == "a, b, c, d, e, f, g et +5"


def test_a_locale_or_zone_that_nobody_knows_still_gives_words() -> None:
    odd = formats("../../etc", "../../etc/passwd")
    assert odd.when(NOW, NOW) == "3:20\u202fAM"
    assert formats("fr_ZZ").value("1.5", "none") == "1,5"
    assert formats("fr-CA").value("1.5", "none") == "1,5"


@given(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(["none", "duration", "percent", "bytes", "per_second", "count"]),
)
def test_every_finite_number_has_words_of_bounded_length(number: Decimal, unit: Unit) -> None:
    raw = str(number)
    said = formats("de").value(raw, unit)
    assert (said is None) == (parse_number(raw) is None)
    assert said is None or 0 < len(said) <= 60


@given(st.floats(min_value=0.0001, max_value=1e12))
def test_a_number_is_shown_to_four_digits_at_least(number: float) -> None:
    said = formats("en").value(repr(number), "none")
    assert said is not None
    assert abs(float(said.replace(",", "")) - number) <= 0.0005 * number


def test_the_compiler_knows_every_region_that_readers_numbers_and_dates_differ_by() -> None:
    pattern = re.compile(r"(?:en|fr|de|es|it)_[A-Z]{2}")
    known = {name for name in localedata.locale_identifiers() if pattern.fullmatch(name)}
    assert {name for name in known if not is_known(name)} == set(), "add them to alertkit/model/locales.py"
    assert not any(map(is_known, ("fr_XX", "de_US", "it_GB")))
    assert all(map(is_known, ("en", "fr", "de", "es", "it")))
