from __future__ import annotations

from typing import get_args

import grafanalib.formatunits
import pytest

from alertkit.dashboards import units
from alertkit.model.policy import Unit


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("service:http_requests:rate5m", "reqps"),
        ("service:http_requests:avg30m_rate5m", "reqps"),
        ("service:errors:rate5m", "cps"),
        ("job:request_duration_seconds:p99", "s"),
        ("job:request_duration_seconds:p99_rate5m", "s"),
        ("process_start_timestamp_seconds", "short"),
        ("instance:node_cpu_utilisation:rate5m", "percentunit"),
        ("service:http_errors_per_request:ratio_rate5m", "percentunit"),
        ("instance:node_network_receive_bytes:rate1m", "binBps"),
        ("node_memory_MemFree_bytes", "bytes"),
        ("rack_temperature_celsius", "celsius"),
        ("queue_depth", "short"),
    ],
)
def test_a_series_is_drawn_in_the_unit_that_its_name_states(name, unit):
    assert units.of_series(name) == unit


def test_every_unit_of_a_definition_is_one_that_grafana_knows():
    known = {value for value in vars(grafanalib.formatunits).values() if isinstance(value, str)}
    assert set(units.GRAFANA) == set(get_args(Unit))
    assert set(units.GRAFANA.values()) | set(units.RATES.values()) | set(units.PLAIN.values()) <= known
