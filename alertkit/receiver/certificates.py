"""TLS: the server's certificate and the authority of its clients, taken up again whenever their files change: whoever renews them
need not restart the receiver.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import structlog

from alertkit.errors import UsageError
from alertkit.receiver.settings import Settings
from alertkit.receiver.stamps import Stamp, stamp

_log = structlog.get_logger(__name__)


def check(settings: Settings) -> None:
    """See that the certificate and its key are there, fit together, and that the authority of clients can be read.

    Raises:
        UsageError: they cannot be used.
    """
    certificate, key, authority = settings.tls_certificate, settings.tls_key, settings.tls_client_ca
    if certificate:
        _context(certificate, key, authority)
    elif key or authority:
        raise UsageError("ALERTKIT_TLS_KEY and ALERTKIT_TLS_CLIENT_CA need ALERTKIT_TLS_CERTIFICATE")


class Certificates:
    """What new clients are shown and have to show. Files that cannot be used leave the last good ones in use."""

    def __init__(self, certificate: Path, key: Path | None, authority: Path | None) -> None:
        self._files = (certificate, key, authority)
        self._seen = self._look()
        self._context = _context(*self._files)

    def follow(self, listening: ssl.SSLContext) -> None:
        """Have new clients of a context that listens meet the newest files. These cannot be loaded into it: an authority that
        it has once trusted it trusts for good.
        """
        listening.sni_callback = self._serve

    def _serve(self, client: ssl.SSLObject, name: str | None, listening: ssl.SSLContext) -> None:
        client.context = self._context

    def refresh(self) -> None:
        """Take up what has changed."""
        found = self._look()
        if found == self._seen:
            return
        self._seen = found
        try:
            self._context = _context(*self._files)
        except UsageError as error:
            _log.error("certificates refused, the last good ones stay", problem=str(error))
        else:
            _log.info("certificates loaded", certificate=str(self._files[0]))

    def _look(self) -> tuple[Stamp, ...]:
        return tuple(stamp(path) for path in self._files if path is not None)


def _context(certificate: Path, key: Path | None, authority: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        given = f"ALERTKIT_TLS_CERTIFICATE {certificate} and ALERTKIT_TLS_KEY {key}"
        raise UsageError(f"{given} cannot be used: {error}") from error
    try:
        if authority:
            context.load_verify_locations(authority)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"ALERTKIT_TLS_CLIENT_CA {authority} holds no certificates: {error}") from error
    return context
