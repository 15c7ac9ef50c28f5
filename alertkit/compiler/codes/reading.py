"""AK1xx: reading files as YAML."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

CODES: Final[dict[str, Code]] = {
    "AK101": Code(
        "The file cannot be read",
        "The file is missing, is not a regular file, or its permissions forbid reading it.",
    ),
    "AK102": Code(
        "The file is too large",
        "One definition file holds at most 1 MiB. Split the tenant into a folder with one file for each section.",
    ),
    "AK103": Code(
        "The file is not UTF-8",
        "Definitions are UTF-8 text. A file saved as Latin-1 or UTF-16 needs to be converted: `iconv -f latin1 -t utf-8`.",
    ),
    "AK104": Code(
        "The file is empty",
        "There is nothing in the file but blank lines and comments. Remove it, or write a section.",
    ),
    "AK105": Code(
        "The text is not YAML",
        "The line cannot be understood as YAML 1.2. Only the first such place of a file is known, because what follows it could "
        "mean anything.",
        wrong="title: Acme: Music\n",
        right='title: "Acme: Music"\n',
    ),
    "AK106": Code(
        "A character that cannot be seen",
        "Control characters, Unicode line separators, bidirectional controls and byte order marks can make a text read "
        "differently from what it is, so they are refused everywhere, also as escapes such as \\u202e. In values, line breaks "
        "and tabs are fine; keys hold neither.",
        wrong='title: "Acme\\u202e Music"\n',
        right="title: Acme Music\n",
    ),
    "AK107": Code(
        "An anchor or an alias",
        "Anchors (&name) and aliases (*name) can make a small file huge and hide what a line means. Write the value where it is "
        "used; what many tenants share belongs into a pack. Text that begins with & or * needs quotes.",
        wrong="members: *everyone\n",
        right="members: [amelie, jonas]\n",
    ),
    "AK108": Code(
        "A merge key",
        "The merge key << belongs to YAML 1.1 and can make a small file huge. Write the keys where they are used.",
        wrong="<<: {severity: critical}\n",
        right="severity: critical\n",
    ),
    "AK109": Code(
        "A tag",
        "Tags (!name, !!type) change what a value means from outside. A text that looks like a number is quoted; text that "
        "begins with ! needs quotes too.",
        wrong="prometheus: !!str 2.42\n",
        right='prometheus: "2.42"\n',
    ),
    "AK110": Code(
        "A directive",
        "Directives (%YAML, %TAG) change the meaning of the whole file. Definitions are always YAML 1.2: remove the line.",
        wrong="%YAML 1.1\n---\ntenant: acme\n",
        right="tenant: acme\n",
    ),
    "AK111": Code(
        "Several documents in one file",
        "A file holds one document. Put what follows the second `---` into a file of its own.",
        wrong="tenant: acme\n---\ntenant: globex\n",
        right="tenant: acme\n",
    ),
    "AK112": Code(
        "Nested too deeply",
        "Values nest at most 32 levels deep; no definition needs a third of it.",
    ),
    "AK113": Code(
        "Too many values",
        "One file holds at most 200,000 keys, values and brackets. Split the tenant into a folder, a file for each section.",
    ),
    "AK114": Code(
        "A key that is not text",
        "Unquoted, YAML reads 5, 1.5, true and null as a number, a truth value and nothing, and [a] or {a: b} as a list or a "
        "mapping. Keys are text: quote it.",
        wrong="labels:\n  5: five\n",
        right='labels:\n  "5": five\n',
    ),
    "AK115": Code(
        "The same key twice",
        "A key stands at most once in a mapping; of two, readers would silently keep one.",
        wrong="for: 5m\nseverity: critical\nfor: 10m\n",
        right="for: 10m\nseverity: critical\n",
    ),
    "AK116": Code(
        "A number that cannot be held exactly",
        "Whole numbers go from -2^53 to 2^53 and other numbers have the range of a 64-bit float; beyond it readers round in "
        "silence. If it is an identifier, quote it.",
        wrong="account: 12345678901234567890\n",
        right='account: "12345678901234567890"\n',
    ),
    "AK117": Code(
        "The file is not a mapping",
        "At its top a definition is a mapping: `key: value` lines, not a list and not a single value.",
        wrong="- tenant: acme\n",
        right="tenant: acme\n",
    ),
    "AK118": Code(
        "The same section in two files",
        "The files of a tenant's folder are read as one. Lists of the same section are joined, but a mapping or a single value "
        "can only come from one of them.",
        wrong="# tenants/acme/a.yaml\nlocale: fr\n# tenants/acme/b.yaml\nlocale: de\n",
        right="# tenants/acme/a.yaml\nlocale: fr\n",
    ),
    "AK119": Code(
        "Too many problems",
        "After 100 problems in one file reading stops, and after 500 of form in one definition so does checking. "
        "Mend these first; the rest shows up in the next run.",
    ),
}
