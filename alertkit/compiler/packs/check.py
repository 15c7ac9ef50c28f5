"""Everything wrong in the meaning of a pack that its schema has accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alertkit import names
from alertkit.compiler.checks.sentences import check_text
from alertkit.compiler.finding import Finding, Path, did_you_mean
from alertkit.compiler.packs import places, values
from alertkit.compiler.packs.places import MisplacedError, own_records
from alertkit.compiler.packs.use import ADDED_LABELS
from alertkit.errors import IsolationError, Level, PromQLError
from alertkit.model.pack import OWN_NAME, SERVICE, Parameter, Value
from alertkit.model.quantity import Duration
from alertkit.promql import condition, isolate, label_flow, selectors

Data = dict[str, Any]

_VALUES = ("default", "example", "relaxed", "minimum", "maximum")
_BOUNDED = ("duration", "ratio", "rate", "bytes", "number", "integer")
_TRIED = "some-service"
_ALWAYS = ("none", "bool")


def check(data: Data, folder: str) -> list[Finding]:
    """Every finding; expressions are tried with the parameters' samples, once these are right."""
    findings = [*_name(data, folder), *_repeated(data), *_parameters(data)]
    if not findings:
        checker = _Checker(data)
        findings = list(checker.rules())
        findings += checker.cases() if findings else [*checker.cases(), *checker.leftovers()]
    return findings


def _name(data: Data, folder: str) -> Iterator[Finding]:
    if data["name"] != folder:
        yield Finding(("name",), "AK304", f"the file says pack {data['name']!r}, its folder says {folder!r}", "make them equal")


def _repeated(data: Data) -> Iterator[Finding]:
    for section, key in (("records", "record"), ("alerts", "name")):
        seen: dict[str, int] = {}
        for index, entry in enumerate(data.get(section, [])):
            first = seen.setdefault(entry[key], index)
            if first != index:
                message = f"{section}: {entry[key]!r} stands twice, as number {first + 1} and number {index + 1}"
                yield Finding((section, index, key), "AK302", message, "names are unique in a pack")


def _parameters(data: Data) -> Iterator[Finding]:
    for name, entry in data.get("parameters", {}).items():
        path: Path = ("parameters", name)
        wrong = list(_values(entry, path))
        yield from wrong
        if not wrong:
            yield from _bounds(values.parameter(name, entry), path)
        if name == SERVICE:
            yield Finding(path, "AK303", f"${{{SERVICE}}} is the name of the service in every pack", "remove it", on_key=True)
        if "default" not in entry and "example" not in entry:
            message = f"parameter {name!r} has no default, so it needs an example to show and to try the pack with"
            yield Finding(path, "AK812", message, "add default: or example:", on_key=True)


def _values(entry: Data, path: Path) -> Iterator[Finding]:
    for key in _VALUES:
        try:
            if key in entry:
                values.read(entry["type"], entry[key])
        except ValueError as error:
            yield Finding((*path, key), "AK812", str(error))
    for key in ("minimum", "maximum"):
        if key in entry and entry["type"] not in _BOUNDED:
            yield Finding((*path, key), "AK812", f"a {entry['type']} has no {key}", "remove it", on_key=True)


def _bounds(parameter: Parameter, path: Path) -> Iterator[Finding]:
    for key in ("default", "example", "relaxed"):
        value = getattr(parameter, key)
        problem = values.outside(parameter, value) if value is not None else ""
        if problem:
            yield Finding((*path, key), "AK812", problem)


