"""What the receiver reads from files, again whenever they change. A file that is wrong leaves what was read before in force."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from alertkit import names
from alertkit.errors import ContractError
from alertkit.messages import troubles
from alertkit.receiver import tokens
from alertkit.receiver.operator import Operator
from alertkit.receiver.overrides import Overrides
from alertkit.receiver.runtime import Runtime
from alertkit.receiver.stamps import stamp
from alertkit.receiver.tokens import Tokens

_log = structlog.get_logger(__name__)


class Files:
    """Policies, tokens, and the administrators' own words; `let_in` takes the tokens, `wake` hears of new policies."""

    def __init__(
        self,
        runtime: Runtime,
        operator: Operator,
        overrides: Overrides,
        let_in: Callable[[Tokens], None],
        wake: Callable[[], None],
    ) -> None:
        self._settings = runtime.settings
        self._policies = runtime.policies
        self._metrics = runtime.metrics
        self._operator = operator
        self._overrides = overrides
        self._let_in = let_in
        self._wake = wake
        self._asked = asyncio.Event()
        self.looked: Callable[[], None] = lambda: None
        """Called after each look: what the files say may have changed."""

    def read(self) -> None:
        """Read policies and tokens for the first time.

        Raises:
            ContractError: the tokens cannot be read, or there is no compiled policy.
        """
        self._read_tokens()
        if self._policies.reload() and self._policies.missing:
            raise ContractError(f"no policies are found: {self._policies.missing}")

    async def begin(self) -> None:
        """Tell what is wrong with what was read, now that there is a store to tell it to."""
        await self._follow_policies()
        await self._overrides.rehearse()

    def ask(self) -> None:
        """Look at the files now: who asks has changed them."""
        self._asked.set()

    async def run(self) -> None:
        """Look at them again and again."""
        while True:
            with contextlib.suppress(TimeoutError):
                # Not `wait_for`: in Python 3.11 it loses a stop that comes at the moment of what it waits for.
                async with asyncio.timeout(self._settings.reload_interval):
                    await self._asked.wait()
            self._asked.clear()
            await self.look()

    async def look(self) -> None:
        """Read what has changed."""
        if self._policies.reload():
            await self._follow_policies()
        await self._overrides.look()
        if stamp(self._settings.tokens) != self._tokens_read:
            self._read_tokens_again()
        self.looked()

    def _read_tokens_again(self) -> None:
        try:
            self._read_tokens()
        except ContractError as error:
            _log.error("tokens refused, the last good ones stay", problem=str(error))

    def _read_tokens(self) -> None:
        self._tokens_read = stamp(self._settings.tokens)
        self._let_in(tokens.load(self._settings.tokens))

    async def _follow_policies(self) -> None:
        policies, missing = self._policies, self._policies.missing
        self._metrics.loaded(policies.using(names.PLATFORM), len(policies.problems) + bool(missing))
        _log.info("policies loaded", tenants=len(policies), refused=sorted(policies.problems))
        self._wake()
        found = {(tenant, ""): troubles.policy_refused(tenant, problem) for tenant, problem in policies.problems.items()}
        if missing:
            found[names.PLATFORM, str(self._settings.policies)] = troubles.policies_missing(missing)
        await self._operator.stands(names.ALERT_POLICY, found)
