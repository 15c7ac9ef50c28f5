"""Random PromQL that is well typed, with random layout: for laws (through hypothesis) and for promtool (through a seed)."""

from __future__ import annotations

import random

from hypothesis import strategies as st

METRICS = ("load", "errors_total", "requests_total", "app:ratio", "latency_bucket")
LABELS = ("job", "instance", "le", "zone")
MATCHERS = (
    'job="api"',
    'job!="api"',
    'instance=~"i[12]"',
    'zone!~"eu|us"',
    'zone=""',
    "job='we\\'b'",
    "zone=`e\\w`",
    'job="a{b}, #c"',
)
GAPS = ("", "", "", " ", "  ", "\n", "\t", ' # a } comment ) with {brackets="x"}\n')
RANGE_FUNCTIONS = ("rate", "increase", "delta", "sum_over_time", "max_over_time", "count_over_time", "last_over_time", "changes")
VECTOR_FUNCTIONS = ("abs", "ceil", "sgn", "sort", "timestamp", "round", "day_of_week")
MODERN = (
    '{"load"}',
    '{"dotted.name", zone="eu"}',
    '{__name__="load"}',
    'load{"dotted.label"="x"}',
    "limitk(2, load)",
    "histogram_avg(load)",
    "sum_over_time(load[300])",
)


