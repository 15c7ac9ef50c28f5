"""The metrics that packs read are there, under these names. exporters/ holds the names that a real one of each exporter shows.

`pytest -m nightly tests/live/test_doctor_real.py` asks the installed exporters whether that is still so.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from alertkit import names
from alertkit.compiler.packs.library import Library

FOLDER = Path(__file__).with_name("exporters")
EXPORTERS = {
    "host": ("node_exporter",),
    "blackbox-probe": ("blackbox_exporter",),
    "prometheus-stack": ("prometheus", "alertmanager"),
}
PROMETHEUS_OWN = {"up"}
"""What Prometheus itself says of every target."""
RECEIVER = {value for name, value in vars(names).items() if name.startswith("METRIC_")}


def recorded(exporter: str) -> set[str]:
    """The names that an exporter shows; its version is in the first line."""
    return {line for line in (FOLDER / f"{exporter}.txt").read_text().splitlines() if not line.startswith("#")}


@pytest.mark.parametrize("pack", EXPORTERS)
def test_a_pack_reads_only_metrics_that_its_exporters_have(pack: str) -> None:
    reading = Library().find(pack)
    assert reading is not None
    assert reading.pack is not None
    there = PROMETHEUS_OWN.union(*map(recorded, EXPORTERS[pack]))
    strange = {metric for metric in reading.pack.metrics if metric not in there}
    assert {metric.removesuffix("_bucket") for metric in strange} <= RECEIVER


@pytest.mark.parametrize("exporter", sorted({exporter for found in EXPORTERS.values() for exporter in found}))
def test_a_list_of_names_says_of_which_version_it_is(exporter: str) -> None:
    first, *others = (FOLDER / f"{exporter}.txt").read_text().splitlines()
    assert first.startswith("# ")
    assert any(character.isdigit() for character in first)
    assert len(others) > 10
