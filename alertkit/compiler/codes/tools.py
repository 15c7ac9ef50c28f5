"""AK9xx: what the real tools refuse. Only with `generate --verify`."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

CODES: Final[dict[str, Code]] = {
    "AK901": Code(
        "promtool refuses the rules",
        "With --verify, promtool reads the compiled rules before they are written. What it says is quoted, or what became of it "
        "where it crashed or did not answer. Refusing what alertkit accepted is a mistake of alertkit's: please report it.",
    ),
    "AK902": Code(
        "amtool refuses the configuration",
        "With --verify, amtool reads the compiled configuration before it is written. What it says is quoted, or what became of "
        "it where it crashed or did not answer. Refusing what alertkit accepted is a mistake of alertkit's: please report it.",
    ),
    "AK903": Code(
        "amtool routes an alert elsewhere",
        "With --verify, amtool says where alerts of each severity go, and those that routing.tests names. One reaches a receiver "
        "that it must not, or misses one that it must. For a test that the definition holds, the routes or the test are wrong; "
        "otherwise it is a mistake of alertkit's: please report it.",
    ),
}
