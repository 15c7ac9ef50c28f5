from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent
from yaml_texts import nearly_yaml, seen_data, seen_keys, seen_texts

from alertkit.compiler.codes import CODES
from alertkit.compiler.reading import load
from alertkit.compiler.reading.load import load_file, load_text, read_fast, read_masked, read_slowly
from alertkit.compiler.reading.yaml_nodes import FORBIDDEN, MAX_DEPTH
from alertkit.compiler.writing.emit import emit
from alertkit.errors import Problem, ProblemsFound
from alertkit.model.document import Node, Place, locate, plain


def read(text: str) -> Any:
    return plain(load_text(text.encode(), "acme.yaml"))


def problems(text: str | bytes, **options: int) -> list[Problem]:
    with pytest.raises(ProblemsFound) as found:
        load_text(text if isinstance(text, bytes) else text.encode("utf-8"), "acme.yaml", **options)
    return list(found.value.problems)


def places(text: str | bytes) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.code) for problem in problems(text)]


# Scalars


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *[
            (word, word)
            for word in ("012", "1_000", "0x1F", "0o17", "0b1", "1:30", "09:00", "2026-01-05", "2026-01-05T09:00:00Z")
        ],
        *[
            (word, word)
            for word in ("yes", "no", "on", "OFF", "y", ".inf", "-.INF", ".nan", "+1", ".5", "5.", "1e", "-x", "1.2.3", "--1")
        ],
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        *[(word, None) for word in ("null", "Null", "NULL", "~", "", "# nothing")],
        *[(word, int(word)) for word in ("0", "-0", "42", "-7", "9007199254740992", "-9007199254740992")],
        *[(word, float(word)) for word in ("0.5", "-1.25", "1e3", "1E-3", "2.5e+8", "0.0", "0e5", "1e300")],
        *[(f'"{word}"', word) for word in ("1", "true", "null", "", "~")],
        ("'it''s'", "it's"),
        ("a\n b", "a b"),
        ("|\n  a\n   b\n", "a\n b\n"),
        (">-\n  a\n  b\n", "a b"),
        ('"a\\tb\\nc"', "a\tb\nc"),
        ("{url: https://x.example/a?b=c}", {"url": "https://x.example/a?b=c"}),
        ("{from: 2026-12-24T09:00, n: [a:b, -1]}", {"from": "2026-12-24T09:00", "n": ["a:b", -1]}),
    ],
)
def test_a_scalar_is_what_json_and_yaml_1_2_agree_on_and_text_otherwise(written: str, meant: Any) -> None:
    value = read(f"a: {written}\n")["a"]
    assert (type(value), value) == (type(meant), meant)


