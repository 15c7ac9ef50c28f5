"""The receiver's files: secrets, tokens, policies, settings."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from receiver_kit import a_policy

from alertkit.errors import ContractError, UsageError
from alertkit.model.oncall import ActiveHours, EscalationPolicy, Handoff, Layer, Restriction, Schedule
from alertkit.model.policy import encode
from alertkit.receiver import settings, tokens
from alertkit.receiver.policies import Policies
from alertkit.receiver.secrets import SecretError, Secrets


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    for owner in ("acme", "globex", "platform"):
        (tmp_path / owner).mkdir()
        (tmp_path / owner / "bot").write_text(f"{owner}-secret\r\n")
    (tmp_path / "acme" / "binary").write_bytes(b"\xff\xfe")
    return Secrets(tmp_path)


def test_a_tenant_reads_its_own_secrets_and_the_platforms(secrets: Secrets) -> None:
    assert secrets.read("acme/bot", "acme") == "acme-secret"
    assert secrets.read("platform/bot", "acme") == "platform-secret"


@pytest.mark.parametrize(
    "name", ["globex/bot", "acme/../globex/bot", "acme/..", "/etc/passwd", "acme/nothing", "acme/binary", ""]
)
def test_nothing_else_can_be_read_and_no_text_of_it_is_told(secrets: Secrets, name: str) -> None:
    with pytest.raises(SecretError) as caught:
        secrets.read(name, "acme")
    assert "secret" in str(caught.value)
    assert "globex-secret" not in str(caught.value)


DIGEST = "0" * 64


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not a list of tokens"),
        (json.dumps([{"name": "x", "sha256": "abc", "tenants": "*", "scopes": []}]), "not 64 hexadecimal digits"),
        (json.dumps([{"name": "x", "sha256": DIGEST, "tenants": "acme", "scopes": []}]), "not a list of tokens"),
        (json.dumps([{"name": "x", "sha256": DIGEST, "tenants": "*", "scopes": ["all"]}]), "not a list of tokens"),
        (json.dumps([{"name": "x", "sha256": DIGEST, "tenants": "*", "scopes": [], "text": "x"}]), "not a list of tokens"),
    ],
)
def test_a_tokens_file_of_another_shape_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "tokens.json").write_text(text)
    with pytest.raises(ContractError, match=says):
        tokens.load(tmp_path / "tokens.json")


def test_a_new_token_leaves_its_file_to_whoever_could_read_it(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    tokens.issue(path, "first", "*", frozenset({"ingest"}))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    group = next((group for group in os.getgroups() if group != path.stat().st_gid), 1 if os.getuid() == 0 else os.getgid())
    os.chown(path, -1, group)
    tokens.issue(path, "second", "*", frozenset({"ingest"}))
    assert (stat.S_IMODE(path.stat().st_mode), path.stat().st_gid) == (0o640, group)
    assert [token.name for token in tokens.load(path).all] == ["first", "second"]


@pytest.mark.parametrize("authorization", [b"", b"Basic abc", b"Bearer", b"Bearer \xff"])
def test_what_is_no_known_bearer_token_is_nobody(tmp_path: Path, authorization: bytes) -> None:
    (tmp_path / "tokens.json").write_text(json.dumps([{"name": "x", "sha256": DIGEST, "tenants": "*", "scopes": []}]))
    assert tokens.load(tmp_path / "tokens.json").find(authorization) is None


def test_a_policy_under_another_name_than_its_own_is_refused(tmp_path: Path) -> None:
    (tmp_path / "acme.json").write_bytes(encode(a_policy("globex")))
    policies = Policies(tmp_path)
    assert policies.reload()
    assert policies.get("acme") is None
    assert "holds the policy of globex" in policies.problems["acme"]
    assert not policies.reload()
    (tmp_path / "globex.json").write_bytes(encode(a_policy("globex")))
    (tmp_path / "acme.json").unlink()
    assert policies.reload()
    assert policies.problems == {}


@pytest.mark.parametrize("lost", ["moved away", "emptied", "a file"])
def test_a_folder_of_policies_that_is_lost_takes_no_policy_out_of_force(tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "acme.json").write_bytes(encode(a_policy()))
    policies = Policies(folder)
    assert policies.reload()
    if lost == "emptied":
        (folder / "acme.json").rename(tmp_path / "acme.json")
    else:
        folder.rename(tmp_path / "elsewhere")
    if lost == "a file":
        folder.write_text("")
    assert policies.reload(), "somebody has to hear of it"
    assert str(folder) in policies.missing
    assert not policies.reload(), "once"
    assert policies.get("acme") == a_policy()


def test_a_folder_of_policies_that_comes_back_is_followed_again(tmp_path: Path) -> None:
    (tmp_path / "acme.json").write_bytes(encode(a_policy()))
    policies = Policies(tmp_path)
    policies.reload()
    (tmp_path / "acme.json").unlink()
    policies.reload()
    (tmp_path / "globex.json").write_bytes(encode(a_policy("globex")))
    assert policies.reload()
    assert (policies.missing, policies.get("acme"), policies.get("globex")) == ("", None, a_policy("globex"))


WEEKLY = Layer("weekly", Handoff("09:00", weekday=0), dt.date(2026, 1, 5), ("amelie",))
NEVER_ON_DUTY = (Restriction((), "09:00", "10:00"),)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schedules": {"primary": Schedule("Mars/Base", (WEEKLY,))}}, "schedule primary: 'Mars/Base' is not a time zone"),
        (
            {"schedules": {"primary": Schedule("UTC", (replace(WEEKLY, handoff=Handoff("9 Uhr", 0)), WEEKLY))}},
            "schedule primary: '9 Uhr' is not a time of day",
        ),
        (
            {"schedules": {"primary": Schedule("UTC", (replace(WEEKLY, members=(), restrict=NEVER_ON_DUTY),))}},
            "schedule primary: integer modulo by zero",
        ),
        (
            {"policies": {"standard": EscalationPolicy((), active=ActiveHours("UTC", NEVER_ON_DUTY[0]))}},
            "the active hours of standard: the active hours never open",
        ),
    ],
)
def test_a_policy_whose_calendars_cannot_answer_is_refused_and_the_last_good_one_stays(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    (tmp_path / "acme.json").write_bytes(encode(a_policy()))
    policies = Policies(tmp_path)
    policies.reload()
    (tmp_path / "acme.json").write_bytes(encode(a_policy(**changes)))
    assert policies.reload()
    assert policies.problems["acme"].startswith(says)
    assert policies.get("acme") == a_policy()


def test_a_policy_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "acme.json").write_bytes(b'{"x":' * 100_000)
    policies = Policies(tmp_path)
    policies.reload()
    assert "not a compiled policy" in policies.problems["acme"]


def test_what_is_given_wins_over_the_environment(tmp_path: Path) -> None:
    given = {"policies": tmp_path, "secrets": tmp_path, "tokens": tmp_path, "database": "sqlite:///x", "listen": None}
    environment = {"ALERTKIT_LISTEN": "[::1]:80", "ALERTKIT_LEASE": "30", "ALERTKIT_DATABASE": "sqlite:///y", "OTHER": "x"}
    found = settings.read(given, environment)
    assert (found.listen, found.lease, found.database) == ("[::1]:80", 30.0, "sqlite:///x")
    assert settings.address(found.listen) == ("::1", 80)


@pytest.mark.parametrize("listen", ["9087", "host:", "host:99999", "host:http", ""])
def test_an_address_without_a_port_is_refused(listen: str) -> None:
    with pytest.raises(UsageError, match="is not host:port"):
        settings.address(listen)
