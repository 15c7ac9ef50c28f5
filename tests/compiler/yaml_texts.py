"""Strategies for YAML: text that tempts readers to read something else, data, and texts that are nearly YAML."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from alertkit.compiler.reading.yaml_nodes import FORBIDDEN

TEMPTING = (
    *(
        "y",
        "n",
        "yes",
        "No",
        "ON",
        "off",
        "true",
        "False",
        "null",
        "NULL",
        "~",
        "=",
        "<<",
        "",
        " ",
        "-",
        "--",
        "---",
        "...",
        "?",
        ":",
    ),
    *(
        "1",
        "-1",
        "+1",
        "012",
        "0o17",
        "0x1F",
        "0b11",
        "1_000",
        "1:30",
        "-1:30:00",
        "1.5",
        "1e3",
        "1e+3",
        "6.5E-07",
        ".5",
        "5.",
        "0.",
    ),
    *("_1", "1_", "0x", "0o", "0b", ".", "..", "+", "+_", "+1_", "+.", "1.2.3"),
    *("5m", "1h30m", "26 * 3600", "10%", "1d", "1e", "1e5m"),
    *(".inf", "-.inf", "+.INF", ".nan", ".NaN", "nan", "inf", "+inf", "-Infinity", "NaN", "+Inf"),
    *("2026-01-05", "2026-1-5", "2026-01-05T09:00:00Z", "2026-01-05 09:00:00.5 +01:00", "09:00", "2026-01"),
    *(" leading", "trailing ", "a: b", "a:", "a:b", ":a", "a #b", "a#b", "#a", "a, b", "[a]", "a]", "{a}", "{{ $value }}", "a}"),
    *(
        "&a",
        "*a",
        "!a",
        "!!str a",
        "|",
        "|-",
        ">",
        "'",
        "''",
        "it's",
        '"',
        '"a"',
        "a\"b'c",
        "%a",
        "@a",
        "`a`",
        "- a",
        "-a",
        "? a",
        "?a",
    ),
    *(
        "\\",
        "\\n",
        "a\\",
        "\ta",
        "a\tb",
        "a\t",
        "\t",
        "a\t#b",
        "a:\tb",
        "é",
        "日本",
        "🔥",
        "a\u00a0b",
        "\u00a0",
        "26\u202fh",
        "a\u200db",
    ),
    *("a\nb", "a\nb\n", "a\n\n", "\na", "\n\na\n", "\n", "\n\n", " a\nb", "a\n b\n", "a\n \nb", "a\n\t\nb", "a \nb ", "\ta\nb"),
    *(
        "a\n# b\n",
        "# a\nb",
        "a\n---\nb",
        "---\na",
        "...\na",
        "a: b\nc: d\n",
        "- a\n- b\n",
        "\n a\nb",
        "a\n\n\nb\n\n\n",
        "a\r\nb",
        "\r",
    ),
    *(
        "\x00",
        "a\x1bb",
        "\x7f",
        "a\x85b",
        "\u2028",
        "a\n\u2029b",
        "\u202eabc",
        "\ufeff",
        "\ufffe",
        "a\x08\nb",
        "\U0010ffff",
        "\u200e",
    ),
    *('sum(rate(x{a="b", c=~"5.."}[5m])) > 0.001', 'x{a="b"} == 0', "time() - x > 26 * 3600", "a" * 300, "a b " * 100, "é" * 130),
)

texts = st.one_of(
    st.sampled_from(TEMPTING),
    st.text(max_size=30),
    st.text(alphabet="ab01 \n\t:#-?,[]{}&*!|>'\"%@`\\.~=_+xe\u00e9\u2028\x85", max_size=12),
    st.lists(st.sampled_from(TEMPTING), min_size=2, max_size=3).map("".join),
)
keys = st.one_of(texts, st.integers(1_000, 1_200).map(lambda n: "k" * n))
scalars = st.one_of(texts, st.integers(), st.booleans())


def data_of(keys: st.SearchStrategy[str], scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.recursive(
        scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)), max_leaves=12
    )
    return st.dictionaries(keys, values, max_size=5)


data = data_of(keys, scalars)
"""What the emitter takes."""

seen_texts = texts.map(lambda text: FORBIDDEN.sub("", text).replace("\r", ""))
seen_keys = seen_texts.map(lambda text: text.replace("\n", "").replace("\t", ""))
seen_data = data_of(seen_keys, st.one_of(seen_texts, st.integers(-(2**53), 2**53), st.booleans()))
"""What the emitter takes and the loader reads back: nothing in it is invisible."""

_TOKENS = (
    *(
        "a",
        "b",
        "key",
        "c: ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        ": ",
        ":",
        " ",
        "#",
        " # x",
        "[",
        "]",
        "{",
        "}",
        ",",
        ", ",
        '"',
        "'",
        "|",
    ),
    *(
        ">",
        "|-",
        ">+",
        "|2",
        "&x ",
        "*x",
        "!t ",
        "?",
        "? ",
        "~",
        "1",
        "-1",
        "%",
        "\t",
        "\\",
        "\\n",
        "\\x41",
        "---",
        "...",
        "\n---\n",
    ),
    *(
        "<<",
        "=",
        "é",
        "http://x",
        '"q"',
        "'s'",
        "\r\n",
        "`",
        "@",
        "0.5",
        "x: y",
        "yes",
        "a: {b: http://x/y}",
        "012",
        "\n- ",
        '"\\u2028"',
    ),
)
nearly_yaml = st.tuples(st.sampled_from(("", "a: ", "a:\n  - b: ")), st.lists(st.sampled_from(_TOKENS), max_size=12)).map(
    lambda parts: parts[0] + "".join(parts[1])
)
