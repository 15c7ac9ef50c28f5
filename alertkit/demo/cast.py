"""Who plays in the demo: two tenants, their rooms and people, and what can break. Equal to templates/demo, which a test holds."""

from __future__ import annotations

import msgspec


class Room(msgspec.Struct, frozen=True):
    """A channel of the Slack look-alike, or somebody's direct messages; clicks in it are those of `person` (a member id)."""

    title: str
    address: str
    person: str


class Player(msgspec.Struct, frozen=True):
    """A tenant. `broken` is the value of its alert once `thing` is broken; the policy is always `standard`."""

    tenant: str
    title: str
    thing: str
    alert: str
    service: str
    broken: float


PLAYERS = (
    Player("acme", "Acme Music", "payments", "CheckoutErrors", "checkout", 0.3),
    Player("globex", "Globex", "search", "SearchSlow", "search", 4.2),
)
ROOMS = (
    Room("#acme-payments", "#acme-payments", "U0AMELIE"),
    Room("Amélie Durand, on call for Acme", "U0AMELIE", "U0AMELIE"),
    Room("#globex-store", "#globex-store", "U0GRACE"),
    Room("Grace Hopkins, of Globex", "U0GRACE", "U0GRACE"),
    Room("#platform", "#platform", "U0AMELIE"),
)
POLICY = "standard"


class Shop:
    """The metrics of both tenants as they are scraped. A tenant is broken or it is not."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self._good = self._bad = 0.0
        self._scraped: float | None = None

    def exposition(self, now: float) -> str:
        """What an exporter answers at `now`, in seconds of any clock that only goes forward: 20 requests a second."""
        requests = 20 * (now - self._scraped) if self._scraped is not None else 0.0
        self._scraped = now
        share = PLAYERS[0].broken if "acme" in self.broken else 0.0
        self._good, self._bad = self._good + requests * (1 - share), self._bad + requests * share
        latency = PLAYERS[1].broken if "globex" in self.broken else 0.2
        return (
            f'checkout_requests_total{{tenant="acme",code="200"}} {self._good}\n'
            f'checkout_requests_total{{tenant="acme",code="500"}} {self._bad}\n'
            f'search_latency_seconds{{tenant="globex"}} {latency}\n'
        )
