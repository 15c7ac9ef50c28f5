"""A receiver with TLS of the platform's own: how Alertmanager recognizes it, and what it shows."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import projects
import pytest
import routed
import yaml

import alertkit
from alertkit.errors import ProblemsFound

PROJECT = 'receiver: {{url: "https://alertkit:9087", credentials_file: token, tls: {}}}\n'


@pytest.mark.parametrize(
    "tls", ["{ca_file: ca.pem}", "{ca_file: /etc/ca.pem, cert_file: /etc/client.pem, key_file: /etc/client.key}"]
)
def test_every_post_to_the_receiver_goes_with_these_certificates(tool: Callable[[str], str], tmp_path: Path, tls: str) -> None:
    file = routed.written(routed.build(tmp_path, {"acme": ""}, PROJECT.format(tls)), tmp_path)
    receivers = yaml.safe_load(file.read_text())["receivers"]
    found = [webhook["http_config"]["tls_config"] for one in receivers for webhook in one.get("webhook_configs", [])]
    assert found == [yaml.safe_load(tls)] * len(receivers)
    done = subprocess.run([tool("amtool"), "check-config", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("tls", "problem"),
    [
        ("{}", "receiver.tls: expected at least 1 key"),
        ("{cert_file: client.pem}", "expected a mapping with ca_file, or cert_file with key_file, or all three"),
        ("{key_file: client.key}", "expected a mapping with ca_file, or cert_file with key_file, or all three"),
        ("{insecure_skip_verify: true}", "unknown key 'insecure_skip_verify'"),
    ],
)
def test_half_a_pair_and_no_check_at_all_are_refused(tmp_path: Path, tls: str, problem: str) -> None:
    with pytest.raises(ProblemsFound, match=problem):
        alertkit.build(projects.make(tmp_path, {"acme": ""}, PROJECT.format(tls)))
