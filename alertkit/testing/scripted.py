"""A channel that answers as it is told and remembers, and a clock that stands still until it is moved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from alertkit.channels.base import Delivery, Outcome, Sent

Answer = Outcome | Callable[[Delivery], Outcome]


class ScriptedChannel:
    """Gives the scripted outcomes in order, then says that everything is sent. `deliveries` is what it was handed."""

    def __init__(self, answers: Iterable[Answer] = (), *, repeatable: bool = True) -> None:
        self.repeatable = repeatable
        self.deliveries: list[Delivery] = []
        self.closed = False
        self._answers = list(answers)

    def then(self, *answers: Answer) -> None:
        """Add outcomes to the script."""
        self._answers += answers

    async def deliver(self, delivery: Delivery) -> Outcome:
        """The next outcome of the script."""
        self.deliveries.append(delivery)
        if not self._answers:
            return Sent(f"{delivery.address}-{len(self.deliveries)}")
        answer = self._answers.pop(0)
        return answer(delivery) if callable(answer) else answer

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


class ManualClock:
    """Says the same time until `advance` is called. Pass the clock itself wherever a clock is wanted."""

    def __init__(self, start: dt.datetime = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)) -> None:
        self.now = start

    def __call__(self) -> dt.datetime:
        """The time."""
        return self.now

    def advance(self, **by: float) -> dt.datetime:
        """Move on by what `timedelta` takes: `advance(minutes=10)`."""
        self.now += dt.timedelta(**by)
        return self.now
