from __future__ import annotations

import pytest
from hypothesis import given
from promql_strategies import expressions

from alertkit.errors import IsolationError, PromQLError
from alertkit.model.route import Matcher
from alertkit.promql import isolate, parse, selectors
from alertkit.promql.isolation import _prove
from alertkit.promql.parser import read

SHARED = frozenset({"node_load1", "dotted.name"})

ISOLATED = [
    # plain selectors
    ("up", 'up{tenant="a"}'),
    ("up{}", 'up{tenant="a"}'),
    ('up{job="x"}', 'up{tenant="a",job="x"}'),
    ('up{ job="x", }', 'up{tenant="a", job="x", }'),
    ('{__name__=~".+"}', '{tenant="a",__name__=~".+"}'),
    ('{"dotted.other"}', '{tenant="a","dotted.other"}'),
    ('{job="x"}', '{tenant="a",job="x"}'),
    # every place where a selector can hide
    ("topk(scalar(secret), up)", 'topk(scalar(secret{tenant="a"}), up{tenant="a"})'),
    ("quantile by (x) (scalar(q), up)", 'quantile by (x) (scalar(q{tenant="a"}), up{tenant="a"})'),
    ("limitk(scalar(secret), up)", 'limitk(scalar(secret{tenant="a"}), up{tenant="a"})'),
    ("absent(up)", 'absent(up{tenant="a"})'),
    ("rate(up[5m] offset 1h)", 'rate(up{tenant="a"}[5m] offset 1h)'),
    ("rate(up[5m:30s])", 'rate(up{tenant="a"}[5m:30s])'),
    ("up @ 100 offset -5m", 'up{tenant="a"} @ 100 offset -5m'),
    ("up @ end()", 'up{tenant="a"} @ end()'),
    ("-up + +up", '-up{tenant="a"} + +up{tenant="a"}'),
    ("a unless on (x) b", 'a{tenant="a"} unless on (x) b{tenant="a"}'),
    ("a / on (x) group_left (b, tenant) c", 'a{tenant="a"} / on (x) group_left (b, tenant) c{tenant="a"}'),
    ("a / on (tenant) group_right c", 'a{tenant="a"} / on (tenant) group_right c{tenant="a"}'),
    ("clamp(a, scalar(b), scalar(c))", 'clamp(a{tenant="a"}, scalar(b{tenant="a"}), scalar(c{tenant="a"}))'),
    ("histogram_quantile(scalar(a), b)", 'histogram_quantile(scalar(a{tenant="a"}), b{tenant="a"})'),
    ("sum without (tenant) (a)", 'sum without (tenant) (a{tenant="a"})'),
    ("sum(a) BY (tenant)", 'sum(a{tenant="a"}) BY (tenant)'),
    ('label_replace(a, "x", "$1", "tenant", "(.*)")', 'label_replace(a{tenant="a"}, "x", "$1", "tenant", "(.*)")'),
    ("a + fill(0) b", 'a{tenant="a"} + fill(0) b{tenant="a"}'),
    # text that only looks like a selector
    ('x{a="\\"} or y{b=\\""}', 'x{tenant="a",a="\\"} or y{b=\\""}'),
    ('x{a=`"} or y{`}', 'x{tenant="a",a=`"} or y{`}'),
    ("x{a=~`\\d+`}", 'x{tenant="a",a=~`\\d+`}'),
    ("x # y{z}", 'x{tenant="a"} # y{z}'),
    ('x{ # }\n  a="b" }', 'x{tenant="a", # }\n  a="b" }'),
    ("sum by (a, # ) (y)\n b) (x)", 'sum by (a, # ) (y)\n b) (x{tenant="a"})'),
    ('sum by ("a)", b) (x)', 'sum by ("a)", b) (x{tenant="a"})'),
    # metrics named like words of the language
    ("sum", 'sum{tenant="a"}'),
    ("sum(sum) by (sum)", 'sum(sum{tenant="a"}) by (sum)'),
    ("rate + start + fill + by", 'rate{tenant="a"} + start{tenant="a"} + fill{tenant="a"} + by{tenant="a"}'),
    # nothing to isolate
    ("1 + Inf + NaN + 0x1F + 1e-3", "1 + Inf + NaN + 0x1F + 1e-3"),
    ("vector(time())", "vector(time())"),
    # there already
    ('up{tenant="a"} + up', 'up{tenant="a"} + up{tenant="a"}'),
    ("up{tenant='a',job=\"x\"}", "up{tenant='a',job=\"x\"}"),
    # shared metrics
    ("node_load1 + up", 'node_load1 + up{tenant="a"}'),
    ('node_load1{job="x"}', 'node_load1{job="x"}'),
    ('{__name__="node_load1"}', '{__name__="node_load1"}'),
    ('{"dotted.name"}', '{"dotted.name"}'),
    ('{__name__=~"node_load1"}', '{tenant="a",__name__=~"node_load1"}'),
    ('{__name__!="node_load1",x="y"}', '{tenant="a",__name__!="node_load1",x="y"}'),
    ("node_load15", 'node_load15{tenant="a"}'),
    ("sum by (node_load1) (up)", 'sum by (node_load1) (up{tenant="a"})'),
]

