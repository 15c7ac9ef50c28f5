"""AK4xx: expressions, labels and sentences of rules."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

CODES: Final[dict[str, Code]] = {
    "AK401": Code(
        "Not PromQL",
        "The expression cannot be understood. The message says at which character, and what was expected there.",
        wrong=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds >> 600\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
        ),
        right=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
        ),
    ),
    "AK402": Code(
        "An expression that leaves its tenant",
        "Every selector gets the tenant's matcher, and it is proven that it has it. An expression that already "
        "matches on the tenant label, writes it, or reads series that no selector names is refused.",
        wrong=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            '    expr: queue_oldest_seconds{tenant="globex"} > 600\n'
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
        ),
        right=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
        ),
    ),
    "AK403": Code(
        "An alert that always fires",
        "An alert fires for every series that its expression returns. Without a comparison, or with one that "
        "returns 0 or 1 (`bool`), that is always.",
        wrong=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: rate(errors_total[5m])\n"
            "    severity: warning\n"
            "    summary: The web shop fails\n"
        ),
        right=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: rate(errors_total[5m]) > 0.1\n"
            "    severity: warning\n"
            "    summary: The web shop fails\n"
        ),
    ),
    "AK404": Code(
        "A label that alertkit sets",
        "The tenant, the severity, the service and a few more labels decide where an alert goes; they come from "
        "their own keys. Labels that begin with two underscores belong to Prometheus.",
        wrong=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
            "    labels: {severity: critical}\n"
        ),
        right=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
            "    labels: {region: eu}\n"
        ),
    ),
    "AK405": Code(
        "A brace that is no field",
        "In a sentence, {name} is a field; `{value}` is the value of the expression. A brace itself is written twice. Templates "
        "of Go's, as rules of Prometheus hold them, are not evaluated: `{{ $labels.instance }}` is written `{instance}`, "
        "`{{ $value | humanize }}` is written `{value}`, and the unit says how it is printed.",
        wrong=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            '    summary: "The oldest job waits { value }"\n'
        ),
        right=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            '    summary: "The oldest job waits {value}"\n'
        ),
    ),
    "AK406": Code(
        "A field that would stay empty",
        "The sentence names a label that the expression's result cannot have, because an aggregation drops it.",
        wrong=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: max by (queue) (queue_oldest_seconds) > 600\n"
            "    severity: warning\n"
            '    summary: "A job on {instance} waits"\n'
        ),
        right=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: max by (queue, instance) (queue_oldest_seconds) > 600\n"
            "    severity: warning\n"
            '    summary: "A job on {instance} waits"\n'
        ),
    ),
    "AK407": Code(
        "Something that the target does not know",
        "The project says which Prometheus reads the rules. A field, a function or a form of PromQL that this version does not "
        "know would make it refuse every rule, of every tenant; so would an experimental function where its flag is not set. "
        "A target that is older than what alertkit knows, Grafana too, is a warning.",
        wrong=(
            "# alertkit.yaml\n"
            'targets: {prometheus: "2.41"}\n'
            "# tenants/acme.yaml\n"
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    keep_firing_for: 5m\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
        ),
        right=(
            "# alertkit.yaml\n"
            'targets: {prometheus: "2.42"}\n'
            "# tenants/acme.yaml\n"
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    keep_firing_for: 5m\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
        ),
    ),
    "AK408": Code(
        "A recording of a shared metric",
        "Shared metrics are read without the tenant's matcher, so a tenant may not record series of that name.",
        wrong=(
            "# alertkit.yaml\n"
            'shared_metrics: ["node:load:avg5m"]\n'
            "# tenants/acme.yaml\n"
            "records:\n"
            "  - record: node:load:avg5m\n"
            "    expr: avg(node_load5)\n"
        ),
        right=(
            "# alertkit.yaml\n"
            'shared_metrics: ["node:load:avg5m"]\n'
            "# tenants/acme.yaml\n"
            "records:\n"
            "  - record: acme:load:avg5m\n"
            "    expr: avg(node_load5)\n"
        ),
    ),
    "AK409": Code(
        "No sentence in the tenant's language",
        "A warning: there is a sentence, but neither in the tenant's language nor in English, so people will read "
        "another language.",
        wrong=(
            "locale: fr\n"
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary:\n"
            "      de: Der älteste Auftrag wartet\n"
        ),
        right=(
            "locale: fr\n"
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary:\n"
            "      fr: Le plus ancien travail attend\n"
        ),
    ),
    "AK410": Code(
        "A case of too many samples",
        "promtool keeps every sample of a case in memory, so one that repeats a value a million times ends the tests of "
        "everybody. All series of a case together have half a million moments at most.",
        wrong=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
            "    tests: [{series: {queue_oldest_seconds: 601x999999999}, fires_at: 5m}]\n"
        ),
        right=(
            "alerts:\n"
            "  - name: QueueStuck\n"
            "    service: web\n"
            "    expr: queue_oldest_seconds > 600\n"
            "    severity: warning\n"
            "    summary: The oldest job waits\n"
            "    tests: [{series: {queue_oldest_seconds: 601x20}, fires_at: 5m}]\n"
        ),
    ),
}
