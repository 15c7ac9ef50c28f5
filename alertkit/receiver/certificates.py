"""The server's certificate, taken up again whenever its files change: whoever renews it need not restart the receiver."""

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
    if not settings.tls_certificate:
        if settings.tls_key or settings.tls_client_ca:
            raise UsageError("ALERTKIT_TLS_KEY and ALERTKIT_TLS_CLIENT_CA need ALERTKIT_TLS_CERTIFICATE")
        return
    try:
        context = _context(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        given = f"ALERTKIT_TLS_CERTIFICATE {settings.tls_certificate} and ALERTKIT_TLS_KEY {settings.tls_key}"
        raise UsageError(f"{given} cannot be used: {error}") from error
    try:
        if settings.tls_client_ca:
            context.load_verify_locations(settings.tls_client_ca)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"ALERTKIT_TLS_CLIENT_CA {settings.tls_client_ca} holds no certificates: {error}") from error


class Certificate:
    """What `context` shows to new clients. A pair of files that cannot be used leaves the last good one in use."""

    def __init__(self, context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
        self._context = context
        self._files = (certificate, key)
        self._seen = self._look()

    def refresh(self) -> None:
        """Take up what has changed."""
        found = self._look()
        if found == self._seen:
            return
        self._seen = found
        try:
            # On a context of its own first: a certificate and a key that do not fit must not reach the one in use.
            _context(*self._files)
            self._context.load_cert_chain(*self._files)
        except (OSError, ssl.SSLError) as error:
            _log.error("certificate refused, the last good one stays", certificate=str(self._files[0]), problem=str(error))
        else:
            _log.info("certificate loaded", certificate=str(self._files[0]))

    def _look(self) -> tuple[Stamp, ...]:
        return tuple(stamp(path) for path in self._files if path is not None)


def _context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
