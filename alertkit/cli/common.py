"""What commands share: the project, the console, the formats of problems."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click
from click.core import ParameterSource

from alertkit.cli.terminal import without_colours

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from alertkit.compiler.workspace import Workspace
    from alertkit.errors import Problem

Function = TypeVar("Function", bound=Callable[..., Any])

_PIPE = 1_000
"""Characters in a line of a drawing where nobody says how many fit."""


class Folder(click.Path):
    """A folder. `--out "$UNSET"` is refused: it would be the folder that the command runs in."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The folder as a path."""
        if value == "":
            self.fail("expected a folder, found nothing: is a variable empty?", param, ctx)
        return super().convert(value, param, ctx)


def project_option(function: Function) -> Function:
    """`--project DIR`: default is here, or the nearest parent with an alertkit.yaml."""
    return click.option(
        "--project",
        "project",
        type=Folder(),
        default=None,
        help="Folder of the project. Default: here, or the nearest parent with an alertkit.yaml.",
    )(function)


def _tenants(ctx: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    from alertkit.compiler.workspace import list_tenants

    space = _project_here(ctx)
    return [name for name in list_tenants(space).known if name.startswith(begun)] if space else []


def _environments(ctx: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    space = _project_here(ctx)
    return [name for name in space.project.environments if name.startswith(begun)] if space else []


def _project_here(ctx: click.Context) -> Workspace | None:
    """The project that is being typed about; a shell shows nothing of why there is none."""
    from alertkit.compiler.workspace import open_project
    from alertkit.errors import AlertkitError

    try:
        return open_project(find_project(ctx.params.get("project")))
    except (AlertkitError, OSError):
        return None


def tenant_option(function: Function) -> Function:
    """`--tenant NAME`, repeatable."""
    return click.option(
        "--tenant",
        "tenants",
        multiple=True,
        metavar="NAME",
        shell_complete=_tenants,
        help="Only this tenant; may be repeated. Default: all.",
    )(function)


def _not_empty(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse `--env "$UNSET"`: no environment at all is not what was meant."""
    if not value and ctx.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE:
        raise click.BadParameter("expected a name, found nothing: is a variable empty?", ctx, param)
    return value


def environment_option(function: Function) -> Function:
    """`--env NAME`."""
    return click.option(
        "--env",
        "environment",
        default="",
        metavar="NAME",
        callback=_not_empty,
        shell_complete=_environments,
        help="Merge this environment of every tenant.",
    )(function)


def output_options(function: Function) -> Function:
    """`--quiet` and `--no-color`."""
    function = colour_option(function)
    return click.option("--quiet", "-q", is_flag=True, help="Print problems only.")(function)


def colour_option(function: Function) -> Function:
    """`--no-color`."""
    return click.option("--no-color", is_flag=True, help="No colours; the variable NO_COLOR does the same.")(function)


def format_option(text: str, *more: str) -> Callable[[Function], Function]:
    """`--format`: text for people, JSON for machines, and `more`. `text` is its help."""
    return click.option("--format", "form", type=click.Choice(("text", "json", *more)), default="text", help=text)


def collect_seldom() -> None:
    """Look for cycles of garbage a hundred times less often: compiling makes objects by the million and hardly a cycle, and the
    looking took a good part of its time. For commands that end; processes that fork from them do likewise."""
    import gc

    gc.freeze()
    gc.set_threshold(70_000, 10, 10)


def find_project(project: Path | None) -> Path:
    """The project's folder.

    Raises:
        UsageError: there is none.
    """
    from alertkit.compiler.workspace import find

    return project or find(Path.cwd())


def without_platform(tenant: str) -> tuple[str, ...]:
    """The tenants to build for one that is asked about; the platform is always built, and `chosen` knows no such tenant."""
    from alertkit import names

    return () if tenant == names.PLATFORM else (tenant,)


def console(*, no_color: bool, stderr: bool = False) -> Console:
    """Where people read what is more than lines; honours NO_COLOR and a pipe. Text is never wrapped by the console nor read as
    markup.

    Without colours nothing is dim or bold either: rich's own `no_color` would leave those codes in.
    """
    from rich.console import Console

    system: Literal["auto"] | None = None if without_colours(no_color) else "auto"
    return Console(stderr=stderr, color_system=system, highlight=False, markup=False, soft_wrap=True)


def print_drawing(console: Console, drawing: RenderableType) -> None:
    """A tree or table: folded to the width of a terminal, and never cut in a pipe."""
    if not console.is_terminal:
        console.width = _PIPE
    console.print(drawing, soft_wrap=False)


def problem_text(problem: Problem) -> str:
    """A problem as people and editors read it."""
    return str(problem)


def problem_github(problem: Problem) -> str:
    """A problem as an annotation in a pull request on GitHub."""

    def escape(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    place = escape(problem.file).replace(":", "%3A").replace(",", "%2C")
    at = f",line={problem.line},col={problem.column}" if problem.line else ""
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"::{problem.level} file={place}{at},title={problem.code}::{escape(problem.message + hint)}"


def print_problems(problems: Iterable[Problem], form: str, project: Path) -> None:
    """Problems on standard output, in the form that was asked for (`json` is printed by the command, as one document).

    Files are named from where the command runs, when the project lies below: editors and pull requests look there.
    """
    import msgspec

    here, there = Path.cwd(), project.resolve()
    prefix = there.relative_to(here) if there.is_relative_to(here) else Path()
    for problem in problems:
        named = msgspec.structs.replace(problem, file=str(prefix / problem.file))
        click.echo(problem_github(named) if form == "github" else problem_text(named))


@contextlib.contextmanager
def problems_printed(ctx: click.Context, form: str, project: Path) -> Iterator[None]:
    """Problems that stop the whole run, in the form that was asked for; then exit code 1."""
    from alertkit.errors import ProblemsFound

    try:
        yield
    except ProblemsFound as found:
        if form == "json":
            print_json({"problems": found.problems})
        else:
            print_problems(found.problems, form, project)
        ctx.exit(1)


def print_json(value: Any) -> None:
    """A value as JSON, for machines."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
