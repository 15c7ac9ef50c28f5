"""alertkit's own health: alerts of the platform that only Alertmanager's own receivers are told of.

Alertmanager cannot route on the outcome of a notification, so what watches the receiver must not go through it.
"""

from __future__ import annotations

from typing import Final

from alertkit import names, paths
from alertkit.model.quantity import Duration
from alertkit.model.route import Matcher, Route
from alertkit.model.rules import Source
from alertkit.model.tenant import AlertDefinition, Project

SERVICE: Final = "alertkit"
"""The `service` label of these alerts."""
RECEIVER_DOWN: Final = "AlertkitReceiverDown"
NOTIFICATIONS_FAILING: Final = "AlertkitNotificationsFailing"
STEPS_OVERDUE: Final = "AlertkitStepsOverdue"
_FAILURES: Final = (RECEIVER_DOWN, NOTIFICATIONS_FAILING, STEPS_OVERDUE)
_MINUTE: Final = Duration.of(minutes=1)
_SOURCE: Final = Source(paths.PROJECT_FILE, 1)


def alerts(project: Project) -> tuple[AlertDefinition, ...]:
    """The alerts that the project asks for."""
    target = project.alertmanager
    failures = (_receiver_down(target.job), _notifications_failing(), _steps_overdue(target.job)) if target.health else ()
    return (*failures, *((_watchdog(),) if target.watchdog else ()))


def routes(project: Project) -> tuple[Route, ...]:
    """Their routes, before every other: no mirror takes a copy, and no policy is asked."""
    target, found = project.alertmanager, []
    if target.watchdog:
        found.append(
            Route(
                matchers=(Matcher("alertname", "=", names.WATCHDOG), Matcher(names.LABEL_SERVICE, "=", SERVICE)),
                receiver=names.native_receiver(names.PLATFORM, target.watchdog),
                group_wait=Duration(0),
                group_interval=_MINUTE,
                repeat_interval=_MINUTE,
            )
        )
    if target.health:
        health = (Matcher("alertname", "=~", "|".join(_FAILURES)), Matcher(names.LABEL_SERVICE, "=", SERVICE))
        found.append(Route(matchers=health, receiver=names.native_receiver(names.PLATFORM, target.health)))
    return tuple(found)


def _receiver_down(job: str) -> AlertDefinition:
    return AlertDefinition(
        name=RECEIVER_DOWN,
        service=SERVICE,
        expr=f'absent(up{{job="{job}"}} == 1)',
        severity="critical",
        hold=Duration.of(minutes=2),
        summary={
            "en": "No alertkit receiver is up: nobody is paged",
            "fr": "Aucun récepteur alertkit ne fonctionne : personne n’est alerté",
            "de": "Kein alertkit-Empfänger läuft: Niemand wird alarmiert",
            "es": "Ningún receptor de alertkit funciona: no se avisa a nadie",
            "it": "Nessun ricevitore alertkit è attivo: nessuno viene avvisato",
        },
        source=_SOURCE,
    )


def _notifications_failing() -> AlertDefinition:
    return AlertDefinition(
        name=NOTIFICATIONS_FAILING,
        service=SERVICE,
        expr="sum by (integration) (rate(alertmanager_notifications_failed_total[5m])) > 0",
        severity="critical",
        hold=Duration.of(minutes=5),
        unit="per_second",
        summary={
            "en": "Alertmanager cannot deliver to {integration}: {value} fail",
            "fr": "Alertmanager ne parvient pas à notifier {integration} : {value} en échec",
            "de": "Alertmanager kann nicht an {integration} zustellen: {value} schlagen fehl",
            "es": "Alertmanager no puede entregar a {integration}: fallan {value}",
            "it": "Alertmanager non riesce a consegnare a {integration}: {value} falliscono",
        },
        source=_SOURCE,
    )


def _steps_overdue(job: str) -> AlertDefinition:
    return AlertDefinition(
        name=STEPS_OVERDUE,
        service=SERVICE,
        expr=f'max({names.METRIC_DUE_LAG}{{job="{job}"}}) > 120',
        severity="critical",
        hold=Duration.of(minutes=2),
        unit="duration",
        summary={
            "en": "Escalation is late: a step has been overdue for {value}",
            "fr": "L’escalade a du retard : un niveau est en attente depuis {value}",
            "de": "Die Eskalation ist im Rückstand: Eine Stufe ist {value} überfällig",
            "es": "El escalado va con retraso: un nivel está pendiente desde hace {value}",
            "it": "L’escalation è in ritardo: un livello è in attesa da {value}",
        },
        source=_SOURCE,
    )


def _watchdog() -> AlertDefinition:
    return AlertDefinition(
        name=names.WATCHDOG,
        service=SERVICE,
        expr="vector(1)",
        severity="info",
        summary={
            "en": "Alerting works; when this stops, it does not",
            "fr": "La chaîne d’alerte fonctionne ; quand cette alerte cesse, elle ne fonctionne plus",
            "de": "Die Alarmierung läuft; bleibt dieser Alarm aus, läuft sie nicht mehr",
            "es": "La cadena de alertas funciona; si esta alerta cesa, ya no funciona",
            "it": "La catena di allarme funziona; se questo allarme cessa, non funziona più",
        },
        source=_SOURCE,
    )
