"""AK8xx: rule packs, and the services that use them."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

_USE = "services:\n  - name: web\n    owner: web\n    packs:\n      - use: {}\n"
_WITH = _USE.format("http-service") + "        with: {}\n"
_ALERTS = _USE.format("http-service") + "        alerts: {}\n"
_PACK = "# packs/queue/pack.yaml\n"
_ALERT = (
    "alerts:\n"
    "  - name: QueueStuck\n"
    "    expr: {}\n"
    "    severity: warning\n"
    "    summary: {{en: The queue is stuck}}\n"
    "    description: {{en: Nothing leaves it.}}\n"
)
_PARAMETER = "parameters:\n  limit: {{type: {}, default: {}, description: Longest wait.}}\n"
_NEEDED = "parameters:\n  limit: {type: duration, example: 10m, description: Longest wait.}\n"
_CASE = (
    "cases:\n"
    "  - {{alert: QueueStuck, title: stuck, series: {{queue_oldest_seconds: 601x9}}, fires_at: 5m}}\n"
    "  - {{alert: {}, title: slow, series: {{queue_oldest_seconds: 599x9}}, silent_at: 5m}}\n"
)

CODES: Final[dict[str, Code]] = {
    "AK801": Code(
        "An unknown pack",
        "A service uses a pack that is neither in the project's folder packs/ nor among those that ship with alertkit. "
        "`alertkit packs` lists them.",
        wrong=_USE.format("http-services"),
        right=_USE.format("http-service"),
    ),
    "AK802": Code(
        "An unknown parameter",
        "The pack has no parameter of this name. `alertkit packs NAME` explains those it has.",
        wrong=_WITH.format("{latency: 300ms}"),
        right=_WITH.format("{latency_p99: 300ms}"),
    ),
    "AK803": Code(
        "A missing parameter",
        "The pack has no default for this parameter, so the service must say it.",
        wrong=_PACK + _NEEDED + "# tenants/acme.yaml\n" + _USE.format("queue"),
        right=_PACK + _NEEDED + "# tenants/acme.yaml\n" + _USE.format("queue") + "        with: {limit: 5m}\n",
    ),
    "AK804": Code(
        "A value that the parameter cannot have",
        "It is of another type (a duration is `300ms`, a ratio `1%` or 0.01, a rate `0.1/s`, a size `512MiB`), or outside of the "
        "bounds that the pack sets.",
        wrong=_WITH.format("{latency_p99: 300, errors: 80%}"),
        right=_WITH.format("{latency_p99: 300ms, errors: 2%}"),
    ),
    "AK805": Code(
        "An unknown alert of a pack",
        "The pack has no alert of this name that could be changed or switched off.",
        wrong=_ALERTS.format('{HighErrorRate: "off"}'),
        right=_ALERTS.format('{HighErrors: "off"}'),
    ),
    "AK806": Code(
        "A pack that is wrong itself",
        "The pack's own file has problems, so no service can use it. Tenants that use other packs are not affected.",
        wrong=_PACK + _ALERT.format("queue_oldest_seconds >") + "# tenants/acme.yaml\n" + _USE.format("queue"),
        right=_PACK + _ALERT.format("queue_oldest_seconds > ${limit}") + "# tenants/acme.yaml\n" + _USE.format("queue"),
    ),
    "AK807": Code(
        "Parameters that make no rule",
        "With the names of metrics and labels that the service gives, an expression of the pack is no PromQL any more, or cannot "
        "be confined to the tenant.",
        wrong=_WITH.format("{status_label: tenant}"),
        right=_WITH.format("{status_label: status}"),
    ),
    "AK811": Code(
        "A place for a parameter that cannot be filled",
        "A place is `${name}` of a declared parameter. A text stands in quotes after = or !=, a pattern after =~ or !~, a "
        "duration in brackets or bare (then in seconds); everything else stands bare. Nothing is ever evaluated.",
        wrong=_PACK + _ALERT.format("queue_oldest_seconds > ${longest}"),
        right=_PACK + _ALERT.format("queue_oldest_seconds > ${limit}"),
    ),
    "AK812": Code(
        "A parameter that contradicts itself",
        "Default, example, relaxed value and bounds are of the parameter's type, and the values lie within the bounds. A "
        "parameter without a default has an example.",
        wrong=_PACK + _PARAMETER.format("duration", "1%"),
        right=_PACK + _PARAMETER.format("duration", "10m"),
    ),
    "AK813": Code(
        "A metric that the pack does not declare",
        "A pack says under `metrics` what it reads, so that people know what to expose. Records are read after they are made, "
        "and every selector names its metric.",
        wrong=_PACK + _ALERT.format("queue_oldest_seconds > ${limit} and queue_length > 0"),
        right=(
            _PACK
            + "metrics: {queue_oldest_seconds: Age of the oldest job., queue_length: Jobs that wait.}\n"
            + _ALERT.format("queue_oldest_seconds > ${limit} and queue_length > 0")
        ),
    ),
    "AK814": Code(
        "Something declared that does nothing",
        "No expression has a place for the parameter, or no rule reads the metric.",
        wrong=_PACK + _ALERT.format("queue_oldest_seconds > 600"),
        right=_PACK + _ALERT.format("queue_oldest_seconds > ${limit}"),
    ),
    "AK815": Code(
        "A case that proves nothing",
        "A case is about an alert of the pack, feeds metrics that the pack reads or records, and says when the alert fires or is "
        "silent. Each alert should have a case on either side of its threshold.",
        wrong=_PACK + _CASE.format("QueueStopped"),
        right=_PACK + _CASE.format("QueueStuck"),
    ),
}
