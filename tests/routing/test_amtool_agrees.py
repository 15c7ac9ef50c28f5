"""The same trees and label sets, asked of alertkit and of amtool: no difference.

amtool answers one label set a run (about 20 ms), so each example is a tree and three label sets: 300 pairs on every push,
15,000 with HYPOTHESIS_PROFILE=nightly.
"""

from __future__ import annotations

import re
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trees import VALUES, configuration, label_sets, trees

from alertkit.model.route import Matcher, Route
from alertkit.routing import Tree, match, matchers

PAIRS_A_TREE = 3
slow = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def ask(tool, tmp_path):
    """Ask amtool which receivers a label set reaches."""
    amtool, file = tool("amtool"), tmp_path / "alertmanager.yml"

    def receivers(config: str, labels: dict[str, str]) -> list[str]:
        file.write_text(config, encoding="utf-8")
        given = [matchers.text(Matcher(name, "=", value)) for name, value in labels.items()]
        run = subprocess.run(
            [amtool, "config", "routes", "test", f"--config.file={file}", "--", *given], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr + config
        return run.stdout.strip().split(",")

    return receivers


@slow
@given(trees(), st.lists(label_sets, min_size=PAIRS_A_TREE, max_size=PAIRS_A_TREE))
def test_every_label_set_reaches_the_receivers_that_amtool_names(ask, root, asked):
    tree, config = Tree(root), configuration(root)
    for labels in asked:
        assert [path.receiver for path in tree.match(labels)] == ask(config, labels), (config, labels)


values = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp"), exclude_characters="\ufeff")
    | st.sampled_from('"\\\n\t,{}~=!'),
    max_size=20,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(values | st.sampled_from(VALUES), min_size=4, max_size=4, unique=True))
def test_amtool_reads_a_matcher_s_text_as_the_value_that_was_meant(ask, written):
    routes = tuple(Route((Matcher("a", "=", value), Matcher("b", "!=", value)), f"r-{n}") for n, value in enumerate(written))
    root = Route(receiver="r", routes=routes)
    for number, value in enumerate(written):
        assert ask(configuration(root), {"a": value, "b": "other" + value}) == [f"r-{number}"]
    assert ask(configuration(root), {"a": written[0], "b": written[0]}) == [path.receiver for path in match(root, {})]


REFUSED = ["(", "a)|(b", "x{1001}", "(?=a)", r"\Z", r"\C", "(?<n>a)", "(?x)a", r"\8", "a**", "[", "a\\", r"\Qa", r"\1", "*"]


TAKEN_SINCE = {"a)|(b": 0, "(?<n>a)": 22}
"""What Alertmanager takes all the same, unanchored, and from which minor version of Go 1 it is made with."""


@pytest.mark.parametrize("pattern", REFUSED)
def test_a_pattern_that_amtool_refuses_is_refused(pattern, tool, tmp_path):
    with pytest.raises(ValueError, match="is not a pattern"):
        matchers.accepts(Matcher("a", "=~", pattern))
    file = tmp_path / "alertmanager.yml"
    file.write_text(configuration(Route(receiver="r", routes=(Route((Matcher("a", "=~", pattern),), "s"),))), encoding="utf-8")
    amtool = tool("amtool")
    [made_with] = re.findall(r"go1\.(\d+)", subprocess.run([amtool, "--version"], capture_output=True, text=True).stdout)
    taken = int(made_with) >= TAKEN_SINCE.get(pattern, 1_000)
    assert (subprocess.run([amtool, "check-config", file], capture_output=True).returncode == 0) == taken
