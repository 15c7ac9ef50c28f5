"""A channel that another package brings, from its type in a definition to a delivered message."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import projects
import pytest

import alertkit
from alertkit.channels.base import Delivery, Sent
from alertkit.model import policy as policy_file
from alertkit.model.message import Message
from alertkit.receiver.channels import ChannelError, Channels
from alertkit.receiver.secrets import Secrets
from alertkit.receiver.settings import Settings

MODULE = """\
from pathlib import Path

from alertkit.channels.base import Refused, Sent


def make(options, secrets, settings):
    return PigeonChannel(Path(options["loft"]), options.get("seed", False), secrets["ring"])


class PigeonChannel:
    repeatable = False

    def __init__(self, loft, seed, ring):
        self.loft, self.seed, self.ring = loft, seed, ring

    async def deliver(self, delivery):
        (self.loft / delivery.key).write_text(f"{self.ring} {self.seed} {delivery.message.summary}")
        return Sent()

    async def close(self):
        pass
"""
PIGEON = """channels:
  - name: birds
    type: pigeon
    options: {loft: LOFT, seed: true}
    secrets: {ring: {secret: ring}}
escalation: [{name: standard, steps: [{notify: [{channel: birds}]}]}]
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A distribution with the entry point, as installing one leaves it. Returns the name of its module."""
    site = tmp_path / "site"
    about = site / "alertkit_pigeon-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "alertkit_pigeon.py").write_text(MODULE, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: alertkit-pigeon\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[alertkit.channels]\npigeon = alertkit_pigeon:make\n", encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "alertkit_pigeon", raising=False)
    return "alertkit_pigeon"


def settings(folder: Path) -> Settings:
    return Settings(policies=folder, database="sqlite:///x", secrets=folder / "secrets", tokens=folder / "tokens.json")


def test_a_message_goes_through_a_channel_of_another_package_which_compiling_does_not_load(
    tmp_path: Path, installed: str
) -> None:
    loft = tmp_path / "loft"
    loft.mkdir()
    project = projects.make(tmp_path / "project", {"acme": PIGEON.replace("LOFT", str(loft))}, "channel_types: [pigeon]\n")
    result = alertkit.build(project)
    assert result.problems == ()
    alertkit.write(result)
    assert installed not in sys.modules

    policy = policy_file.decode((project / "generated" / "receiver" / "acme.json").read_bytes())
    (tmp_path / "secrets" / "acme").mkdir(parents=True)
    (tmp_path / "secrets" / "acme" / "ring").write_text("A-1017\n")
    channels = Channels(settings(tmp_path), Secrets(tmp_path / "secrets"))
    delivery = Delivery("k1", "open", "", Message("en", "firing", "critical", "Firing", "Queue is stuck"), "inc-1")
    assert asyncio.run(channels.get(policy.channels["birds"], "acme").deliver(delivery)) == Sent()
    assert (loft / "k1").read_text() == "A-1017 True Queue is stuck"


def test_where_the_package_is_not_installed_the_receiver_says_which_types_there_are(tmp_path: Path) -> None:
    project = projects.make(tmp_path / "project", {"acme": PIGEON}, "channel_types: [pigeon]\n")
    alertkit.write(alertkit.build(project))
    policy = policy_file.decode((project / "generated" / "receiver" / "acme.json").read_bytes())
    (tmp_path / "secrets" / "acme").mkdir(parents=True)
    (tmp_path / "secrets" / "acme" / "ring").write_text("A-1017\n")
    with pytest.raises(ChannelError, match="no channel of type 'pigeon' is installed; there are email, log"):
        Channels(settings(tmp_path), Secrets(tmp_path / "secrets")).get(policy.channels["birds"], "acme")
