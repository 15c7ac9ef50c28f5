"""AK2xx: keys and values that the schema does not allow."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

CODES: Final[dict[str, Code]] = {
    "AK201": Code(
        "An unknown key",
        "The schema knows no such key in this place. Keys are never ignored: one that is misspelt would silently do nothing.",
        wrong="titel: Acme Music\n",
        right="title: Acme Music\n",
    ),
    "AK202": Code(
        "A missing key",
        "Something cannot do without this key. Only what has a sensible default may be left out.",
        wrong="services:\n  - name: web\n",
        right="services:\n  - {name: web, owner: web}\n",
    ),
    "AK203": Code(
        "A value of the wrong kind",
        "A text, a number, true or false, a list and a mapping are different things. Unquoted, YAML reads 2026 as "
        "a number and true as a truth value: text that looks like one is put in quotes.",
        wrong="title: 2026\n",
        right='title: "2026"\n',
    ),
    "AK204": Code(
        "A value of the wrong form",
        "The value is of the right kind, but not of the form that belongs here: a name, a duration, a time zone, "
        "an address, a number in its bounds.",
        wrong="services:\n  - {name: Web Shop, owner: web}\n",
        right="services:\n  - {name: web-shop, owner: web}\n",
    ),
    "AK205": Code(
        "None of the choices",
        "Only the words that the message lists are possible here.",
        wrong=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: urgent\n"
            "    summary: The oldest job waits\n"
        ),
        right=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
        ),
    ),
}