REFUSED = [
    # another matcher on the tenant label, in every spelling: nothing is ever dropped or rewritten
    ('up{tenant="b"}', 0, "already matches on tenant (=)"),
    ('up{tenant=""}', 0, "already matches"),
    ('up{tenant!="b"}', 0, "already matches on tenant (!=)"),
    ('up{tenant!=""}', 0, "already matches"),
    ('up{tenant=~"a"}', 0, "already matches on tenant (=~)"),
    ('up{tenant=~"a|b"}', 0, "already matches"),
    ('up{tenant!~""}', 0, "already matches on tenant (!~)"),
    ('up{tenant="a",tenant=~".*"}', 0, "already matches"),
    ('absent(up{tenant!="a"})', 7, "already matches"),
    ('up + {"tenant"="b"}', 5, "already matches"),
    ('up{"te\\x6eant"="b"}', 0, "already matches"),
    ('up{"\\164enant"="b"}', 0, "already matches"),
    ("up{`tenant`='b'}", 0, "already matches"),
    ('node_load1{tenant="b"}', 0, "already matches"),
    # series that no selector names
    ("info(up)", 0, "info() cannot be isolated"),
    ('1 + info(up, {x="y"})', 4, "info() cannot be isolated"),
    # forging the label
    ('label_replace(up, "tenant", "b", "", "")', 0, "label_replace may not write 'tenant'"),
    ('label_replace(up, ("tenant"), "b", "", "")', 0, "label_replace may not write"),
    ('label_replace(up, "\\x74enant", "b", "", "")', 0, "label_replace may not write"),
    ('sum(label_join(up, `tenant`, "", "x"))', 4, "label_join may not write"),
    ('count_values("tenant", up)', 0, "count_values may not write"),
    ("COUNT_VALUES by (x) (('tenant'), up)", 0, "count_values may not write"),
    ('histogram_quantiles(up, "tenant", 0.5)', 0, "histogram_quantiles may not write"),
]


@pytest.mark.parametrize(("expr", "isolated"), ISOLATED)
def test_every_selector_gets_the_matcher_and_nothing_else_changes(expr: str, isolated: str) -> None:
    assert isolate(expr, "tenant", "a", SHARED) == isolated
    assert isolate(isolated, "tenant", "a", SHARED) == isolated


@pytest.mark.parametrize(("expr", "offset", "message"), REFUSED)
def test_what_could_leave_the_tenant_is_refused_with_its_place(expr: str, offset: int, message: str) -> None:
    with pytest.raises(IsolationError) as caught:
        isolate(expr, "tenant", "a", SHARED)
    assert message in str(caught.value)
    assert caught.value.offset == offset


@pytest.mark.parametrize("value", ['"} or secret{x="', "a\\", "ä b", "`'{}()#", "$job", "x" * 500])
def test_a_value_is_data_whatever_it_holds(value: str) -> None:
    found = selectors(isolate("topk(scalar(a), b)", "tenant", value))
    assert [[(m.name, m.op, m.value) for m in s.matchers] for s in found] == [[("tenant", "=", value)]] * 2


@pytest.mark.parametrize("value", ["", "a\nb", "a\x00", "\u202ea", "\ue000", "\x7f", "\ud800"])
def test_an_empty_or_invisible_value_is_refused(value: str) -> None:
    with pytest.raises(IsolationError, match="visible characters"):
        isolate("up", "tenant", value)


@pytest.mark.parametrize("label", ["", "__name__", "a b", "a=", "té", 'x"', "1a", "a\n"])
def test_only_a_plain_label_can_tell_tenants_apart(label: str) -> None:
    with pytest.raises(IsolationError, match="cannot be the tenant label"):
        isolate("up", label, "a")


def test_sharing_a_metric_without_a_name_shares_nothing() -> None:
    with pytest.raises(IsolationError, match="a shared metric has a name"):
        isolate('{job="x"}', "tenant", "a", frozenset({""}))


@pytest.mark.parametrize("label", ["by", "on", "le", "or", "bool", "_x"])
def test_a_label_named_like_a_word_of_the_language_works(label: str) -> None:
    assert isolate("sum by (x) (up)", label, "a") == f'sum by (x) (up{{{label}="a"}})'