class _Checker:
    """The rules of one pack, tried with samples. What is read and which parameters are used is remembered on the way."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._parameters = {name: values.parameter(name, entry) for name, entry in data.get("parameters", {}).items()}
        self._values: dict[str, Value] = {name: _sample(parameter) for name, parameter in self._parameters.items()}
        self._values[SERVICE] = _TRIED
        self._recorded: set[str] = set()
        self._used: set[str] = set()
        self._read: set[str] = set()
        self._always: set[str] = set()

    def rules(self) -> Iterator[Finding]:
        """Records in order, then alerts: places, PromQL, what is read, conditions, words."""
        for index, record in enumerate(self._data.get("records", [])):
            yield from self._tried(record["expr"], ("records", index, "expr"))[1]
            self._recorded.add(record["record"])
        for index, alert in enumerate(self._data["alerts"]):
            yield from self._alert(alert, ("alerts", index))

    def _alert(self, alert: Data, path: Path) -> Iterator[Finding]:
        expr, findings = self._tried(alert["expr"], (*path, "expr"))
        yield from findings
        if expr and condition(expr).kind in _ALWAYS:
            message = f"alert {alert['name']!r} has no condition: it fires as long as there is data"
            yield Finding((*path, "expr"), "AK403", message, "compare with a threshold, as in … > ${limit}")
        if expr and not selectors(expr):
            self._always.add(alert["name"])  # a watchdog, which is never silent
        flow = label_flow(expr).add(ADDED_LABELS) if expr else None
        for key in ("summary", "description"):
            yield from check_text(alert[key], (*path, key), flow)

    def _tried(self, expr: str, path: Path) -> tuple[str, list[Finding]]:
        """The expression with samples in its places, "" when something is wrong with it, and what that is."""
        findings = list(self._places(expr, path))
        if findings:
            return "", findings
        filled = places.fill(expr, self._values)
        try:
            isolate(own_records(filled, frozenset(self._recorded), _TRIED), names.DEFAULT_TENANT_LABEL, _TRIED)
            condition(filled)
        except PromQLError as error:
            return "", [Finding(path, "AK401", f"not PromQL: {error}")]
        except IsolationError as error:
            return "", [Finding(path, "AK402", f"cannot be confined to a tenant and a service: {error}")]
        findings = list(self._reads(filled, path))
        return "" if findings else filled, findings

    def _places(self, text: str, path: Path) -> Iterator[Finding]:
        try:
            found = places.find(text)
        except MisplacedError as error:
            yield Finding(path, "AK811", str(error), offset=error.offset)
            return
        for place in found:
            self._used.add(place.name)
            if place.name not in self._values:
                message = f"there is no parameter {place.name!r}"
                yield Finding(path, "AK811", message, did_you_mean(place.name, self._values), offset=place.start)
            elif place.form not in self._forms(place.name):
                yield Finding(path, "AK811", self._misplaced(place.name), offset=place.start)

    def _forms(self, name: str) -> tuple[places.Form, ...]:
        return places.FORMS["text" if name == SERVICE else self._parameters[name].kind]

    def _misplaced(self, name: str) -> str:
        kind = "text" if name == SERVICE else self._parameters[name].kind
        ways = "; or ".join(places.WRITTEN[form] for form in self._forms(name))
        return f"a {kind} such as ${{{name}}} stands {ways}"

    def _reads(self, expr: str, path: Path) -> Iterator[Finding]:
        declared = self._data["metrics"]
        for selector in selectors(expr):
            metric = selector.metric
            if not metric:
                yield Finding(path, "AK813", "a selector names no metric, so nobody can say what the pack reads", "name it")
            elif metric in declared:
                self._read.add(metric)
            elif metric not in self._recorded:
                message = f"the pack reads {metric!r}, which is neither in metrics nor recorded before"
                yield Finding(path, "AK813", message, did_you_mean(metric, {*declared, *self._recorded}))

    def cases(self) -> Iterator[Finding]:
        """Cases that can run, and at least one on each side of every threshold."""
        proven: dict[str, set[str]] = {alert["name"]: set() for alert in self._data["alerts"]}
        for index, case in enumerate(self._data.get("cases", [])):
            yield from self._case(case, ("cases", index), proven)
        for index, alert in enumerate(self._data["alerts"]):
            sides = [("fires_at", "fires")] + [("silent_at", "stays silent")] * (alert["name"] not in self._always)
            for key, what in sides:
                if key not in proven[alert["name"]]:
                    message = f"no case proves that {alert['name']!r} {what}"
                    yield Finding(("alerts", index, "name"), "AK815", message, "add one to cases:", level=Level.WARNING)

    def _case(self, case: Data, path: Path, proven: dict[str, set[str]]) -> Iterator[Finding]:
        if case["alert"] not in proven:
            message = f"the pack has no alert {case['alert']!r}"
            yield Finding((*path, "alert"), "AK815", message, did_you_mean(case["alert"], proven))
        said = {key for key in ("fires_at", "silent_at") if key in case}
        proven.get(case["alert"], set()).update(said)
        if not said:
            yield Finding(path, "AK815", "the case says neither fires_at nor silent_at", "say when the alert fires, or does not")
        yield from values.check(self._parameters, case.get("with", {}), (*path, "with"))
        interval = Duration.parse(case.get("interval", "1m"))
        for key in sorted(said):
            if Duration.parse(case[key]).ms % interval.ms:
                message = f"{key}: {case[key]} is not a moment at which rules are evaluated, every {interval}"
                yield Finding((*path, key), "AK815", message)
        for series in case["series"]:
            yield from self._series(series, (*path, "series", series))

    def _series(self, series: str, path: Path) -> Iterator[Finding]:
        findings = list(self._places(series, path))
        if not findings:
            try:
                found = selectors(places.fill(series, self._values))
            except PromQLError as error:
                findings.append(Finding(path, "AK815", f"not a series: {error}"))
            else:
                known = {*self._data["metrics"], *self._recorded}
                names_read = {selector.metric or "" for selector in found}
                if len(found) != 1 or not names_read <= known:
                    findings.append(Finding(path, "AK815", "a series is a metric that the pack reads or records, with labels"))
        for finding in findings:
            yield Finding(finding.path, finding.code, finding.message, finding.hint, on_key=True)

    def leftovers(self) -> Iterator[Finding]:
        """What is declared and does nothing."""
        for name in self._parameters.keys() - self._used:
            yield Finding(("parameters", name), "AK814", f"parameter {name!r} is in no expression", "remove it", on_key=True)
        for metric in self._data["metrics"].keys() - self._read:
            yield Finding(("metrics", metric), "AK814", f"no rule reads the metric {metric!r}", "remove it", on_key=True)


def _sample(parameter: Parameter) -> Value:
    return _TRIED if parameter.sample == OWN_NAME else parameter.sample