@pytest.mark.parametrize(
    "written", ["9007199254740993", "-9007199254740993", "1" * 5_000, "1e309", "-1e999", "1e-400", "0." + "1" * 200]
)
def test_a_number_that_cannot_be_held_exactly_is_refused(written: str) -> None:
    assert places(f"a: {written}\nb: 1\n") == [(1, 4, "AK116")]


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), seen_texts
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(seen_keys.filter(lambda key: len(key) < 500), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(json_values, st.sampled_from([None, 2]))
def test_json_means_the_same_here_as_everywhere(value: Any, indent: int | None) -> None:
    text = json.dumps({"a": value}, ensure_ascii=False, indent=indent)
    assert json.dumps(read(text)) == json.dumps({"a": value})


# Places

DOCUMENT = """\
# a comment
tenant: acme
"quoted":   'é{x'
services:
  - name: checkout
    packs: [{use: http, with: {url: https://x}}]
  -
    name: edge

expr: |
  up == 0
nothing:
after: 1
"""


@pytest.mark.parametrize(
    "text", [DOCUMENT, DOCUMENT.replace("\n", "\r\n"), "\ufeff" + DOCUMENT, DOCUMENT.replace("https://x", "'https'")]
)
def test_every_value_and_every_key_knows_its_line_and_column(text: str) -> None:
    node = load_text(text.encode(), "acme.yaml")
    wanted: dict[tuple[str | int, ...], tuple[tuple[int, int], tuple[int, int]]] = {
        (): ((2, 1), (2, 1)),
        ("tenant",): ((2, 9), (2, 1)),
        ("quoted",): ((3, 13), (3, 1)),
        ("services",): ((5, 3), (4, 1)),
        ("services", 0): ((5, 5), (5, 5)),
        ("services", 0, "name"): ((5, 11), (5, 5)),
        ("services", 0, "packs"): ((6, 12), (6, 5)),
        ("services", 0, "packs", 0): ((6, 13), (6, 13)),
        ("services", 0, "packs", 0, "with"): ((6, 31), (6, 25)),
        ("services", 0, "packs", 0, "with", "url"): ((6, 37), (6, 32)),
        ("services", 1): ((8, 5), (8, 5)),
        ("expr",): ((10, 7), (10, 1)),
        ("nothing",): ((12, 1), (12, 1)),
        ("after",): ((13, 8), (13, 1)),
    }
    for path, (value, key) in wanted.items():
        assert locate(node, path) == Place("acme.yaml", *value), path
        assert locate(node, path, key=True) == Place("acme.yaml", *key), path


# Two parsers, one meaning


def outcome(read: Any, text: str) -> tuple[Node | None, list[str]] | None:
    """The document and the codes of its problems; None when the parser refuses the text."""
    try:
        node, problems = read(text, "acme.yaml")
    except (YAMLError, ValueError, OverflowError):
        return None
    except ProblemsFound as found:
        return None, sorted(problem.code for problem in found.problems)
    return node, sorted(problem.code for problem in problems)


@given(nearly_yaml)
def test_all_ways_to_read_agree_on_text_that_is_nearly_yaml(text: str) -> None:
    if "!" in text or "*" in text:
        return  # where a tagged value begins, and what an alias is called, is disputed; both are refused
    text = FORBIDDEN.sub("_", text)
    outcomes = [outcome(read, text) for read in (read_fast, read_masked, read_slowly)]
    # One parser may be stricter than another, and what is no mapping at its top is refused anyway.
    readings = [found for found in outcomes if found is not None and found[0] is not None and isinstance(found[0].value, dict)]
    assert all(found == readings[0] for found in readings)


@given(seen_data)
def test_all_ways_to_read_agree_on_every_document_that_we_write(data: dict[str, Any]) -> None:
    text = emit({"x": data})
    assert outcome(read_fast, text) == outcome(read_masked, text) == outcome(read_slowly, text)
    assert outcome(read_fast, text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "a: {url: https://x.example:8080/a?b=c, at: [09:00, a::b]}  # 1:2\n",
        "a: {b:c: 1, d: e:f}\nb: \"g:h \ue000\"\nc: 'i:j'\nd: |\n  k:l\n",
        'a: {u: http://x}\nb: "\\ue000\\uE001"\n',
        "{a: http://x, \"b\":c, 'd':e, f: {g: h:i}}\n",
    ],
)
def test_masking_colons_changes_neither_values_nor_places(text: str) -> None:
    assert outcome(read_fast, text) is None
    assert outcome(read_masked, text) == outcome(read_slowly, text)
    assert outcome(read_masked, text) is not None


def test_a_text_that_holds_every_mask_is_left_to_the_slow_parser() -> None:
    text = "a: {u: http://x}\nb: " + "".join(load._MASKS) + "\n"
    assert read(text) == {"a": {"u": "http://x"}, "b": "".join(load._MASKS)}
    assert outcome(read_masked, text) is None


@pytest.mark.parametrize("read", [read_fast, read_slowly])
def test_a_directive_does_not_get_past_either_parser(read: Any) -> None:
    for text in ("%YAML 1.1\n---\na: 1\n", "%TAG !x! tag:x\n---\na: 1\n"):
        node, codes = outcome(read, text) or (None, [])
        assert codes == ["AK110"], node


@given(nearly_yaml)
def test_neither_a_tag_nor_an_anchor_nor_an_alias_ever_loads(text: str) -> None:
    try:
        load_text(text.encode(), "acme.yaml")
        events = list(YAML(typ="safe", pure=True).parse(text))
    except (ProblemsFound, YAMLError):
        return
    assert not any(
        isinstance(event, AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None) for event in events
    )


