"""How fast routes are matched: `python benchmarks/routing.py`.

500 tenants with 10 routes each under one tree, 100,000 label sets, one core; prints label sets a second (the number to hold is
20,000), the time that making the tree takes, and the same for a tree whose routes the index cannot tell apart.
"""

from __future__ import annotations

import random
import time

from alertkit.model.route import Matcher, Route
from alertkit.routing import Tree, explain

TENANTS, ROUTES, QUESTIONS = 500, 10, 100_000
SEVERITIES = ("critical", "warning", "info")


def tenant(name: str) -> Route:
    """Routes in all four operators; the last ones take what the first leave over."""
    routes = [
        Route((Matcher("severity", "=", "critical"), Matcher("service", "=", f"service-{n}")), f"{name}/page-{n}")
        for n in range(4)
    ]
    routes += [
        Route((Matcher("severity", "=~", "critical|warning"), Matcher("region", "=~", f"eu-{n}.*")), f"{name}/eu-{n}")
        for n in range(3)
    ]
    routes += [
        Route((Matcher("service", "!~", "service-[0-3]"), Matcher("severity", "!=", "info")), f"{name}/other", follow=True),
        Route((Matcher("instance", "=~", r"10\.\d+\.0\..*"),), f"{name}/hosts"),
        Route((), f"{name}/owner"),
    ]
    return Route((Matcher("tenant", "=", name),), f"{name}/unrouted", ("tenant", "alertname"), routes=tuple(routes))


def label_sets(rng: random.Random) -> list[dict[str, str]]:
    return [
        {
            "alertname": f"Alert{rng.randrange(50)}",
            "tenant": f"tenant-{rng.randrange(TENANTS)}",
            "severity": rng.choice(SEVERITIES),
            "service": f"service-{rng.randrange(8)}",
            "region": f"eu-{rng.randrange(6)}",
            "instance": f"10.{rng.randrange(256)}.{rng.randrange(3)}.{rng.randrange(256)}:9100",
        }
        for _ in range(QUESTIONS)
    ]


def main() -> None:
    root = Route((), "platform", routes=tuple(tenant(f"tenant-{n}") for n in range(TENANTS)))
    began = time.perf_counter()
    tree = Tree(root)
    print(f"making a tree of {TENANTS * ROUTES:,} routes: {1_000 * (time.perf_counter() - began):.0f} ms")
    questions = label_sets(random.Random(4))
    for run in ("first", "second"):
        began = time.perf_counter()
        taken = sum(len(tree.match(labels)) for labels in questions)
        print(f"{run} run: {QUESTIONS / (time.perf_counter() - began):,.0f} label sets a second, {taken:,} routes taken")
    began = time.perf_counter()
    for labels in questions[:100]:
        explain(tree, labels)
    print(f"explaining one: {10 * (time.perf_counter() - began):.2f} ms")


if __name__ == "__main__":
    main()
