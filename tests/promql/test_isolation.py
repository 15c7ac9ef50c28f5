from __future__ import annotations

import pytest

from alertkit.errors import IsolationError
from alertkit.promql import isolate

ADDED = [
    ("up", 'up{tenant="a"}'),
    ('up{job="x"}', 'up{tenant="a",job="x"}'),
    ("topk(scalar(secret), up)", 'topk(scalar(secret{tenant="a"}), up{tenant="a"})'),
]


@pytest.mark.parametrize(("expr", "isolated"), ADDED)
def test_every_selector_gets_the_matcher(expr: str, isolated: str) -> None:
    assert isolate(expr, "tenant", "a") == isolated


@pytest.mark.parametrize("expr", ['up{tenant="b"}', 'absent(up{tenant!="a"})', "info(up)"])
def test_what_cannot_be_isolated_is_refused(expr: str) -> None:
    with pytest.raises(IsolationError):
        isolate(expr, "tenant", "a")
