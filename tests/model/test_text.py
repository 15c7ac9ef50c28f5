"""Text from outside, made fit to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertkit.model.text import clip, one_line, paragraph, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\n  b\tc\u2028d", "a b c d"),
        ("  a  ", "a"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u200b\ufeff\x00\x1b[31mb", "a[31mb"),
        ("a \u200b b", "a b"),
        ("1\u202f234\u00a0km", "1\u202f234\u00a0km"),
        ("👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"),
        ("\ud800x\U000e0041", "x"),
        ("\u200b", ""),
    ],
)
def test_one_line_keeps_what_can_be_seen(text: str, shown: str) -> None:
    assert one_line(text, 80) == shown


def test_a_paragraph_keeps_its_lines() -> None:
    assert paragraph("\n a  b \r\n\u200bc\t\n\n", 80) == "a b\nc"


@pytest.mark.parametrize(("limit", "cut"), [(5, "abcd…"), (6, "abcdef"), (1, "…"), (0, "…")])
def test_a_cut_says_so(limit: int, cut: str) -> None:
    assert clip("abcdef", limit) == cut


@given(st.text(max_size=300), st.integers(min_value=1, max_value=100))
def test_one_line_is_one_line_of_bounded_length_and_stays_as_it_is(text: str, limit: int) -> None:
    shown = one_line(text, limit)
    assert len(shown) <= limit
    assert one_line(shown, limit) == shown
    assert not {"Cc", "Cs", "Co", "Zl", "Zp"} & set(map(unicodedata.category, shown))


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    assert not set(visible(text)) & set("\u200b\u200e\u200f\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00ad")
