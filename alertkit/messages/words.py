"""A notification becomes a message: the facts of an incident in one reader's language, locale and time zone."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from alertkit import names
from alertkit.messages import alerts as told
from alertkit.messages import samples, sentences
from alertkit.messages.formats import Formats
from alertkit.messages.translations import Catalogs, Say, languages
from alertkit.messages.troubles import Trouble
from alertkit.model.message import Entry, Fact, Link, LinkKind, Message
from alertkit.model.notification import Alert, Notification, common_labels
from alertkit.model.text import one_line

HEADLINE = 140
SUMMARY = 480
BEFORE = dt.timedelta(hours=1)
AFTER = dt.timedelta(minutes=30)
"""What a panel shows of the time before an incident, and after its end."""
_NAME = 80
_URL = 2_500
_NOT_IN_URL = re.compile(r'[\x00-\x20\x7f-\xa0<>"\\\u2000-\u206f\ud800-\udfff]')

Answer = Literal["not_allowed", "unknown_person", "gone", "already_done", "failed"]
"""Why a click did nothing."""


class Words:
    """alertkit's words: the shipped catalogs under `templates_root`, with each tenant's own under `overrides` before them.

    A tenant's sentences stand in `<overrides>/<tenant>/locales/<language>/LC_MESSAGES/alertkit.po`. Files are read when they
    are needed and again when they change. Nothing that an alert or a catalog holds can make a method raise.
    """

    def __init__(self, templates_root: Path, overrides: Path | None = None) -> None:
        self._catalogs = Catalogs(templates_root, overrides)

    @property
    def problems(self) -> dict[Path, str]:
        """Catalogs that could not be read, and why; the next in the chain speaks for them."""
        return dict(self._catalogs.problems)

    def message(self, notification: Notification, locale: str, timezone: str, now: dt.datetime) -> Message:
        """What a reader is told. `locale` is a language with or without a region, `timezone` a name of the IANA database."""

        def reader(language: str) -> Reader:
            return _reader(self._catalogs.say(notification.tenant, language, now), language, timezone)

        return _Writing(notification, locale, reader, now).message()

    def specimens(self, now: dt.datetime) -> list[Message]:
        """What made-up incidents of every state and size say in each language: what a channel and its layouts must bear."""
        return [self.message(about, locale, "UTC", now) for about in samples.specimens(now) for locale in names.LANGUAGES]

    def trouble(self, trouble: Trouble, now: dt.datetime) -> dict[str, str]:
        """What the platform's people are told of alertkit's own trouble, by language."""
        return {language: trouble(self._catalogs.say(names.PLATFORM, language, now)) for language in names.LANGUAGES}

    def unreadable(self) -> dict[Path, str]:
        """Own catalogs that cannot be read, whoever they are for, and why."""
        return self._catalogs.unreadable()

    def answer(self, answer: Answer, tenant: str, locale: str, now: dt.datetime) -> str:
        """What somebody is told, and nobody else, whose click did nothing."""
        say = self._catalogs.say(tenant, locale, now)
        match answer:
            case "not_allowed":
                return say.gettext("You are not allowed to do this to the incident.")
            case "unknown_person":
                return say.gettext("Nobody in the on-call configuration has your Slack account. Ask for it to be added.")
            case "gone":
                return say.gettext("This incident is not known any more.")
            case "already_done":
                return say.gettext("Nothing to do: somebody was faster, or the incident is over.")
            case "failed":
                return say.gettext("That did not work. Please try again.")


class Reader(NamedTuple):
    """A language and how its readers write values."""

    say: Say
    formats: Formats


@lru_cache(maxsize=1024)
def _reader(say: Say, locale: str, timezone: str) -> Reader:
    """Made once while the catalogs behind `say` stand: what a reader's formats remember lasts from message to message."""
    return Reader(say, Formats(locale, timezone, say))