@given(st.one_of(st.binary(max_size=60), st.text(max_size=40).map(lambda text: ("a: " + text).encode("utf-8", "surrogatepass"))))
def test_any_bytes_load_or_give_problems_with_a_known_code_and_a_place_in_the_file(data: bytes) -> None:
    try:
        assert isinstance(load_text(data, "acme.yaml").value, dict)
    except ProblemsFound as found:
        for problem in found.problems:
            assert problem.code in CODES
            assert 0 <= problem.line <= data.count(b"\n") + data.count(b"\r") + 2
            assert problem.message.isprintable()


# What no definition needs


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: &x 1\n", [(1, 4, "AK107")]),
        ("a: *x\nb: [*y]\n", [(1, 4, "AK107"), (2, 5, "AK107")]),
        ("a: &x {b: 1}\n*x : 1\n", [(1, 4, "AK107"), (2, 1, "AK107")]),
        ("a: {<<: {b: 1}}\n<<: [{c: 1}]\n", [(1, 5, "AK108"), (2, 1, "AK108")]),
        ("a: !!str 1\nb: !x {c: 1}\nc: ! d\n", [(1, 4, "AK109"), (2, 4, "AK109"), (3, 4, "AK109")]),
        ("%YAML 1.1\n---\na: 1\n", [(1, 1, "AK110")]),
        ("# c\n\n%TAG ! x\n---\na: 1\n", [(3, 1, "AK110")]),
        ("%UNKNOWN\n---\na: 1\n", [(1, 1, "AK110")]),
        ("\r\n%UNKNOWN\r\n---\r\na: 1\r\n", [(2, 1, "AK110")]),
        ("---\na: 1\n---\nb: 2\n", [(3, 1, "AK111")]),
        ("a: 1\n...\n%YAML 1.1\n---\nb: 2\n", [(3, 1, "AK111")]),
        ("1: a\n-1.5: b\ntrue: c\nnull: d\n~: e\n", [(line, 1, "AK114") for line in range(1, 6)]),
        (": a\n", [(1, 1, "AK114")]),
        ("[a]: b\n? {c: d}\n: e\n", [(1, 1, "AK114"), (2, 3, "AK114")]),
        ("a: 1\nb: {c: 1, 'c': 2}\n\"a\": 2\n", [(2, 11, "AK115"), (3, 1, "AK115")]),
        ("- a: 1\n", [(1, 1, "AK117")]),
        ("acme\n", [(1, 1, "AK117")]),
        ("", [(0, 0, "AK104")]),
        ("# c\n\n", [(0, 0, "AK104")]),
        ("---\n", [(0, 0, "AK104")]),
        ("\ufeff", [(0, 0, "AK104")]),
    ],
)
def test_each_is_refused_where_it_stands(text: str, wanted: list[tuple[int, int, str]]) -> None:
    assert places(text) == wanted


@pytest.mark.parametrize(
    "text", ["---\na: 1\n", "a: 1\n...\n", "--- \na: 1\n...\n", 'a: "&x"\n', "a: x*y\n", '"<<": 1\n', '"1": 1\n', "on: 1\n"]
)
def test_what_only_resembles_it_is_fine(text: str) -> None:
    assert len(read(text)) == 1


# What cannot be seen

INVISIBLE = [
    "\x00",
    "\x08",
    "\x0b",
    "\x1b",
    "\x7f",
    "\x85",
    "\x9f",
    "\u061c",
    "\u200e",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\uffff",
]


@pytest.mark.parametrize("character", INVISIBLE)
@pytest.mark.parametrize("text", ["a: x{}y\n", "é{}: x\n", "a: 1 # {}\n", "a:\n  - |\n    x\n  # {}\n"])
def test_an_invisible_character_is_refused_wherever_it_stands(character: str, text: str) -> None:
    at = text.index("{}")
    place = (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), "AK106")
    assert places(text.format(character)) == [place]


@pytest.mark.parametrize(
    "escape", ["\\0", "\\e", "\\x7f", "\\N", "\\L", "\\P", "\\u202e", "\\ufeff", "\\U0000fffe", "\\r", "\\ud800"]
)
def test_an_invisible_character_is_refused_as_an_escape_too(escape: str) -> None:
    assert places(f'a: 1\nb: "x{escape}"\n') == [(2, 4, "AK106")]
    assert places(f'a: 1\n"x{escape}": 1\n') == [(2, 1, "AK106")]


