"""The page of one problem code."""

from __future__ import annotations

import msgspec


class Code(msgspec.Struct, frozen=True):
    """`wrong` and `right` are YAML, as short as shows it.

    They are part of a tenant's definition. Where more than one file matters, a line such as `# alertkit.yaml` or
    `# tenants/acme/a.yaml` says which one begins.
    """

    title: str
    explanation: str
    wrong: str = ""
    right: str = ""
