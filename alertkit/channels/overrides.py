"""What is wrong with administrators' own layouts: each is read and asked to draw before anybody is paged with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from alertkit.channels import mail
from alertkit.channels.layouts import Layouts
from alertkit.channels.slack import layout as slack
from alertkit.model.message import Message

_DRAWINGS: Mapping[str, Callable[[Layouts, str, Message], object]] = {
    slack.INCIDENT: lambda layouts, tenant, message: slack.Drawing(layouts).root(message, tenant, interactive=True),
    slack.EVENT: lambda layouts, tenant, message: slack.Drawing(layouts).reply(message, tenant),
    mail.HTML: lambda layouts, tenant, message: mail.html(message, layouts, tenant),
    mail.TEXT: lambda layouts, tenant, message: mail.text(message, layouts, tenant),
}
_FOLDERS = sorted({name.partition("/")[0] for name in _DRAWINGS})


def check(overrides: Path, messages: Iterable[Message]) -> dict[Path, str]:
    """Layouts below `overrides` that cannot draw one of the messages, and files there that are no layout, with what is wrong."""
    layouts = Layouts(overrides)
    found = list(_files(overrides))
    nameless = f"no layout has this name; there are {', '.join(_DRAWINGS)}"
    problems = {path: nameless for path, _, name in found if name not in _DRAWINGS}
    asked = list(messages)
    for tenant in sorted({tenant for _, tenant, _ in found}):
        for message in asked:
            for draw in _DRAWINGS.values():
                draw(layouts, tenant, message)
    return dict(sorted((problems | layouts.problems).items()))


def _files(overrides: Path) -> Iterator[tuple[Path, str, str]]:
    """Path, tenant and name of whatever lies where layouts lie."""
    for folder in _FOLDERS:
        for path in sorted(overrides.glob(f"*/{folder}/*")):
            tenant, *name = path.relative_to(overrides).parts
            yield path, tenant, "/".join(name)
