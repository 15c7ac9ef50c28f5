"""Cases as promtool reads them."""

from __future__ import annotations

from typing import Any

from alertkit import names
from alertkit.compiler.writing.emit import emit
from alertkit.model.cases import Alerts, CaseFile, Probe, Scene


def render(file: CaseFile, tenant: str) -> bytes:
    """A file for `promtool test rules`, which the header says how to run."""
    header = f"# {names.MARKER} for tenant {tenant}; change the definition, not this file\n"
    data = {
        "rule_files": list(file.rule_files),
        "evaluation_interval": str(file.evaluation),
        **({"group_eval_order": list(file.order)} if file.order else {}),
        "tests": [_scene(scene) for scene in file.scenes],
    }
    return emit(data, header=header).encode()


def _scene(scene: Scene) -> dict[str, Any]:
    return {
        "name": scene.name,
        "interval": str(scene.interval),
        "input_series": [{"series": series, "values": values} for series, values in scene.series.items()],
        **({"alert_rule_test": [_alerts(alerts) for alerts in scene.alerts]} if scene.alerts else {}),
        **({"promql_expr_test": [_probe(probe) for probe in scene.probes]} if scene.probes else {}),
    }


def _alerts(alerts: Alerts) -> dict[str, Any]:
    firing = [{"exp_labels": one.labels, "exp_annotations": one.annotations} for one in alerts.firing]
    return {"eval_time": str(alerts.at), "alertname": alerts.alertname, "exp_alerts": firing}


def _probe(probe: Probe) -> dict[str, Any]:
    return {"expr": probe.text, "eval_time": str(probe.at), "exp_samples": [{"labels": "{}", "value": probe.value}]}
