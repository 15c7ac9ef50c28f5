"""The real tools' opinion of what was compiled, before it is written: each tenant alone first, then the whole."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from alertkit import names, paths
from alertkit.compiler.assembly import assemble
from alertkit.compiler.pipeline import TenantBuild
from alertkit.compiler.proof import routes as route_tests
from alertkit.compiler.routes.compile import compile_routes, root_route
from alertkit.compiler.workspace import Workspace
from alertkit.compiler.writing import render
from alertkit.errors import Problem, ProblemsFound
from alertkit.model.rules import Source
from alertkit.tools import amtool, program, promtool

_PATIENCE = 30.0
"""Seconds for the rules of one tenant, which take promtool a fraction of one."""


class Verifier(msgspec.Struct, frozen=True):
    """Asks promtool and amtool. Both are looked for when it is made, so that nothing is compiled in vain."""

    space: Workspace

    @classmethod
    def find(cls, space: Workspace) -> Verifier:
        """A verifier for a project.

        Raises:
            MissingTool: promtool or amtool is not installed.
        """
        program.find("promtool")
        program.find("amtool")
        return cls(space)

    def tenant(self, build: TenantBuild) -> tuple[Problem, ...]:
        """What the tools have against one tenant's files."""
        rules = [path for path in build.files if path.parts[0] == "rules"]
        with tempfile.TemporaryDirectory(prefix="alertkit-verify-") as folder:
            for path in rules:
                (Path(folder) / path.name).write_bytes(build.files[path])
            written = [Path(folder) / path.name for path in rules]
            refused = promtool.check_rules(*written, timeout=_PATIENCE) if written else ""
        with self._configuration(assemble(self.space, self._fragments(build))) as file:
            unrouted = amtool.check_config(file)
            elsewhere = () if unrouted else tuple(self._elsewhere(build, file))
        answers = (
            ("AK901", "promtool", refused, paths.alerts(build.tenant)),
            ("AK902", "amtool", unrouted, paths.fragment(build.tenant)),
        )
        problems = (
            Problem(str(path), 0, 0, code, _refusal(tool, said, "what was compiled"), tenant=build.tenant)
            for code, tool, said, path in answers
            if said
        )
        return (*problems, *elsewhere)

    def _elsewhere(self, build: TenantBuild, file: Path) -> Iterator[Problem]:
        """Alerts that amtool routes to others than they must reach: what definitions test, and what every tenant must pass."""
        project, compiled = self.space.project, build.compiled
        if compiled is None:
            return
        asked = [*route_tests.written(compiled, project), *route_tests.generated(compiled, project, services=1)]
        for reach in (*asked, *route_tests.strangers(root_route(self.space.platform, project), project)):
            failure = reach.against(amtool.receivers(file, reach.labels))
            if failure:
                place = reach.source or Source(str(paths.fragment(build.tenant)), 0)
                message = f"amtool says of {reach.name!r}: {failure}"
                yield Problem(place.file, place.line, 0, "AK903", message, tenant=build.tenant)

    def _fragments(self, build: TenantBuild) -> list[bytes]:
        """The tenant's fragment, and before it the platform's, whose receiver the root of every configuration names."""
        own = build.files[paths.fragment(build.tenant)]
        if build.tenant == names.PLATFORM:
            return [own]
        return [render.fragment(compile_routes(self.space.platform, self.space.project)), own]

    def whole(self, data: bytes) -> None:
        """Ask about the assembled Alertmanager file.

        Raises:
            ProblemsFound: amtool refuses it; the file on disk stays as it is.
        """
        with self._configuration(data) as file:
            against = amtool.check_config(file)
        if against:
            message = _refusal("amtool", against, "the assembled file")
            raise ProblemsFound([Problem(str(paths.ALERTMANAGER_FILE), 0, 0, "AK902", message)])

    @contextmanager
    def _configuration(self, data: bytes) -> Iterator[Path]:
        """A configuration on disk, while it is asked about."""
        with tempfile.TemporaryDirectory(prefix="alertkit-verify-") as folder:
            file = Path(folder) / "alertmanager.yaml"
            file.write_bytes(data)
            yield file


def _refusal(tool: str, said: str, what: str) -> str:
    return f"{tool} does not accept {what}: {' '.join(said.split())}"