@pytest.mark.parametrize("expr", ["and", "up and and", "x offset offset", "nan{}", '{a="b" or c="d"}', "a{b}", "up{"])
def test_what_cannot_be_read_or_placed_is_refused(expr: str) -> None:
    with pytest.raises((IsolationError, PromQLError)):
        isolate(expr, "tenant", "a")


@pytest.mark.parametrize(
    ("expr", "spliced"),
    [
        ("a + b", 'a{tenant="a"} + b'),
        ("a + b", 'a{tenant="a"} + b{tenant="aa"}'),
        ("a + b", 'a{tenant="a"} - b{tenant="a"}'),
        ("a + b", 'a{tenant="a"} + c{tenant="a"}'),
        ("a + b", 'b{tenant="a"} + a{tenant="a"}'),
        ("a", 'b or a{tenant="a"}'),
        ("a", 'a{tenant="a"} offset 1m'),
        ("a", 'a{tenant="a"} @ 1'),
        ('a{x="y"}', 'a{tenant="a",x="z"}'),
        ('a{x="y"}', 'a{tenant="a"}'),
        ('a{x="y"}', 'a{tenant="a",x!="y"}'),
        ("a[5m]", 'a{tenant="a"}[6m]'),
        ("rate(a[5m])", 'irate(a{tenant="a"}[5m])'),
        ("rate(a[5m:1m])", 'rate(a{tenant="a"}[5m])'),
        ("topk(1, a)", 'topk(2, a{tenant="a"})'),
        ("sum by (x) (a)", 'sum without (x) (a{tenant="a"})'),
        ("sum by (x) (a)", 'sum by (y) (a{tenant="a"})'),
        ("a > b", 'a{tenant="a"} > bool b{tenant="a"}'),
        ("a + on (x) b", 'a{tenant="a"} + ignoring (x) b{tenant="a"}'),
        ("a + on (x) group_left (y) b", 'a{tenant="a"} + on (x) group_right (y) b{tenant="a"}'),
        ("a", '-a{tenant="a"}'),
        ("a", '(a{tenant="a"})'),
        ("node_load1", "node_load15"),
        ("node_load1", '{__name__=~"node_load1"}'),
        ('a{x=~"1.", y=~"2."}', 'a{tenant="a",x=~"2.", y=~"1."}'),
        ('a{x=~"1."}', 'a{tenant="a",x!~"1."}'),
        ('a{x=~"1."}', 'a{tenant="a",x=~"r0"}'),
        ('a{x="r0"}', 'a{tenant="a",x=~"r0"}'),
    ],
)
def test_a_wrong_splice_never_passes_the_proof(expr: str, spliced: str) -> None:
    own = Matcher("tenant", "=", "a")
    with pytest.raises(IsolationError, match="cannot be proven"):
        _prove(read(expr), spliced, own, SHARED)


@given(expressions)
def test_isolating_twice_is_isolating_once(expr: str) -> None:
    once = isolate(expr, "tenant", "acme")
    assert isolate(once, "tenant", "acme") == once


@given(expressions)
def test_without_the_matcher_the_tree_is_the_original_one(expr: str) -> None:
    isolated = read(isolate(expr, "tenant", "acme"))
    assert all(any(m.name == "tenant" and m.value == "acme" for m in s.matchers) for s in isolated.selectors)
    stripped = [tuple(m for m in s.matchers if m.name != "tenant") for s in isolated.selectors]
    assert stripped == [s.matchers for s in selectors(expr)]


@given(expressions)
def test_taking_the_inserted_text_out_gives_the_authors_bytes(expr: str) -> None:
    matcher = 'tenant="acme"'
    isolated = isolate(expr, "tenant", "acme")
    found = selectors(expr)
    assert isolated.count(matcher) == len(found)
    without = isolated.replace("{" + matcher + "}", "{}").replace(matcher + ",", "").replace(matcher, "")
    assert without.replace("{}", "") == expr.replace("{}", "")


@given(expressions)
def test_another_tenant_gets_the_same_text_with_its_own_name(expr: str) -> None:
    assert isolate(expr, "tenant", "b-2") == isolate(expr, "tenant", "acme").replace('tenant="acme"', 'tenant="b-2"')


@given(expressions)
def test_sharing_every_metric_leaves_only_selectors_without_a_name_to_isolate(expr: str) -> None:
    names = frozenset(s.metric for s in selectors(expr) if s.metric)
    isolated = isolate(expr, "tenant", "acme", names)
    assert isolated.count('tenant="acme"') == sum(not s.metric for s in selectors(expr))
    assert parse(isolated)
