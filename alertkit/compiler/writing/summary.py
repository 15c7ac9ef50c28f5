"""A compiled tenant, summed up in its manifest."""

from __future__ import annotations

import math

import msgspec

from alertkit import names
from alertkit.compiler.compile import Compiled
from alertkit.compiler.routes.compile import count
from alertkit.compiler.writing import render
from alertkit.compiler.writing.digests import digest
from alertkit.compiler.writing.manifest import Manifest
from alertkit.model.artifact import Files
from alertkit.model.tenant import Project


def manifest_of(compiled: Compiled, files: Files, dashboards: int, made_from: str, project: Project) -> Manifest:
    """The record of a compiled tenant and its files; `made_from` is the digest of what it was compiled from."""
    groups = compiled.groups
    written = ((render.rule(rule), rule.source) for group in groups for rule in group.rules)
    rules = {render.rule_key(rule): (rule, source) for rule, source in written}
    return Manifest(
        names.MANIFEST_VERSION,
        compiled.tenant.name,
        made_from,
        files={str(path): digest(data) for path, data in files.items()},
        rules={key: digest(msgspec.json.encode(rule)) for key, (rule, _) in rules.items()},
        sources={key: f"{source.file}:{source.line}" for key, (_, source) in rules.items()},
        counts={
            "groups": len(groups),
            "rules": sum(len(group.rules) for group in groups),
            "routes": count(compiled.fragment.routes),
            "dashboards": dashboards,
            "policies": len(compiled.policy.policies),
            "schedules": len(compiled.policy.schedules),
        },
        # Not sum(): it rounds differently from Python 3.12 on, and a manifest's bytes are the same under every version.
        load=math.fsum(len(group.rules) / (group.interval or project.evaluation_interval).seconds for group in groups),
    )
