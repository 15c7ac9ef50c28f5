"""A new project: files to begin with, and the schemas that let an editor explain them."""

from __future__ import annotations

from pathlib import Path

from alertkit import names, paths, resources
from alertkit.compiler.reading import schema
from alertkit.compiler.writing.emit import emit
from alertkit.compiler.writing.write import replace
from alertkit.errors import RefusedToWrite, UsageError

_PLACEHOLDER = "TENANT"
_SCHEMAS = ("project", "tenant")


def scaffold(folder: Path, tenant: str) -> list[Path]:
    """Write the files of a new project and return them.

    Raises:
        UsageError: the name is no tenant's name.
        RefusedToWrite: one of the files is there already; then none is written.
    """
    if not schema.is_name(tenant) or tenant == names.PLATFORM:
        raise UsageError(
            f"{tenant!r} cannot name a tenant: lower-case letters, digits and inner hyphens, and not {names.PLATFORM!r}"
        )
    templates = resources.root() / "templates" / "init"
    definition = (templates / "tenants" / "tenant.yaml").read_text(encoding="utf-8")
    for key in ("tenant", "title"):  # a name such as 007 is text, not a number
        definition = definition.replace(f"{key}: {_PLACEHOLDER}\n", emit({key: tenant}))
    definition = definition.replace(_PLACEHOLDER, tenant)
    files = {
        folder / paths.PROJECT_FILE: (templates / paths.PROJECT_FILE).read_text(encoding="utf-8"),
        folder / "tenants" / f"{tenant}.yaml": definition,
        **{folder / "schemas" / f"{name}.schema.json": schema.text(name) for name in _SCHEMAS},
    }
    for file in files:
        if file.exists():
            raise RefusedToWrite(f"{file} is there already; nothing was written")
    for file, text in files.items():
        replace(file, text.encode())
    return list(files)