class _Writing:
    """One notification being put into one reader's words."""

    def __init__(self, notification: Notification, locale: str, reader: Callable[[str], Reader], now: dt.datetime) -> None:
        self.about = notification
        self.locale = locale
        self.say, self.formats = reader(locale)
        self.reader = reader
        self.now = now
        self.alerts = told.worst_first(notification)
        self.common = common_labels(self.alerts)
        self.service = one_line(self.common.get(names.LABEL_SERVICE, ""), _NAME)

    def message(self) -> Message:
        about = self.about
        subject = self._subject()
        badge = sentences.badge(self.say, about.state, about.severity)
        headline = one_line(self.say.gettext("{badge}: {subject}", badge=badge, subject=subject), HEADLINE)
        entries = told.entries(self.alerts, self.common, about.tenant_label, self.locale, self._formats)
        return Message(
            locale=self.locale,
            state=about.state,
            severity=one_line(about.severity, _NAME),
            headline=headline,
            summary=self._summary(headline, entries),
            subject=one_line(f"[{about.reference}] {subject}", HEADLINE),
            badge=badge,
            entries=entries if len(entries) > 1 else tuple([_without_value(entry) for entry in entries]),
            more=self._more(),
            facts=tuple(self._facts(entries[0].value if len(entries) == 1 else "")),
            event=self._event(),
            actions=sentences.actions(self.say, self.formats, about.state, about.incident),
            links=tuple(self._links()),
            mentions=tuple(one_line(address, _NAME) for address in about.mentions),
            origin=one_line(f"{about.title} · {about.reference}", HEADLINE),
        )

    def _formats(self, language: str) -> Formats:
        """A sentence in another language than the reader's has its value in that language, too."""
        return self.formats if language in languages(self.locale) else self.reader(language).formats

    def _subject(self) -> str:
        """The worst alert's name, how many others there are, and the service."""
        found = list(dict.fromkeys(map(told.name_of, self.alerts)))
        name = one_line(found[0], _NAME) if found else self.about.reference
        others = f" +{self.formats.count(len(found) - 1)}" if len(found) > 1 else ""
        return f"{name}{others} · {self.service}" if self.service else f"{name}{others}"

    def _summary(self, headline: str, entries: Sequence[Entry]) -> str:
        if not entries:
            return headline
        line = {"headline": headline, "sentence": entries[0].sentence}
        others = len(self.alerts) - 1 + self.about.truncated
        if not others:
            return one_line(self.say.gettext("{headline} — {sentence}", **line), SUMMARY)
        text = self.say.ngettext(
            "{headline} — {sentence} (and {count} more alert)",
            "{headline} — {sentence} (and {count} more alerts)",
            others,
            **line,
            count=self.formats.count(others),
        )
        return one_line(text, SUMMARY)

    def _more(self) -> str:
        hidden, lost = len(self.alerts) - told.SHOWN, self.about.truncated
        shown = [sentences.more(self.say, self.formats, hidden)] if hidden > 0 else []
        if lost > 0:
            shown.append(sentences.left_out(self.say, self.formats, lost))
        return " · ".join(shown)

    def _facts(self, value: str) -> list[Fact]:
        """`value` is that of the only alert, where its sentence does not say it; of several, each entry has its own."""
        about, say, formats = self.about, self.say, self.formats
        found = [(say.pgettext("fact", "Service"), self.service)]
        if about.state != "firing":
            found.append((say.pgettext("fact", "Severity"), sentences.severity_value(say, about.severity)))
        if len(self.alerts) > 1:
            found.append((say.pgettext("fact", "Alerts"), self._counts()))
        found.append((say.pgettext("fact", "Value"), value))
        began = f"{formats.when(about.opened_at, self.now)} ({formats.offset(about.opened_at)})"
        over = about.state == "resolved"
        found.append((say.pgettext("fact", "Began") if over else say.pgettext("fact", "Since"), began))
        found += [*self._progress(), (say.pgettext("fact", "Unconfirmed"), self._doubt())]
        return [_fact(say, name, value) for name, value in found if value]

    def _progress(self) -> list[tuple[str, str]]:
        """Who acts, and how it went on."""
        about, say = self.about, self.say
        if about.state == "resolved" and about.resolved_at:
            lasted = self.formats.length(int((about.resolved_at - about.opened_at).total_seconds()))
            return [
                (say.pgettext("fact", "Ended"), self._when(about.resolved_at)),
                (say.pgettext("fact", "Duration"), lasted),
                (say.pgettext("fact", "Handled by"), self._handler()),
            ]
        if about.state == "firing":
            notified = self.formats.names(one_line(name, _NAME) for name in about.notified)
            return [(say.pgettext("fact", "Paged"), notified)]
        return [
            (say.pgettext("fact", "Handled by"), self._handler()),
            (say.pgettext("fact", "Snoozed until"), self._when(about.snoozed_until)),
            (say.pgettext("fact", "Reason"), sentences.reason(say, about.suppressed_reason)),
        ]

    def _doubt(self) -> str:
        """An incident that may be over although nobody has said so."""
        if self.about.stale_since is None:
            return ""
        since = self._when(self.about.stale_since)
        return self.say.gettext("since {time}, as Alertmanager no longer knows one of the alerts; it may be over", time=since)

    def _handler(self) -> str:
        name, moment = one_line(self.about.acknowledged_by, _NAME), self._when(self.about.acknowledged_at)
        return f"{name} ({moment})" if name and moment else name

    def _when(self, moment: dt.datetime | None) -> str:
        return self.formats.when(moment, self.now) if moment else ""

    def _counts(self) -> str:
        over = sum(alert.status == "resolved" for alert in self.alerts)
        counted = [sentences.firing(self.say, self.formats, len(self.alerts) - over)] if over < len(self.alerts) else []
        return ", ".join([*counted, sentences.ended(self.say, self.formats, over)] if over else counted)

    def _event(self) -> str:
        about = self.about
        if about.event is None:
            return ""
        return sentences.event_sentence(self.say, self.formats, about.event, about.opened_at, about.severity, self.now)

    def _links(self) -> list[Link]:
        given = self.about.links
        wanted: tuple[tuple[LinkKind, str], ...] = (
            ("runbook", given.runbook or _first(self.alerts, "runbook", names.ANNOTATION_RUNBOOK)),
            ("dashboard", self._during(given.dashboard or _first(self.alerts, "dashboard", names.ANNOTATION_DASHBOARD))),
            ("silence", given.silence if self.about.state != "resolved" else ""),
            ("source", given.source),
        )
        return [Link(kind, sentences.link_text(self.say, kind), url) for kind, url in wanted if is_web(url)]

    def _during(self, url: str) -> str:
        """A panel as it looked around the incident, also for whoever opens the link days later."""
        if not url.endswith(names.PANEL_RANGE):
            return url
        began, over = self.about.opened_at - BEFORE, self.about.resolved_at
        until = _milliseconds(over + AFTER) if self.about.state == "resolved" and over else "now"
        return f"{url.removesuffix(names.PANEL_RANGE)}from={_milliseconds(began)}&to={until}"


def _without_value(entry: Entry) -> Entry:
    return msgspec.structs.replace(entry, value="") if entry.value else entry


@lru_cache(maxsize=1024)
def _fact(say: Say, name: str, value: str) -> Fact:
    return Fact(name, value, say.gettext("{name}: {value}", name=name, value=value))


def _milliseconds(moment: dt.datetime) -> str:
    """A moment as Grafana's addresses have it: milliseconds since 1970."""
    return str(int(moment.timestamp() * 1_000))


def _first(alerts: Sequence[Alert], field: Literal["runbook", "dashboard"], annotation: str) -> str:
    """The worst alert's link: the rule's own before the annotation."""
    found = ((getattr(alert.text, field, "") or alert.annotations.get(annotation, "")) for alert in alerts)
    return next((url for url in found if url), "")


@lru_cache(maxsize=1024)
def is_web(url: str) -> bool:
    """An http(s) address with a host, without blanks or control characters, short enough for every channel."""
    if not url or len(url) > _URL or _NOT_IN_URL.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