def test_line_breaks_and_tabs_are_fine_in_values_and_not_in_keys() -> None:
    assert read('a: "b\\n\\tc"\nd: e\tf\n') == {"a": "b\n\tc", "d": "e\tf"}
    assert places('"a\\nb": 1\n"a\\tb": 1\na\tc: 1\n') == [(1, 1, "AK106"), (2, 1, "AK106"), (3, 1, "AK106")]


def test_a_carriage_return_ends_a_line_only_with_its_line_feed() -> None:
    assert read("a: |\r\n  b\r\n  c\r\nd: e\r\n") == {"a": "b\nc\n", "d": "e"}
    assert places("a: b\rc: d\n") == [(1, 5, "AK106")]


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"a: \xff", (1, 4)), (b"a: \xc3\xa9\nb: \xc3\xa9\xe9", (2, 5)), (b"\xff\xfea\x00", (1, 1)), (b"a: \xed\xa0\x80", (1, 4))],
)
def test_bytes_that_are_not_utf_8_are_refused_at_their_place(data: bytes, place: tuple[int, int]) -> None:
    assert places(data) == [(*place, "AK103")]


# Problems teach


def test_all_that_can_be_known_at_once_is_said_at_once() -> None:
    text = 'a: &x 1\nb: *x\n<<: {c: 1}\na: 2\n1: 2\n[d]: 3\ne: "\\u202e"\nf: !!str 4\ng: 1e999\nh: \u2066\ni: {j: 1, j: 2}\n'
    codes = ["AK107", "AK107", "AK108", "AK115", "AK114", "AK114", "AK106", "AK109", "AK116", "AK106", "AK115"]
    assert [(line, code) for line, _, code in places(text)] == list(enumerate(codes, 1))


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("title: Acme: Music\n", (1, 12), 'quote text that holds ": "'),
        ("a:\n\tb: 1\n", (2, 1), "not with tabs"),
        ('a: 1\nb: "x\nc: 1\n', (2, 4), "not closed"),
        ("a: 1\nb: [\n", (3, 1), "is a quote or a bracket not closed?"),
        ("a: [1, 2\nb: 3\n", (2, 2), "closing bracket"),
        ('a: "C:\\dir"\n', (1, 8), "double quotes"),
        ("a: @x\n", (1, 4), "quote text that begins with @"),
        ("a: `x`\n", (1, 4), "quote text that begins with @"),
        ("a:\n  b: 1\n c: 2\n", (3, 2), "indent sibling keys alike"),
        ("  a: 1\nb: 2\n", (2, 1), "indent sibling keys alike"),
        ("a: 1\nb: }\n", (2, 4), "quote text that begins with }"),
        ("a: {{ value }\nb: 1\n", (2, 1), "closing bracket"),
        ("a: 'it's'\n", (1, 8), "quote"),
        ("a: 1\nb\nc: 2\n", (2, 1), "colon"),
        ('a: "\\U00110000"\n', (1, 7), ""),
    ],
)
def test_a_syntax_error_has_a_place_and_a_hint(text: str, place: tuple[int, int], hint: str) -> None:
    (problem,) = problems(text)
    assert problem.code == "AK105"
    assert (problem.line, problem.column) == place, problem
    assert hint in problem.hint


def test_a_duplicate_names_the_line_of_the_first() -> None:
    (problem,) = problems("a: 1\nb: 2\na: 3\n")
    assert "line 1" in problem.message


def test_after_a_hundred_problems_reading_stops_and_says_so() -> None:
    found = problems("".join(f"a: {n}\n" for n in range(50_000)))
    assert [problem.code for problem in found] == ["AK115"] * 100 + ["AK119"]
    assert len(problems("a: '" + "\u202e" * 50_000 + "'\n")) == 100


def test_foreign_text_reaches_a_message_bounded_and_without_terminal_escapes() -> None:
    (problem,) = problems(f"{'1' * 900}: 1\n")
    assert len(str(problem)) < 300
    assert all(problem.message.isprintable() for problem in problems('"a\\e[31m": 1\n"a\\e[31m": 2\n'))


