"""Checks of meaning, one subject a module. Each takes a definition that its schema has accepted and yields findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from alertkit.compiler.checks import (
    calendars,
    cases,
    channels,
    dashboards,
    detections,
    duplicates,
    expressions,
    inhibition,
    locales,
    native,
    packs,
    references,
    removals,
    route_tests,
    routes,
    sentences,
    slos,
)
from alertkit.compiler.finding import Finding
from alertkit.compiler.scope import Data, Scope

Check = Callable[[Data, Scope], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    duplicates.check,
    references.check,
    removals.check,
    channels.check,
    locales.check,
    calendars.check,
    expressions.check,
    cases.check,
    sentences.check,
    packs.check,
    dashboards.check,
    slos.check,
    detections.check,
    routes.check,
    inhibition.check,
    native.check,
    route_tests.check,
)
