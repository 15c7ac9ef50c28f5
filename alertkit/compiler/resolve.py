"""A checked definition becomes the tenant that is compiled. The only home of defaults; nothing here can fail.

Order: defaults → own sections → what the platform lends, under names that no tenant's own can have.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterator
from typing import Any

from alertkit import names
from alertkit.compiler import health, packs_use, routes_read
from alertkit.compiler.detection_resolve import resolve_detection
from alertkit.compiler.detections import Lowered, lower
from alertkit.compiler.finding import Path
from alertkit.compiler.packs_use import Use
from alertkit.compiler.scope import Data, Scope
from alertkit.compiler.slo_resolve import resolve_slo
from alertkit.model.detection import DetectionDefinition
from alertkit.model.oncall import (
    ActiveHours,
    Contact,
    EscalationPolicy,
    Handoff,
    Layer,
    Maintenance,
    Override,
    Person,
    Restriction,
    Schedule,
    Step,
    Target,
    Team,
)
from alertkit.model.policy import ChannelSettings
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher
from alertkit.model.rules import Source
from alertkit.model.sentence import Text
from alertkit.model.slo import Slo
from alertkit.model.tenant import (
    AlertDefinition,
    AlertmanagerTarget,
    CaseDefinition,
    GrafanaTarget,
    InhibitDefinition,
    PackUse,
    Project,
    ReceiverTarget,
    RecordDefinition,
    Routing,
    Service,
    Targets,
    Tenant,
    TenantSource,
    Timings,
    Version,
)

Places = Callable[[Path], Source]
"""Where a path of the definition stands in its files."""

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
_CONTACT_KINDS = ("slack", "email")
_OPTIONS = ("url", "host", "port", "from", "user")
_SECRETS = ("token", "signing_secret", "routing_key", "password")


def project(data: Data, environment: str = "") -> Project:
    """The project with its defaults."""
    tenancy, targets, receiver = data.get("tenancy", {}), data.get("targets", {}), data["receiver"]
    return Project(
        tenants=data.get("tenants", "tenants").rstrip("/"),
        label=tenancy.get("label", names.DEFAULT_TENANT_LABEL),
        enforce=tenancy.get("enforce", "selectors"),
        targets=Targets(
            prometheus=_version(targets.get("prometheus", "2.42")),
            alertmanager=_version(targets.get("alertmanager", "0.25")),
            grafana=_version(targets.get("grafana", "10.4")),
        ),
        receiver=ReceiverTarget(receiver["url"].rstrip("/"), receiver["credentials_file"], receiver.get("max_alerts", 500)),
        datasource_uid=data.get("datasource", {}).get("uid", "prometheus"),
        grafana_url=data.get("grafana", {}).get("url", "").rstrip("/"),
        shared_metrics=frozenset(data.get("shared_metrics", [])),
        evaluation_interval=Duration.parse(data.get("evaluation_interval", "1m")),
        environments=tuple(data.get("environments", [])),
        environment=environment,
        relaxed=frozenset(data.get("relaxed", [])),
        runbooks=data.get("runbooks", ""),
        alertmanager=_alertmanager(data.get("alertmanager", {})),
        grafana=_grafana(data.get("grafana", {}).get("provisioning", {})),
        tenant_source=_tenant_source(data.get("datasource", {}).get("per_tenant")),
    )


def _grafana(data: Data) -> GrafanaTarget:
    known = {"format": "form", "datasource_label": "source_label", "folder_annotation": "annotation"}
    return GrafanaTarget(**{known.get(key, key): value for key, value in data.items()})


def _tenant_source(data: Data | None) -> TenantSource | None:
    if data is None:
        return None
    interval = Duration.parse(data.get("interval", "15s"))
    return TenantSource(data["url"], data.get("header", ""), data.get("parameter", ""), interval)


def _alertmanager(data: Data) -> AlertmanagerTarget:
    smtp = data.get("smtp", {})
    return AlertmanagerTarget(
        secrets_dir=data.get("secrets_dir", ""),
        smtp_host=smtp.get("host", ""),
        smtp_from=smtp.get("from", ""),
        smtp_user=smtp.get("user", ""),
        smtp_password=names.secret(names.PLATFORM, smtp["password"]["secret"]) if "password" in smtp else "",
        health=data.get("health", ""),
        watchdog=data.get("watchdog", ""),
        job=data.get("job", "alertkit"),
    )


def platform_definition(data: Data) -> Data:
    """The platform's own sections of the project file, as a tenant's definition."""
    kept = (
        "services",
        "records",
        "alerts",
        "slos",
        "detections",
        "teams",
        "people",
        "channels",
        "schedules",
        "escalation",
        "routing",
        "maintenance",
        "dashboards",
    )
    sections = {key: data[key] for key in kept if key in data}
    return {
        "tenant": names.PLATFORM,
        "title": "Platform",
        "locale": data.get("locale", "en"),
        "timezone": data.get("timezone", "UTC"),
        **sections,
    }


def tenant(data: Data, scope: Scope, places: Places) -> Tenant:
    """The tenant that is compiled, from a definition without problems."""
    resolver = _Resolver(data, scope, places)
    return Tenant(
        name=data["tenant"],
        title=data["title"],
        locale=data["locale"],
        timezone=data["timezone"],
        services=resolver.services(),
        records=resolver.records(),
        alerts=resolver.alerts(),
        slos=resolver.slos(),
        people=resolver.people(),
        teams=resolver.teams(),
        schedules=resolver.schedules(),
        channels=resolver.channels(),
        policies=resolver.policies(),
        routing=resolver.routing(),
        maintenance=resolver.maintenance(),
        dashboards=resolver.dashboards(),
        cases=resolver.cases(),
        detections=resolver.detections(),
        uses=resolver.uses(),
    )


class _Resolver:
    """One definition and what it is resolved against."""

    def __init__(self, data: Data, scope: Scope, places: Places) -> None:
        self._data, self._scope, self._places = data, scope, places
        self._uses = tuple(self._uses_of_packs())

    def services(self) -> tuple[Service, ...]:
        return tuple(
            Service(entry["name"], self.name("teams", entry["owner"]), tuple(used["use"] for used in entry.get("packs", [])))
            for entry in self._data.get("services", [])
        )

    def _uses_of_packs(self) -> Iterator[Use]:
        for index, service in enumerate(self._data.get("services", [])):
            for place, entry in enumerate(service.get("packs", [])):
                reading = self._scope.packs.find(entry["use"])
                if reading and reading.pack:  # as it is: the definition has been checked
                    source = self._places(("services", index, "packs", place))
                    yield packs_use.use(entry, reading.pack, service["name"], self._scope.project, source, self._data["locale"])

    def records(self) -> tuple[RecordDefinition, ...]:
        own = (
            RecordDefinition(entry["record"], entry["expr"], entry.get("labels", {}), self._places(("records", index)))
            for index, entry in enumerate(self._data.get("records", []))
        )
        detected = (record for one in self._lowered() for record in one.records)
        return (*own, *(record for used in self._uses for record in packs_use.records(used)), *detected)

    def detections(self) -> tuple[DetectionDefinition, ...]:
        return tuple(
            resolve_detection(entry, self._data["locale"], self._places(("detections", index)))
            for index, entry in enumerate(self._data.get("detections", []))
        )

    def _lowered(self) -> Iterator[Lowered]:
        project = self._scope.project
        own = Matcher(project.label, "=", self._scope.tenant)
        return (lower(one, own, project.targets.prometheus) for one in self.detections())

    def alerts(self) -> tuple[AlertDefinition, ...]:
        own = (self._alert(entry, self._places(("alerts", index))) for index, entry in enumerate(self._data.get("alerts", [])))
        watching = health.alerts(self._scope.project) if self._scope.is_platform else ()
        packed = (alert for used in self._uses for alert in packs_use.alerts(used, self._scope.project))
        return (*own, *packed, *(one.alert for one in self._lowered()), *watching)

    def cases(self) -> tuple[CaseDefinition, ...]:
        own = (
            _case(case, alert["name"], self._places(("alerts", index, "tests", place)))
            for index, alert in enumerate(self._data.get("alerts", []))
            for place, case in enumerate(alert.get("tests", []))
        )
        return (*own, *(case for used in self._uses for case in packs_use.cases(used)))

    def uses(self) -> tuple[PackUse, ...]:
        return tuple(PackUse(use.service, use.pack.name, use.pack.title, use.pack.view) for use in self._uses)

    def dashboards(self) -> tuple[str, ...]:
        """What is written; else technical, executive and slo with SLOs, those that packs feed, and the platform's own."""
        if "dashboards" in self._data:
            return tuple(self._data["dashboards"])
        fed = {"technical": True, "executive": bool(self._data.get("slos")), "slo": bool(self._data.get("slos"))}
        fed |= {view: any(use.pack.view == view for use in self._uses) for view in ("security", "ai-ml")}
        return tuple(view for view, wanted in (fed | {"fleet": self._scope.is_platform}).items() if wanted)

    def _alert(self, entry: Data, source: Source) -> AlertDefinition:
        return AlertDefinition(
            name=entry["name"],
            service=entry["service"],
            expr=entry["expr"],
            severity=entry["severity"],
            summary=self._text(entry["summary"]),
            source=source,
            hold=_duration(entry.get("for")),
            keep_firing_for=_duration(entry.get("keep_firing_for")),
            labels=entry.get("labels", {}),
            unit=entry.get("unit", "none"),
            description=self._text(entry.get("description", {})),
            runbook=entry.get("runbook", ""),
        )

    def _text(self, text: str | dict[str, str]) -> Text:
        return {self._data["locale"]: text} if isinstance(text, str) else text

    def slos(self) -> tuple[Slo, ...]:
        return tuple(
            resolve_slo(entry, self._data["locale"], self._places(("slos", index)))
            for index, entry in enumerate(self._data.get("slos", []))
        )

    def people(self) -> dict[str, Person]:
        own = {entry["id"]: self._person(entry, self._data) for entry in self._data.get("people", [])}
        lent = {names.lent(entry["id"]): self._person(entry, self._scope.platform) for entry in self._scope.lent("people")}
        return own | lent

    def _person(self, entry: Data, home: Data) -> Person:
        return Person(
            name=entry["name"],
            locale=_or(entry, "locale", home),
            timezone=_or(entry, "timezone", home),
            contact=self._contacts(entry, home),
            slack=entry.get("slack", ""),
        )

    def _contacts(self, entry: Data, home: Data) -> tuple[Contact, ...]:
        written = entry.get("contact") or [kind for kind in _CONTACT_KINDS if kind in entry]
        contacts = []
        for item in written:
            kind, after = (item, "0s") if isinstance(item, str) else (item["by"], item.get("after", "0s"))
            channel = self._channel_for(kind, home)
            if channel:
                contacts.append(self._contact(channel, entry[kind], home, after))
        return tuple(contacts)

    def _channel_for(self, kind: str, home: Data) -> str:
        """Name of the channel that serves a kind of address: somebody of the platform is reached by the platform's."""
        if home is self._data:
            found = self._scope.channel_of_type(self._data, kind)
            return found[0] if found else ""
        return next((names.lent(channel["name"]) for channel in home.get("channels", []) if channel["type"] == kind), "")

    def _contact(self, channel: str, address: str | Data, home: Data, after: str) -> Contact:
        seconds = Duration.parse(after).ms // 1_000
        if isinstance(address, str):
            return Contact(channel, address=address, after=seconds)
        return Contact(channel, address_secret=names.secret(home["tenant"], address["secret"]), after=seconds)

    def teams(self) -> dict[str, Team]:
        own = {entry["name"]: self._team(entry, self._data) for entry in self._data.get("teams", [])}
        lent = {names.lent(entry["name"]): self._team(entry, self._scope.platform) for entry in self._scope.lent("teams")}
        return own | lent

    def _team(self, entry: Data, home: Data) -> Team:
        rooms = {kind: entry[kind] for kind in _CONTACT_KINDS if kind in entry}
        return Team(
            locale=_or(entry, "locale", home),
            timezone=_or(entry, "timezone", home),
            contact=self._contacts(rooms, home),
            members=tuple(self._person_key(member, home) for member in entry.get("members", [])),
        )

    def _person_key(self, person: str, home: Data) -> str:
        return person if home is self._data else names.lent(person)

    def schedules(self) -> dict[str, Schedule]:
        own = {entry["name"]: self._schedule(entry, self._data) for entry in self._data.get("schedules", [])}
        lent = {names.lent(entry["name"]): self._schedule(entry, self._scope.platform) for entry in self._scope.lent("schedules")}
        return own | lent

    def _schedule(self, entry: Data, home: Data) -> Schedule:
        return Schedule(
            timezone=_or(entry, "timezone", home),
            layers=tuple(self._layer(layer, home) for layer in entry["layers"]),
            overrides=tuple(
                Override(
                    dt.datetime.fromisoformat(override["from"]),
                    dt.datetime.fromisoformat(override["until"]),
                    self._person_key(override["person"], home),
                )
                for override in entry.get("overrides", [])
            ),
        )

    def _layer(self, layer: Data, home: Data) -> Layer:
        return Layer(
            rotation=layer["rotation"],
            handoff=_handoff(layer["handoff"]),
            start=dt.date.fromisoformat(layer["from"]),
            members=tuple(self._person_key(member, home) for member in layer["members"]),
            every=layer.get("every", 1),
            until=dt.date.fromisoformat(layer["until"]) if "until" in layer else None,
            restrict=tuple(_restriction(entry) for entry in layer.get("restrict", [])),
        )

    def channels(self) -> dict[str, ChannelSettings]:
        own = {entry["name"]: _channel(entry, self._data["tenant"]) for entry in self._data.get("channels", [])}
        lent = {names.lent(entry["name"]): _channel(entry, names.PLATFORM) for entry in self._scope.lent("channels")}
        return own | lent

    def policies(self) -> dict[str, EscalationPolicy]:
        return {entry["name"]: self._policy(entry) for entry in self._data.get("escalation", [])}

    def _policy(self, entry: Data) -> EscalationPolicy:
        steps = (
            Step(Duration.parse(step.get("after", "0s")).ms // 1_000, tuple(self._target(target) for target in step["notify"]))
            for step in entry["steps"]
        )
        return EscalationPolicy(
            steps=tuple(steps),
            repeat=entry.get("repeat", 0),
            acknowledge_timeout=Duration.parse(entry.get("acknowledge_timeout", "0s")).ms // 1_000,
            active=self._active(entry["active"]) if "active" in entry else None,
        )

    def _target(self, target: dict[str, str]) -> Target:
        ((kind, name),) = target.items()
        if kind == "channel":
            found = self._scope.channel_named(self._data, name)
            return Target(channel=found[0] if found else "")
        return Target(person=name) if kind == "person" else Target(**{kind: self.name(f"{kind}s", name)})

    def name(self, section: str, name: str) -> str:
        """The name under which a team or schedule stands in the compiled policy: the tenant's own, or one that is lent."""
        return name if any(entry["name"] == name for entry in self._data.get(section, [])) else names.lent(name)

    def _active(self, active: Data) -> ActiveHours:
        return ActiveHours(
            timezone=_or(active, "timezone", self._data),
            hours=_restriction(active),
            holidays=tuple(dt.date.fromisoformat(day) for day in active.get("holidays", [])),
        )

    def routing(self) -> Routing:
        own, defaults = self._data.get("routing", {}), self._scope.platform.get("routing", {})

        def timing(key: str, default: str) -> Duration:
            return Duration.parse(own.get(key, defaults.get(key, default)))

        return Routing(
            group_by=tuple(own.get("group_by", ("alertname", names.LABEL_SERVICE))),
            timings=Timings(timing("group_wait", "10s"), timing("group_interval", "1m"), timing("repeat_interval", "30m")),
            routes=routes_read.routes(own.get("routes", []), ("routing", "routes"), self._places),
            inhibit=tuple(
                InhibitDefinition(
                    routes_read.condition(rule["source"]), routes_read.condition(rule["target"]), tuple(rule.get("equal", ()))
                )
                for rule in own.get("inhibit", [])
            ),
            simulate=own.get("simulate", False),
            notify=own.get("notify", ""),
            receivers=tuple(routes_read.native(entry, self._data["tenant"]) for entry in own.get("receivers", [])),
            intervals=tuple(
                routes_read.interval(entry, self._data["timezone"], _restriction) for entry in own.get("intervals", [])
            ),
            tests=tuple(
                routes_read.test(entry, self._places(("routing", "tests", index)))
                for index, entry in enumerate(own.get("tests", []))
            ),
        )

    def maintenance(self) -> tuple[Maintenance, ...]:
        zone = self._data["timezone"]
        return tuple(
            Maintenance(_instant(window["from"], zone), _instant(window["until"], zone), window["match"], window["reason"])
            for window in self._data.get("maintenance", [])
        )


def _case(entry: Data, alert: str, source: Source) -> CaseDefinition:
    return CaseDefinition(
        alert=alert,
        title=entry.get("name", ""),
        series=entry["series"],
        source=source,
        labels=entry.get("labels", {}),
        fires_at=_duration(entry.get("fires_at")),
        silent_at=_duration(entry.get("silent_at")),
        interval=Duration.parse(entry.get("interval", "1m")),
    )


def _or(entry: Data, key: str, home: Data) -> str:
    """What the entry says, or else its tenant."""
    value: str = entry[key] if key in entry else home[key]
    return value


def _channel(entry: Data, owner: str) -> ChannelSettings:
    return ChannelSettings(
        type=entry["type"],
        options={key: entry[key] for key in _OPTIONS if key in entry},
        secrets={key: names.secret(owner, entry[key]["secret"]) for key in _SECRETS if key in entry},
    )


def _instant(local: str, zone: str) -> dt.datetime:
    return dt.datetime.fromisoformat(local).replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(dt.UTC)


def _duration(text: str | None) -> Duration | None:
    return None if text is None else Duration.parse(text)


def _version(text: str) -> Version:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


def _handoff(text: str) -> Handoff:
    day, _, time = text.rpartition(" ")
    if not day:
        return Handoff(time)
    return Handoff(time, day=int(day)) if day.isdigit() else Handoff(time, weekday=_WEEKDAYS.index(day))


def _restriction(entry: dict[str, Any]) -> Restriction:
    start, end = entry["hours"].split("-")
    return Restriction(_weekdays(entry["weekdays"]) if "weekdays" in entry else _EVERY_DAY, start, end)


def _weekdays(text: str) -> tuple[int, ...]:
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        begin, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last or first)
        days.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return tuple(sorted(days))
