"""Mails as they arrive."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from channel_messages import FIRING
from servers import eventually

from alertkit.channels.base import Delivery, Outcome, Refused, Sent
from alertkit.channels.email import CONNECTIONS, EmailChannel, MailServer, Security
from alertkit.channels.layouts import Layouts
from alertkit.testing.smtp import FakeMailServer

RESOLVED = msgspec.structs.replace(
    FIRING, state="resolved", badge="Résolu", headline="Résolu : RoyaltyExportLate", event="Toutes les alertes sont terminées."
)


def deliver(server: FakeMailServer, *deliveries: Delivery, sender: str = "alertkit <alerts@acme.example>") -> list[Outcome]:
    async def run() -> list[Outcome]:
        channel = EmailChannel(MailServer(server.host, server.port, "none"), sender)
        return [await channel.deliver(delivery) for delivery in deliveries]

    return asyncio.run(run())


def opened(message: object = FIRING, address: str = "Amélie Durand <amelie@acme.example>") -> Delivery:
    return Delivery("k1", "open", address, message, "inc-1")


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_mail_reads_well_without_html() -> None:
    with FakeMailServer() as server:
        deliver(server, opened())
    [mail] = server.mails
    assert part(mail, "plain").replace("\r\n", "\n") == (
        "Critique : RoyaltyExportLate · royalties\n"
        "\n"
        "Un nouvel incident est ouvert.\n"
        "\n"
        "Le dernier export date de 1 jour\n"
        "  region=eu\n"
        "  Les reversements partent à midi.\n"
        "\n"
        "Service: royalties\n"
        "Depuis: 04:12 (UTC+01:00)\n"
        "\n"
        "Runbook\n"
        "  https://runbooks.example/x?a=1&b=2\n"
        "\n"
        "-- \n"
        "Acme Music · ACME-142\n"
    )
    assert mail["To"] == "Amélie Durand <amelie@acme.example>"
    assert mail["Content-Language"] == "fr"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Importance"] == "high"


def test_one_incident_is_one_thread_with_one_subject() -> None:
    with FakeMailServer() as server:
        [first] = deliver(server, opened())
        assert isinstance(first, Sent)
        deliver(
            server,
            Delivery("k2", "update", "amelie@acme.example", RESOLVED, "inc-1", first.reference),
            Delivery("k3", "reply", "amelie@acme.example", RESOLVED, "inc-1", first.reference),
        )
    root, reply = server.mails
    assert reply["References"] == reply["In-Reply-To"] == root["Message-ID"] == first.reference
    assert reply["Message-ID"] != root["Message-ID"]
    assert reply["Subject"] == root["Subject"] == "[ACME-142] RoyaltyExportLate · royalties"
    assert "Toutes les alertes sont terminées." in part(reply, "plain")


def test_a_mail_that_is_sent_again_is_the_same_mail() -> None:
    with FakeMailServer() as server:
        deliver(server, opened(), opened())
    assert len({mail["Message-ID"] for mail in server.mails}) == 1


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b.example, c@d.example\r\nBcc: x@y.example", "a@b.example\nBcc: x@y", "<>", "@", "a b@c d"]
)
def test_an_address_that_is_none_is_refused_and_nothing_is_sent(address: str) -> None:
    with FakeMailServer() as server:
        [outcome] = deliver(server, opened(address=address))
    assert isinstance(outcome, Refused)
    assert server.mails == []


def test_a_storm_of_mails_keeps_to_the_connections_that_a_server_gives_one_client() -> None:
    async def storm(server: FakeMailServer) -> list[Outcome]:
        channel = EmailChannel(MailServer(server.host, server.port, "none"), "alerts@acme.example")
        return await asyncio.gather(*(channel.deliver(opened()) for _ in range(3 * CONNECTIONS)))

    with FakeMailServer() as server:
        outcomes = asyncio.run(storm(server))
    assert len(server.mails) == len([outcome for outcome in outcomes if isinstance(outcome, Sent)]) == 3 * CONNECTIONS
    assert 1 < server.most_at_once <= CONNECTIONS


def test_a_refused_recipient_is_refused_and_a_busy_server_is_asked_again() -> None:
    with FakeMailServer() as server:
        server.refuse("550 no such user", at="rcpt")
        server.refuse("451 greylisted", at="rcpt")
        refused, busy = deliver(server, opened(), opened())
    assert refused == Refused("smtp_550")
    assert getattr(busy, "reason", "") == "smtp_451"


def test_a_wrong_password_is_refused_without_saying_it() -> None:
    async def run(server: FakeMailServer) -> Outcome:
        channel = EmailChannel(MailServer(server.host, server.port, "none", ("alertkit", "guess")), "a@b.example")
        return await channel.deliver(opened())

    with FakeMailServer(login=("alertkit", "right")) as server:
        assert asyncio.run(run(server)) == Refused("smtp_535")


def test_an_administrators_layout_replaces_ours_and_a_broken_one_does_not_keep_a_mail_from_being_sent(tmp_path: Path) -> None:
    folder = tmp_path / "acme" / "email"
    folder.mkdir(parents=True)
    (folder / "layout.txt.j2").write_text("{{ message.headline }}")
    (folder / "layout.html.j2").write_text("<p>{{ message.headline }}</p>")
    layouts = Layouts(tmp_path)
    told = msgspec.structs.replace(opened(msgspec.structs.replace(FIRING, headline="<b>&")), tenant="acme")

    async def run(server: FakeMailServer) -> Outcome:
        channel = EmailChannel(MailServer(server.host, server.port, "none"), "a@b.example", layouts)
        return await channel.deliver(told)

    with FakeMailServer() as server:
        assert isinstance(asyncio.run(run(server)), Sent)
        (folder / "layout.html.j2").write_text("{{ ''.__class__.__mro__ }}")
        assert isinstance(asyncio.run(run(server)), Sent)
    assert part(server.mails[0], "html").strip() == "<p>&lt;b&gt;&amp;</p>"
    assert "<h1" in part(server.mails[1], "html")
    assert "__mro__" in layouts.problems[folder / "layout.html.j2"]


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], str]) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own making, and a client's that believes it."""
    folder = tmp_path_factory.mktemp("tls")
    made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mail", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "certificate")]
    subprocess.run([tool("openssl"), "req", *made, *files], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate", folder / "key")
    return server, ssl.create_default_context(cafile=folder / "certificate")


def send_by_tls(server: FakeMailServer, security: Security, tls: ssl.SSLContext | None) -> Outcome:
    async def run() -> Outcome:
        login = ("alertkit", "s3cret")
        channel = EmailChannel(MailServer(server.host, server.port, security, login, timeout=5, tls=tls), "a@b.example")
        outcome = await channel.deliver(opened())
        # TLS says goodbye after the mail is sent; a loop that ends before would leave a socket open.
        await asyncio.to_thread(eventually, "the connection has ended", lambda: not is_connected(server.port))
        return outcome

    return asyncio.run(run())


def is_connected(port: int) -> bool:
    """Is a socket open whose other end is this port? One that only lingers in the kernel belongs to no inode."""
    sockets = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return any(one[2].endswith(f":{port:04X}") and one[9] != "0" for one in sockets)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mail_goes_by_tls_and_only_to_a_server_that_is_believed(
    certified: tuple[ssl.SSLContext, ssl.SSLContext], security: Security
) -> None:
    server, believing = certified
    with FakeMailServer(("alertkit", "s3cret"), tls=server, security=security) as mails:
        assert isinstance(send_by_tls(mails, security, believing), Sent)
        doubted = send_by_tls(mails, security, None)
        assert not isinstance(doubted, Sent)
        assert "s3cret" not in repr(doubted)
        assert len(mails.mails) == 1


def test_a_server_without_tls_gets_neither_the_password_nor_the_mail() -> None:
    with FakeMailServer(("alertkit", "s3cret")) as mails:
        assert not isinstance(send_by_tls(mails, "starttls", None), Sent)
        assert mails.mails == []
