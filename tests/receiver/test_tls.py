"""TLS, with certificates of servers and of clients."""

from __future__ import annotations

import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from process_kit import Process
from receiver_kit import Kit


def certify(tool: Callable[[str], str], folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = [tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def test_only_clients_with_a_certificate_are_let_in_when_an_authority_is_given(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    Kit(tmp_path)
    (server, server_key), (client, client_key) = (certify(tool, tmp_path, name) for name in ("server", "client"))
    tls = {"ALERTKIT_TLS_CERTIFICATE": str(server), "ALERTKIT_TLS_KEY": str(server_key), "ALERTKIT_TLS_CLIENT_CA": str(client)}
    process = Process(tmp_path, **tls)
    try:
        address = process.announced("https")
        trusting = ssl.create_default_context(cafile=str(server))
        with pytest.raises((urllib.error.URLError, ssl.SSLError, ConnectionError)):
            urllib.request.urlopen(f"{address}/healthz", context=trusting, timeout=10)
        trusting.load_cert_chain(client, client_key)
        with urllib.request.urlopen(f"{address}/healthz", context=trusting, timeout=10) as answer:
            assert answer.read() == b"alive\n"
        assert process.stop() == 0
    finally:
        process.popen.kill()
        process.popen.wait(20)


def test_an_authority_without_a_certificate_of_our_own_is_refused(tmp_path: Path) -> None:
    Kit(tmp_path)
    process = Process(tmp_path, ALERTKIT_TLS_CLIENT_CA=str(tmp_path / "x"))
    assert process.popen.wait(20) == 2
    assert "ALERTKIT_TLS_CLIENT_CA needs" in process.errors
