"""Channels by what configures them: tenants that share a token share a channel, and with it its pace."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path

import msgspec

from alertkit.channels.base import Channel
from alertkit.channels.layouts import Layouts
from alertkit.errors import AlertkitError
from alertkit.model.policy import ChannelSettings
from alertkit.receiver.secrets import Secrets
from alertkit.receiver.settings import Settings

Options = Mapping[str, str | int | bool]
Maker = Callable[[Options, Mapping[str, str], Settings], Channel]
"""Makes a channel from its options and the text of its secrets."""

_SLACK_WEBHOOKS = ("https://hooks.slack.com/", "https://hooks.slack-gov.com/")

_Key = tuple[str, tuple[tuple[str, str | int | bool], ...], tuple[tuple[str, str], ...]]


class ChannelError(AlertkitError):
    """A channel cannot be made from its configuration."""


class Channels:
    """Makes each channel once, and again when its configuration or a secret changes."""

    def __init__(self, settings: Settings, secrets: Secrets, makers: Mapping[str, Maker] | None = None) -> None:
        self._settings = settings
        self._secrets = secrets
        self._makers = {**_installed(), **_MAKERS, **(makers or {})}
        self._made: dict[_Key, Channel] = {}
        self._names: dict[int, str] = {}

    @property
    def layout_problems(self) -> dict[Path, str]:
        """Own layouts that could not be used so far, and why; the shipped ones stand in for them."""
        found: dict[Path, str] = {}
        for channel in self._made.values():
            layouts = getattr(channel, "layouts", None)
            found.update(layouts.problems if isinstance(layouts, Layouts) else {})
        return found

    def get(self, configured: ChannelSettings, tenant: str) -> Channel:
        """The channel of a tenant.

        Raises:
            SecretError: a secret cannot be read.
            ChannelError: no such type, or an option is missing.
        """
        secrets = {option: self._secrets.read(name, tenant) for option, name in configured.secrets.items()}
        key = (configured.type, tuple(sorted(configured.options.items())), tuple(sorted(secrets.items())))
        channel = self._made.get(key)
        if channel is None:
            channel = self._made[key] = self._make(configured, secrets)
            self._names[id(channel)] = _name(configured)
        return channel

    def name(self, channel: Channel) -> str:
        """What a channel is called wherever it is made of the same configuration: replicas share its pace."""
        return self._names[id(channel)]

    def log(self) -> Channel:
        """Where the messages of a simulated tenant go."""
        return self.get(ChannelSettings("log"), "")

    async def close(self) -> None:
        """Close all of them."""
        for channel in self._made.values():
            await channel.close()

    def _make(self, configured: ChannelSettings, secrets: Mapping[str, str]) -> Channel:
        maker = self._makers.get(configured.type)
        if maker is None:
            raise ChannelError(
                f"no channel of type {configured.type!r} is installed; there are {', '.join(sorted(self._makers))}"
            )
        try:
            return maker(configured.options, secrets, self._settings)
        except KeyError as error:
            raise ChannelError(f"a channel of type {configured.type!r} needs {error}") from error
        except ModuleNotFoundError as error:
            raise ChannelError(f"a channel of type {configured.type!r} needs the package {error.name}") from error


def _name(configured: ChannelSettings) -> str:
    """Secrets count by their names: nothing that could tell of their text is written down."""
    told = msgspec.json.encode((configured.type, configured.options, configured.secrets), order="deterministic")
    return hashlib.blake2b(told, digest_size=8).hexdigest()


def _log(options: Options, secrets: Mapping[str, str], settings: Settings) -> Channel:
    from alertkit.channels.log import LogChannel

    return LogChannel()


def _slack(options: Options, secrets: Mapping[str, str], settings: Settings) -> Channel:
    from alertkit.channels.slack.channel import BASE_URL, SlackChannel

    layouts = Layouts(settings.overrides)
    address = settings.slack_api or BASE_URL
    return SlackChannel(secrets["token"], secrets.get("signing_secret", ""), base_url=address, layouts=layouts)


def _slack_webhook(options: Options, secrets: Mapping[str, str], settings: Settings) -> Channel:
    from alertkit.channels.slack.webhook import SlackWebhookChannel

    url = secrets["webhook_url"]
    # A tenant may have written the secret: only a test's Slack is anywhere else.
    if not url.startswith(_SLACK_WEBHOOKS) and not settings.slack_api:
        raise ChannelError(
            f"the secret webhook_url of a channel of type 'slack-webhook' does not begin with {_SLACK_WEBHOOKS[0]}"
        )
    return SlackWebhookChannel(url, layouts=Layouts(settings.overrides))


def _email(options: Options, secrets: Mapping[str, str], settings: Settings) -> Channel:
    from alertkit.channels.email import EmailChannel, MailServer

    port = int(options.get("port", 587))
    login = (str(options["user"]), secrets["password"]) if "user" in options else None
    # 465 is the port on which TLS begins at once: RFC 8314.
    server = MailServer(str(options["host"]), port, "tls" if port == 465 else "starttls", login)
    return EmailChannel(server, str(options["from"]), Layouts(settings.overrides))


def _pagerduty(options: Options, secrets: Mapping[str, str], settings: Settings) -> Channel:
    from alertkit.channels.pagerduty import PagerDutyChannel

    return PagerDutyChannel(secrets["routing_key"])


def _webhook(options: Options, secrets: Mapping[str, str], settings: Settings) -> Channel:
    from alertkit.channels.webhook import WebhookChannel

    return WebhookChannel(str(options["url"]), secrets.get("signing_secret", ""), private=settings.private_networks)


_MAKERS: Mapping[str, Maker] = {
    "email": _email,
    "log": _log,
    "pagerduty": _pagerduty,
    "slack": _slack,
    "slack-webhook": _slack_webhook,
    "webhook": _webhook,
}


def _installed() -> dict[str, Maker]:
    """Channels of other packages: entry points of the group `alertkit.channels`, each a Maker."""
    return {point.name: point.load() for point in entry_points(group="alertkit.channels")}
