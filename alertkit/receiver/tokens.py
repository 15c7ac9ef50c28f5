"""Bearer tokens: who posts, for which tenants, and what else they may do. Only digests are stored."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from alertkit.errors import ContractError

Scope = Literal["ingest", "read", "act"]


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One token. `sha256` is the hex digest of its text; `tenants` is "*" or a list. Two of one name allow rotation."""

    name: str
    sha256: str
    tenants: Literal["*"] | frozenset[str]
    scopes: frozenset[Scope]

    def allows(self, scope: Scope, tenant: str) -> bool:
        """May it do this for the tenant?"""
        return scope in self.scopes and (self.tenants == "*" or tenant in self.tenants)


class Tokens:
    """All tokens, found by digest: how long a look-up takes says nothing about any token's text."""

    def __init__(self, tokens: list[Token]) -> None:
        self._by_digest = {token.sha256.lower(): token for token in tokens}

    @property
    def all(self) -> Iterable[Token]:
        """Each of them."""
        return self._by_digest.values()

    def find(self, authorization: bytes) -> Token | None:
        """The token of an `Authorization: Bearer …` header."""
        scheme, _, text = authorization.partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        digest = hashlib.sha256(text.strip()).hexdigest()
        token = self._by_digest.get(digest)
        return token if token is not None and hmac.compare_digest(digest, token.sha256.lower()) else None


def load(path: Path) -> Tokens:
    """Read the tokens file: a JSON list of {name, sha256, tenants, scopes}.

    Raises:
        ContractError: it cannot be read, or does not have that shape.
    """
    try:
        tokens = msgspec.json.decode(path.read_bytes(), type=list[Token])
    except OSError as error:
        raise ContractError(f"{path} cannot be read ({error.strerror}); `alertkit token` makes tokens and their file") from error
    except msgspec.MsgspecError as error:
        raise ContractError(f"{path}: not a list of tokens: {error}") from error
    for token in tokens:
        if len(token.sha256) != 64 or not all(c in "0123456789abcdefABCDEF" for c in token.sha256):
            raise ContractError(f"{path}: sha256 of token {token.name!r} is not 64 hexadecimal digits")
    return Tokens(tokens)


def issue(path: Path, name: str, tenants: Literal["*"] | frozenset[str], scopes: frozenset[Scope]) -> str:
    """Make a token and let it in: its digest joins the file, beside those that are there; its text is only returned.

    A file that is there keeps its owner, group and mode: the receiver may run as somebody else.

    Raises:
        ContractError: the file that is there is none of tokens.
    """
    known = list(load(path).all) if path.exists() else []
    text = f"ak_{secrets.token_urlsafe(32)}"
    token = Token(name, hashlib.sha256(text.encode()).hexdigest(), tenants, scopes)
    body = msgspec.json.format(msgspec.json.encode([*known, token], order="sorted"), indent=2) + b"\n"
    fresh = path.with_name(f".{path.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - wants a mode
        file.write(body)
    if path.exists():
        _give(fresh, path.stat())
    fresh.replace(path)
    return text


def _give(file: Path, like: os.stat_result) -> None:
    with contextlib.suppress(PermissionError):  # only root gives files away
        os.chown(file, like.st_uid, like.st_gid)
    file.chmod(stat.S_IMODE(like.st_mode))
