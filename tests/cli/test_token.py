"""A token that was made opens what it is for, and its text is nowhere on disk."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from alertkit.cli import cli
from alertkit.receiver.tokens import load


def test_a_token_that_was_made_is_let_in_and_only_its_digest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    first = CliRunner().invoke(cli, ["token", "alertmanager", "--tokens", str(path)]).output.strip()
    given = ["token", "acme-bot", "--tokens", str(path), "--tenant", "acme", "--scope", "read", "--scope", "act"]
    second = CliRunner().invoke(cli, given).output.strip()
    everybody, acme = (load(path).find(f"Bearer {text}".encode()) for text in (first, second))
    assert everybody is not None
    assert everybody.allows("ingest", "globex")
    assert not everybody.allows("act", "globex")
    assert acme is not None
    assert acme.allows("act", "acme")
    assert not acme.allows("read", "globex")
    assert first not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_holds_no_tokens_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text("{}")
    result = CliRunner().invoke(cli, ["token", "x", "--tokens", str(path)])
    assert result.exit_code == 1
    assert "not a list of tokens" in result.output
    assert path.read_text() == "{}"
