"""What can go wrong, as values and as exceptions.

    AlertkitError             everything that alertkit raises on purpose
    ├── ProblemsFound         definitions are wrong; carries every Problem, not just the first
    ├── PromQLError           an expression is not PromQL that alertkit understands
    ├── IsolationError        an expression cannot be proven to stay inside its tenant
    ├── UsageError            the call itself is wrong: no such project, tenant or environment
    ├── MissingTool           promtool, amtool or an extra is asked for and absent; names the package to install
    ├── RefusedToWrite        a file stands in the way that alertkit did not write
    └── ContractError         a file between the parts (policy, payload) has a shape or version this alertkit does not know

A Problem is a mistake in a definition, found before anything runs; an exception stops one call. Only the command line prints.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec


class Level(enum.StrEnum):
    """How bad a problem is. Only an error keeps a tenant from being written."""

    ERROR = "error"
    WARNING = "warning"


class Problem(msgspec.Struct, frozen=True, order=True):
    """One mistake in a definition.

    `file` is relative to the project, `line` and `column` count from 1 (0: the whole file). `code` is stable and documented
    in docs/reference/problems.md; `message` says what is wrong and what was expected; `hint` says what to do about it.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    tenant: str = ""
    level: Level = Level.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        warning = "warning: " if self.level is Level.WARNING else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {self.code} {warning}{self.message}{hint}"


def any_error(problems: Iterable[Problem]) -> bool:
    """True when a problem is no mere warning."""
    return any(problem.level is Level.ERROR for problem in problems)


class AlertkitError(Exception):
    """The root of everything that alertkit raises on purpose."""


class ProblemsFound(AlertkitError):  # noqa: N818 - reads as what happened: raise ProblemsFound
    """Definitions are wrong. `problems` holds all of them, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[ProblemsFound], tuple[tuple[Problem, ...]]]:
        # Built from problems, not from its text, when it comes from another process.
        return type(self), (self.problems,)


class PromQLError(AlertkitError):
    """An expression is not PromQL that alertkit understands.

    `offset` is the place in the expression, counted in characters from 0, or None when no single place is to blame.
    """

    def __init__(self, message: str, offset: int | None = None) -> None:
        self.offset = offset
        super().__init__(message)


class IsolationError(AlertkitError):
    """An expression cannot be proven to read only its tenant's series.

    `offset` is the place in the expression, counted in characters from 0, or None when no single place is to blame.
    """

    def __init__(self, message: str, offset: int | None = None) -> None:
        self.offset = offset
        super().__init__(message)


class UsageError(AlertkitError):
    """The call is wrong, not a definition: no such project, tenant or environment."""


class MissingTool(AlertkitError):  # noqa: N818 - as above
    """A program or an extra that was asked for is not installed; the message names the package."""


class RefusedToWrite(AlertkitError):  # noqa: N818 - as above
    """A file that alertkit did not write stands where it wants to write."""


class ContractError(AlertkitError):
    """A file or payload between the parts has a shape or version that this alertkit does not know."""
