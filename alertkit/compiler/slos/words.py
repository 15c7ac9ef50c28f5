"""What alertkit says about an SLO's alerts when the author says nothing."""

from __future__ import annotations

from typing import Final

from alertkit.model.slo import Slo

_BURN: Final = {
    "en": "{subject}: at this rate a whole error budget is gone in {value}",
    "fr": "{subject} : à ce rythme, un budget d’erreur entier est épuisé en {value}",
    "de": "{subject}: Bei diesem Tempo reicht ein ganzes Fehlerbudget nur {value}",
    "es": "{subject}: a este ritmo, un presupuesto de error completo se agota en {value}",
    "it": "{subject}: a questo ritmo un intero budget di errore si esaurisce in {value}",
}
_ABSENCE: Final = {
    "en": "{slo}: no data, so nobody knows whether the objective is met",
    "fr": "{slo} : aucune donnée ; impossible de savoir si l’objectif est tenu",
    "de": "{slo}: keine Daten; ob das Ziel eingehalten wird, ist unbekannt",
    "es": "{slo}: sin datos; no se sabe si se cumple el objetivo",
    "it": "{slo}: nessun dato; non si sa se l’obiettivo è rispettato",
}
_SLOTH: Final = {
    "en": "{sloth_service} {sloth_slo}: {value} of events fail, more than the error budget can bear",
    "fr": "{sloth_service} {sloth_slo} : {value} des événements échouent, plus que n’en supporte le budget d’erreur",
    "de": "{sloth_service} {sloth_slo}: {value} der Ereignisse schlagen fehl, mehr als das Fehlerbudget verträgt",
    "es": "{sloth_service} {sloth_slo}: falla el {value} de los eventos, más de lo que admite el presupuesto de error",
    "it": "{sloth_service} {sloth_slo}: {value} di eventi falliti, più di quanto il budget di errore consenta",
}


def burn(slo: Slo) -> dict[str, str]:
    """Sentences of a burn-rate alert, whose value is the time in which a whole budget is gone."""
    groups = ", ".join(f"{{{label}}}" for label in slo.group_by)
    subject = f"{{slo}} ({groups})" if groups else "{slo}"
    return dict(slo.summary) or {language: text.replace("{subject}", subject) for language, text in _BURN.items()}


def absence() -> dict[str, str]:
    """Sentences of the alert on missing data."""
    return dict(_ABSENCE)


def sloth() -> dict[str, str]:
    """Sentences of an alert in Sloth's form, whose value is the error ratio of the short window."""
    return dict(_SLOTH)
