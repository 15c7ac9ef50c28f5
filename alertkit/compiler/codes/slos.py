"""AK7xx: service level objectives."""

from __future__ import annotations

from typing import Final

from alertkit.compiler.codes.code import Code

CODES: Final[dict[str, Code]] = {
    "AK701": Code(
        "An objective that cannot hold",
        "The numbers of an SLO do not fit together, or its indicator cannot be counted: an objective of 0 or 100 %, a tier whose "
        "windows are longer than the SLO's, a threshold that no error ratio can exceed, a total that is no counter. As a "
        "warning: a tier that can never fire is left out, or one fires although the budget lasts.",
        wrong=("slos:\n  - name: web-availability\n    service: web\n    objective: 100%\n    sli: {gauge: probe_success}\n"),
        right=("slos:\n  - name: web-availability\n    service: web\n    objective: 99.9%\n    sli: {gauge: probe_success}\n"),
    ),
    "AK702": Code(
        "Two SLOs with one id in Sloth's form",
        "Sloth joins service and name by a hyphen, so the SLO `b-c` of service `a` and the SLO `c` of service `a-b` would write "
        "the same series. Rename one of them, or do without `compatibility: sloth`.",
        wrong=(
            "services:\n"
            "  - {name: web, owner: web}\n"
            "  - {name: web-shop, owner: web}\n"
            "slos:\n"
            "  - {name: shop-up, service: web, objective: 99%, compatibility: sloth, sli: {gauge: probe_success}}\n"
            "  - {name: up, service: web-shop, objective: 99%, compatibility: sloth, sli: {gauge: probe_success}}\n"
        ),
        right=(
            "services:\n"
            "  - {name: web, owner: web}\n"
            "  - {name: web-shop, owner: web}\n"
            "slos:\n"
            "  - {name: up, service: web, objective: 99%, compatibility: sloth, sli: {gauge: probe_success}}\n"
            "  - {name: up-shop, service: web-shop, objective: 99%, compatibility: sloth, sli: {gauge: probe_success}}\n"
        ),
    ),
}
