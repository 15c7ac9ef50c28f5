"""Why an alert goes where it goes."""

from __future__ import annotations

from hypothesis import given
from trees import label_sets, trees, walk

from alertkit.model.route import Matcher, Route
from alertkit.routing import Tree, Verdict, explain
from alertkit.routing.matchers import accepts

CRITICAL, ACME = Matcher("severity", "=", "critical"), Matcher("tenant", "=", "acme")
ROOT = Route(
    (),
    "platform",
    routes=(
        Route((Matcher("tenant", "=", "globex"),), "globex", routes=(Route((CRITICAL,), "globex/pages"),)),
        Route((ACME,), "acme", routes=(Route((CRITICAL, Matcher("region", "=~", "eu-.*")), "eu"), Route((CRITICAL,), "pages"))),
        Route((Matcher("severity", "=~", ".+"),), "late"),
    ),
)


def outcomes(verdict: Verdict) -> dict[str | None, str]:
    return {one.route.receiver: one.outcome for one in verdict.walk()}


def test_every_route_says_what_became_of_it_and_which_matcher_decided():
    decision = explain(ROOT, {"tenant": "acme", "severity": "critical", "region": "us-1"})
    assert [path.receiver for path in decision.paths] == ["pages"]
    assert outcomes(decision.verdict) == {
        "platform": "entered", "globex": "refused", "acme": "entered", "eu": "refused", "pages": "taken", "late": "not reached",
    }  # fmt: skip
    verdicts = {one.route.receiver: one for one in decision.verdict.walk()}
    assert verdicts["globex"].decided_by == Matcher("tenant", "=", "globex")
    assert verdicts["eu"].decided_by == Matcher("region", "=~", "eu-.*")
    assert verdicts["late"].stopped_at == verdicts["acme"].position == (1,)


def test_an_alert_that_no_route_takes_stays_at_the_top():
    decision = explain(Tree(ROOT), {"tenant": "initech"})
    assert outcomes(decision.verdict) == {"platform": "taken", "globex": "refused", "acme": "refused", "late": "refused"}


def test_a_tree_that_refuses_at_the_top_says_so():
    decision = explain(ROOT.routes[1], {"tenant": "globex"})
    assert decision.paths == ()
    assert (decision.verdict.outcome, decision.verdict.decided_by) == ("refused", ACME)


@given(trees(), label_sets)
def test_reasons_agree_with_the_decision_and_are_true(root, labels):
    decision = explain(root, labels)
    verdicts = {verdict.position: verdict for verdict in decision.verdict.walk()}
    assert [position for position, one in sorted(verdicts.items()) if one.outcome == "taken"] == [
        p.position for p in decision.paths
    ]
    for verdict in verdicts.values():
        refused = verdict.decided_by
        assert (refused is not None) == (verdict.outcome == "refused")
        assert refused is None or (refused in verdict.route.matchers and not accepts(refused)(labels.get(refused.name, "")))
        stopped_at = verdict.stopped_at
        assert (stopped_at is not None) == (verdict.outcome == "not reached")
        assert stopped_at is None or (
            verdicts[stopped_at].outcome in {"taken", "entered"}
            and not verdicts[stopped_at].route.follow
            and stopped_at < verdict.position
        )


@given(trees(), label_sets)
def test_a_route_is_missing_only_below_one_that_was_refused_or_not_reached(root, labels):
    decision = explain(root, labels)
    hidden = sum(len(list(walk(v.route))) - 1 for v in decision.verdict.walk() if v.outcome in {"refused", "not reached"})
    assert len(list(decision.verdict.walk())) + hidden == len(list(walk(root)))