# Bombs

NEST = 100_000
BOMBS = {
    "aliases": ("a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)), "AK119"),
    "merge keys": ("a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 30)), "AK108"),
    "nested lists": ("a: " + "[" * NEST, "AK112"),
    "nested lists, closed": ("a: " + "[" * NEST + "]" * NEST, "AK112"),
    "nested mappings": ("a: " + "{" * NEST, "AK112"),
    "nested named mappings": ("{a: " * NEST, "AK112"),
    "nested block lists": ("- " * NEST, "AK112"),
    "nested block mappings": ("".join(" " * n + "a:\n" for n in range(1_000)), "AK112"),
    "nested keys": ("? " * NEST, "AK112"),
    "nested after what libyaml refuses": ("a: [x ?y]\nb: " + "[" * NEST, "AK112"),
    "many values": ("a: [" + "x," * 500_000 + "]", "AK113"),
    "many values after what libyaml refuses": ("a: [x ?y]\nb: [" + "x," * 60_000 + "]", "AK105"),
    "a huge text of two megabytes": ("a: " + "x" * (2 << 20), "AK102"),
    "a million lines": ("\n" * (1 << 20) + "a", "AK102"),
    "a large file that libyaml refuses": ("a: [x ?y]\nb: [" + "x," * 200_000 + "]", "AK105"),
    "a large file that ends within a quote": ("a: 1\n" * 20_000 + 'b: "', "AK119"),
    "invisible characters": ("a: " + "\u202e" * 300_000, "AK106"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str) -> None:
    text, code = BOMBS[name]
    assert code in {problem.code for problem in problems(text)}


def test_a_huge_text_within_the_limit_is_read() -> None:
    assert read("a: " + "x" * 1_000_000) == {"a": "x" * 1_000_000}


def test_nesting_is_read_up_to_the_limit() -> None:
    text = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert read(text)
    assert places(text.replace("[]", "[[]]")) == [(1, 4 + MAX_DEPTH - 1, "AK112")]


def test_a_large_file_that_only_the_slow_parser_reads_says_what_to_quote() -> None:
    text = "a: [x ?y]\n" + "#" * load.SLOW_BYTES
    (problem,) = problems(text)
    assert (problem.code, problem.line, problem.column) == ("AK105", 1, 7)
    assert "quote text that begins with" in problem.hint
    assert read(text[: load.SLOW_BYTES]) == {"a": ["x ?y"]}


def test_another_limit_may_be_asked_for() -> None:
    text = "a: " + "x" * 100
    assert [problem.code for problem in problems(text, limit=100)] == ["AK102"]
    large = "a: [" + "x, " * 300_000 + "]"
    assert [problem.code for problem in problems(large)] == ["AK113"]
    assert len(load_text(large.encode(), "x", limit=8 << 20).value["a"].value) == 300_000  # type: ignore


# Files


def test_a_file_is_read_under_the_name_that_problems_shall_show(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("tenant: acme\n")
    assert load_file(path, "tenants/acme.yaml").place == Place("tenants/acme.yaml", 1, 1)


def test_a_file_that_is_missing_or_no_regular_file_is_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "pipe", tmp_path / ("n" * 300)):
        with pytest.raises(ProblemsFound, match=r"x\.yaml: AK101"):
            load_file(path, "x.yaml")


def test_an_endless_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 36)  # 64 GiB, sparse
    with pytest.raises(ProblemsFound, match="AK102"):
        load_file(path, "large.yaml")


# The table of codes


def all_ways_to_fail() -> set[str]:
    return {f"AK{number}" for number in range(101, 120)}


def test_every_code_of_reading_yaml_has_its_page() -> None:
    assert all_ways_to_fail() == {code for code in CODES if code.startswith("AK1")}


@pytest.mark.parametrize("code", sorted(code for code in all_ways_to_fail() - {"AK118"} if CODES[code].wrong))
def test_the_example_of_a_code_is_wrong_and_right_as_it_says(code: str) -> None:
    assert code in {problem.code for problem in problems(CODES[code].wrong)}
    assert read(CODES[code].right)