class Writer:
    """Writes one random expression as a list of tokens; `depth` bounds its size."""

    def __init__(self, chance: random.Random, metrics: tuple[str, ...] = METRICS) -> None:
        self.chance = chance
        self.metrics = metrics

    def pick(self, options: tuple[str, ...]) -> str:
        return self.chance.choice(options)

    def maybe(self, one_in: int) -> bool:
        return self.chance.randrange(one_in) == 0

    def labels(self) -> list[str]:
        names = self.chance.sample(LABELS, self.chance.randrange(3))
        tokens = [token for name in names for token in (name, ",")]
        return ["(", *(tokens if names and self.maybe(4) else tokens[:-1]), ")"]

    def selector(self) -> list[str]:
        shape = self.chance.randrange(8)
        if shape < 3:
            return [self.pick(self.metrics)]
        matchers = self.chance.sample(MATCHERS, 1 + self.chance.randrange(2))
        inside = [token for matcher in matchers for token in (matcher, ",")]
        braces = ["{", *(inside if self.maybe(3) else inside[:-1]), "}"]
        if shape == 3:
            return [self.pick(self.metrics), "{", "}"]
        if shape == 4:
            return ["{", '__name__=~".*_total|load"', ",", *braces[1:]]
        return [self.pick(self.metrics), *braces]

    def when(self) -> list[str]:
        nothing: list[list[str]] = [[]] * 4
        moments = [["@", "600"], ["@", "end", "(", ")"], ["@", "start", "(", ")"]]
        return self.chance.choice([*nothing, ["offset", "5m"], ["offset", "-", "1m"], *moments])

    def span(self, depth: int) -> list[str]:
        if depth > 0 and self.maybe(4):
            return [*self.vector(depth - 1, atom=True), self.pick(("[10m:]", "[10m:2m]")), *self.when()]
        return [*self.selector(), self.pick(("[5m]", "[90s]", "[1h]", "[1m30s]")), *self.when()]

    def scalar(self, depth: int) -> list[str]:
        shape = self.chance.randrange(6)
        if depth > 0 and shape == 0:
            return ["scalar", "(", *self.vector(depth - 1), ")"]
        if depth > 0 and shape == 1:
            return ["(", *self.scalar(depth - 1), self.pick(("+", "-", "*")), *self.scalar(depth - 1), ")"]
        return [self.pick(("1", "0.5", "2e1", "0x2", "time()", "-3"))]

    def vector(self, depth: int, *, atom: bool = False) -> list[str]:
        if depth <= 0 or self.maybe(6):
            return self.selector() if atom else [*self.selector(), *self.when()]
        shapes = [self.aggregation, self.call, self.paren]
        if not atom:
            shapes += [self.binary, self.binary, self.with_scalar, self.negation]
        return self.chance.choice(shapes)(depth - 1)

    def paren(self, depth: int) -> list[str]:
        return ["(", *self.vector(depth), ")"]

    def negation(self, depth: int) -> list[str]:
        return [self.pick(("-", "+")), *self.vector(depth, atom=True)]

    def aggregation(self, depth: int) -> list[str]:
        name = self.pick(("sum", "avg", "max", "count", "group", "topk", "bottomk", "quantile", "count_values"))
        inner = self.vector(depth)
        if name in ("topk", "bottomk"):  # of plain series, whose values differ: which of two equal ones wins is random
            inner = [*self.scalar(depth), ",", self.pick(self.metrics)]
        elif name == "quantile":
            inner = [*self.scalar(depth), ",", *inner]
        elif name == "count_values":
            inner = ['"value"', ",", self.pick(self.metrics)]
        grouping = [self.pick(("by", "without", "BY")), *self.labels()] if not self.maybe(3) else []
        if self.maybe(2):
            return [name, *grouping, "(", *inner, ")"]
        return [name, "(", *inner, ")", *grouping]

    def call(self, depth: int) -> list[str]:
        shape = self.chance.randrange(8)
        if shape < 3:
            return [self.pick(RANGE_FUNCTIONS), "(", *self.span(depth), ")"]
        if shape < 5:
            return [self.pick(VECTOR_FUNCTIONS), "(", *self.vector(depth), ")"]
        if shape == 5:
            return ["clamp_min", "(", *self.vector(depth), ",", *self.scalar(depth), ")"]
        if shape == 6:
            return ["label_replace", "(", *self.vector(depth), ',"made","$1-x","job","(.*)"', ")"]
        return self.chance.choice(
            [
                ["absent", "(", *self.vector(depth), ")"],
                ["histogram_quantile", "(", "0.9", ",", *self.vector(depth), ")"],
                ["vector", "(", *self.scalar(depth), ")"],
                ["quantile_over_time", "(", *self.scalar(depth), ",", *self.span(depth), ")"],
            ]
        )

    def binary(self, depth: int) -> list[str]:
        operator = self.pick(("+", "-", "*", "/", "%", "^", ">", "<=", "==", "!=", "and", "or", "unless", "AND"))
        matching: list[str] = ["bool"] if operator in (">", "<=", "==", "!=") and self.maybe(3) else []
        if self.maybe(2):
            matching += [self.pick(("on", "ignoring")), *self.labels()]
            if operator.lower() not in ("and", "or", "unless") and self.maybe(3):
                matching += [self.pick(("group_left", "group_right")), "(", ")"]
        return [*self.vector(depth), operator, *matching, *self.vector(depth)]

    def with_scalar(self, depth: int) -> list[str]:
        sides = [self.vector(depth), self.scalar(depth)]
        self.chance.shuffle(sides)
        return ["(", *sides[0], self.pick(("+", "*", ">", "<", "/")), *sides[1], ")"]


def layout(tokens: list[str], chance: random.Random, gaps: tuple[str, ...] = GAPS) -> str:
    """The tokens with random gaps; words never grow together."""
    text = ""
    for token in tokens:
        would_join = text[-1:].isalnum() and (token[0].isalnum() or token[0] in "._:")
        text += chance.choice(gaps) or (" " if would_join else "")
        text += token
    return text


def expression(chance: random.Random, depth: int = 4, metrics: tuple[str, ...] = METRICS) -> str:
    """One random expression that Prometheus 2.42 and later accept."""
    return layout(Writer(chance, metrics).vector(depth), chance)


expressions = st.randoms(use_true_random=False).map(expression) | st.sampled_from(MODERN)
"""Expressions for laws: those, and some that only Prometheus 3 knows."""
