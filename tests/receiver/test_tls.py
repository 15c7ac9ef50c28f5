"""TLS, with certificates of servers and of clients."""

from __future__ import annotations

import contextlib
import signal
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from process_kit import Process
from receiver_kit import Kit

from alertkit.cli import cli
from alertkit.errors import UsageError
from alertkit.receiver.certificates import Certificates, check
from alertkit.receiver.settings import Settings


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


def test_a_certificate_that_is_renewed_is_shown_to_new_clients_and_one_that_does_not_fit_its_key_is_not(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    (first, first_key), (second, second_key) = (certify(tool, tmp_path, name) for name in ("first", "second"))
    used, key = tmp_path / "used.pem", tmp_path / "used.key"
    used.write_bytes(first.read_bytes())
    key.write_bytes(first_key.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(used, key)
    certificates = Certificates(used, key, None)
    certificates.follow(context)
    assert shown(context) == der(first)
    used.write_bytes(second.read_bytes())
    certificates.refresh()
    assert shown(context) == der(first)
    key.write_bytes(second_key.read_bytes())
    certificates.refresh()
    assert shown(context) == der(second)
    used.unlink()
    certificates.refresh()
    assert shown(context) == der(second)


def der(certificate: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(certificate.read_text())


def shown(server: ssl.SSLContext) -> bytes | None:
    """The certificate that a client sees, without a socket between the two."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    client = trusting.wrap_bio(to_client, to_server)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for end in (client, answering) * 2:
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()
    return client.getpeercert(binary_form=True)


def test_a_receiver_that_is_told_to_look_shows_the_renewed_certificate(tool: Callable[[str], str], tmp_path: Path) -> None:
    Kit(tmp_path)
    (first, first_key), (second, second_key) = (certify(tool, tmp_path, name) for name in ("first", "second"))
    tls = {"ALERTKIT_TLS_CERTIFICATE": str(first), "ALERTKIT_TLS_KEY": str(first_key), "ALERTKIT_RELOAD_INTERVAL": "3600"}
    process = Process(tmp_path, **tls)
    try:
        address = urllib.parse.urlsplit(process.announced("https"))
        second.replace(first)
        second_key.replace(first_key)
        process.popen.send_signal(signal.SIGHUP)
        while "certificates loaded" not in process.errors:
            assert process.popen.poll() is None, process.errors
        assert ssl.get_server_certificate((str(address.hostname), address.port or 0)).strip() == first.read_text().strip()
        assert process.stop() == 0
    finally:
        process.popen.kill()
        process.popen.wait(20)


def test_an_authority_of_clients_that_is_replaced_holds_for_new_clients(tool: Callable[[str], str], tmp_path: Path) -> None:
    Kit(tmp_path)
    (server, server_key), *clients = (certify(tool, tmp_path, name) for name in ("server", "old", "new"))
    authority = tmp_path / "authority.pem"
    authority.write_bytes(clients[0][0].read_bytes())
    tls = {"ALERTKIT_TLS_CERTIFICATE": str(server), "ALERTKIT_TLS_KEY": str(server_key), "ALERTKIT_TLS_CLIENT_CA": str(authority)}
    process = Process(tmp_path, **tls, ALERTKIT_RELOAD_INTERVAL="3600")

    def let_in(client: tuple[Path, Path] | None) -> bool:
        trusting = ssl.create_default_context(cafile=str(server))
        if client is not None:
            trusting.load_cert_chain(*client)
        try:
            with urllib.request.urlopen(f"{address}/healthz", context=trusting, timeout=10) as answer:
                return bool(answer.read() == b"alive\n")
        except (urllib.error.URLError, ssl.SSLError, ConnectionError):
            return False

    def look(says: str) -> list[bool]:
        process.popen.send_signal(signal.SIGHUP)
        while says not in process.errors:
            process.pause(0.01)
        return [let_in(client) for client in (*clients, None)]

    try:
        address = process.announced("https")
        assert [let_in(client) for client in (*clients, None)] == [True, False, False]
        authority.write_text("no certificate")
        assert look("certificates refused") == [True, False, False]
        authority.write_bytes(clients[1][0].read_bytes())
        assert look("certificates loaded") == [False, True, False]
        assert process.stop() == 0
    finally:
        process.popen.kill()
        process.popen.wait(20)


def test_the_command_line_talks_to_a_receiver_that_asks_for_certificates(tool: Callable[[str], str], tmp_path: Path) -> None:
    kit = Kit(tmp_path)
    kit.token("amelie", "reading", scopes=["read"])
    (tmp_path / "token").write_text("reading\n")
    (tmp_path / ".netrc").write_text("default login x password y\n")
    (tmp_path / ".netrc").chmod(0o600)
    (server, server_key), (client, client_key) = (certify(tool, tmp_path, name) for name in ("server", "client"))
    tls = {"ALERTKIT_TLS_CERTIFICATE": str(server), "ALERTKIT_TLS_KEY": str(server_key), "ALERTKIT_TLS_CLIENT_CA": str(client)}
    process = Process(tmp_path, **tls)
    try:
        given = {
            "ALERTKIT_URL": process.announced("https"),
            "ALERTKIT_TOKEN_FILE": str(tmp_path / "token"),
            "HOME": str(tmp_path),
        }
        known = {"ALERTKIT_CA_FILE": str(server)}
        shown = {"ALERTKIT_CERT_FILE": str(client), "ALERTKIT_KEY_FILE": str(client_key)}
        assert CliRunner().invoke(cli, ["incidents", "list"], env=given | known | shown).output == "No incidents.\n"
        refused = CliRunner().invoke(cli, ["incidents", "list"], env=given | shown)
        assert refused.exit_code == 1
        assert "self-signed certificate" in refused.output
        assert "(ALERTKIT_CA_FILE names its authority" in refused.output
        assert "Pool" not in refused.output
        unshown = CliRunner().invoke(cli, ["incidents", "list"], env=given | known)
        assert unshown.exit_code == 1
        assert "Traceback" not in unshown.output
        lost = CliRunner().invoke(cli, ["incidents", "list"], env=given | {"ALERTKIT_CA_FILE": "/nowhere/ca.pem"})
        assert (lost.exit_code, "/nowhere/ca.pem is not there" in lost.output) == (2, True)
    finally:
        process.popen.kill()
        process.popen.wait(20)


@pytest.mark.parametrize(
    ("certificate", "key", "authority", "says"),
    [
        ("", "", "nothing", "ALERTKIT_TLS_CLIENT_CA need ALERTKIT_TLS_CERTIFICATE"),
        ("", "nothing", "", "ALERTKIT_TLS_CLIENT_CA need ALERTKIT_TLS_CERTIFICATE"),
        ("nothing", "nothing", "", "cannot be used: "),
        ("server.pem", "tokens.json", "", "cannot be used: "),
        ("server.pem", "server.key", "nothing", "holds no certificates: "),
    ],
)
def test_certificates_that_cannot_be_used_are_refused_in_one_sentence(
    tool: Callable[[str], str], tmp_path: Path, certificate: str, key: str, authority: str, says: str
) -> None:
    certify(tool, tmp_path, "server")
    (tmp_path / "tokens.json").write_text("[]")
    given = {"tls_certificate": certificate, "tls_key": key, "tls_client_ca": authority}
    required = dict.fromkeys(("policies", "secrets", "tokens"), tmp_path)
    settings = Settings(**required, database="", **{name: tmp_path / file for name, file in given.items() if file})
    with pytest.raises(UsageError, match=says):
        check(settings)
