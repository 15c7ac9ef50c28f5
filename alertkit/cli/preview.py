"""`alertkit preview`: read what people will be told, before they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from alertkit import names, paths
from alertkit.cli import common
from alertkit.errors import MissingTool, ProblemsFound, UsageError

if TYPE_CHECKING:
    from alertkit.cli.preview_draw import Drawing
    from alertkit.model.message import Message, State
    from alertkit.model.policy import AlertText, TenantPolicy

CHANNELS = ("slack", "email", "pagerduty")
STATES = ("firing", "acknowledged", "snoozed", "suppressed", "resolved")


class Rule(NamedTuple):
    """A rule's words, and the labels that it sets."""

    text: AlertText
    labels: dict[str, str]


class Shown(NamedTuple):
    """One message of the preview, and what it is of."""

    title: str
    channel: str
    message: Message


@click.command("preview")
@common.project_option
@click.option("--tenant", required=True, metavar="NAME", help="Whose alerts.")
@common.environment_option
@click.option("--alert", "alerts", multiple=True, metavar="NAME", help="Only this alert; may be repeated. Default: all.")
@click.option("--locale", "locales", multiple=True, metavar="LOCALE", help="fr, fr_CA … or `all`. Default: the tenant's.")
@click.option("--channel", "channels", multiple=True, type=click.Choice(CHANNELS), help="May be repeated. Default: slack.")
@click.option("--state", "states", multiple=True, type=click.Choice((*STATES, "all")), help="May be repeated. Default: firing.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="A label of the alert; may be repeated.")
@click.option("--value", default="", metavar="NUMBER", help="The raw value, as Prometheus prints it. Default: made up.")
@click.option("--overrides", type=common.Folder(), help="Folder with own sentences and layouts.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with all of them instead.")
@common.colour_option
def command(
    project: Path | None,
    tenant: str,
    environment: str,
    alerts: tuple[str, ...],
    locales: tuple[str, ...],
    channels: tuple[str, ...],
    states: tuple[str, ...],
    labels: tuple[str, ...],
    value: str,
    overrides: Path | None,
    html: Path | None,
    no_color: bool,
) -> None:
    """Draw a tenant's alerts as people will read them: in the terminal, or as a page with --html."""
    policy, rules = compiled(common.find_project(project), tenant, environment)
    wanted = choose(rules, alerts)
    given = dict(map(_pair, labels))
    shown = list(
        messages(
            policy,
            [Rule(rule.text, rule.labels | given) for rule in wanted],
            locales=names.LANGUAGES if "all" in locales else locales or (policy.locale,),
            channels=channels or ("slack",),
            states=STATES if "all" in states else states or ("firing",),
            value=value,
            overrides=overrides,
        )
    )
    gallery = Gallery(policy, overrides)
    gallery.write(html, shown) if html else gallery.draw(shown, no_color=no_color)


def compiled(project: Path, tenant: str, environment: str) -> tuple[TenantPolicy, list[Rule]]:
    """The tenant's policy and its alerting rules, compiled in memory.

    Raises:
        UsageError: no such tenant.
        ProblemsFound: its definition is wrong.
    """
    from alertkit.compiler import api
    from alertkit.errors import Level
    from alertkit.model import policy as policies
    from alertkit.model.rules import AlertingRule

    built = next(found for found in api.build(project, (tenant,), environment).tenants if found.tenant == tenant)
    if any(problem.level is Level.ERROR for problem in built.problems):
        raise ProblemsFound(built.problems)
    policy = policies.decode(built.files[paths.policy(tenant)])
    alerting = (rule for group in built.groups for rule in group.rules if isinstance(rule, AlertingRule))
    return policy, [Rule(policy.texts[rule.id], rule.labels) for rule in alerting if rule.id in policy.texts]


def choose(rules: list[Rule], alerts: Iterable[str]) -> list[Rule]:
    """The rules of these alert names, all without any; several severities of one alert count once.

    Raises:
        UsageError: no rule has the name.
    """
    by_name = {rule.text.alert: rule for rule in reversed(rules)}
    unknown = [name for name in alerts if name not in by_name]
    if unknown:
        raise UsageError(f"no alert {unknown[0]!r}; there are {', '.join(sorted(by_name)) or 'none'}")
    return [by_name[name] for name in alerts] or [by_name[name] for name in sorted(by_name)]


def messages(
    policy: TenantPolicy,
    rules: Iterable[Rule],
    *,
    locales: Iterable[str],
    channels: Iterable[str],
    states: Iterable[str],
    value: str = "",
    overrides: Path | None = None,
) -> Iterator[Shown]:
    """Every rule in every locale, channel and state.

    Raises:
        MissingTool: the extra `receiver` is not installed.
    """
    try:
        from alertkit import resources
        from alertkit.messages import Words
        from alertkit.messages.samples import sample
    except ModuleNotFoundError as error:
        raise MissingTool(f"preview needs {error.name}: pip install 'alertkit[receiver]'") from error
    words = Words(resources.root() / "templates", overrides)
    now = dt.datetime.now(dt.UTC)
    for rule in rules:
        for locale in locales:
            for state in states:
                about = sample(policy, rule.text, rule.labels, _state(state), now, value=value)
                message = words.message(about, locale, policy.timezone, now)
                for channel in channels:
                    yield Shown(f"{rule.text.alert} · {locale} · {channel} · {state}", channel, message)


def _state(name: str) -> State:
    from alertkit.messages.samples import STATES as KNOWN

    return next(state for state in KNOWN if state == name)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"--label {text!r} is not NAME=VALUE")
    return name, value


class Gallery:
    """Draws messages by a tenant's layouts, and says which of its own could not be used."""

    def __init__(self, policy: TenantPolicy, overrides: Path | None) -> None:
        from alertkit.channels.layouts import Layouts

        self._policy = policy
        self._layouts = Layouts(overrides)

    def draw(self, shown: list[Shown], *, no_color: bool) -> None:
        """All of them in the terminal."""
        from rich.text import Text

        console = common.console(no_color=no_color)
        for one in shown:
            console.print(Text(one.title, style="dim"))
            console.print(self._drawing(one).terminal(one.message), soft_wrap=False)
            console.print()
        self._complain()

    def write(self, path: Path, shown: list[Shown]) -> None:
        """All of them as a page."""
        from alertkit.testing.slack_page import page

        sections = [(one.title, self._drawing(one).html(one.message)) for one in shown]
        path.write_text(page(self._policy.title, sections), encoding="utf-8")
        click.echo(f"{path}: {len(shown)} messages")
        self._complain()

    def _drawing(self, one: Shown) -> Drawing:
        try:
            from alertkit.cli.preview_draw import drawing

            return drawing(one.channel, self._layouts, self._policy.tenant)
        except ModuleNotFoundError as error:
            raise MissingTool(f"a preview of {one.channel} needs {error.name}: pip install 'alertkit[receiver]'") from error

    def _complain(self) -> None:
        for path, problem in self._layouts.problems.items():
            click.echo(f"{path}: {problem}; shown is the shipped layout", err=True)
