"""A real PostgreSQL of one's own: a cluster in a temporary folder, on a Unix socket, as a user who is not root."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",  # a test kills processes, not the machine
    "max_connections": "60",
    "autovacuum_naptime": "1d",
    "deadlock_timeout": "100ms",
}


def programs() -> Path | None:
    """Where initdb and postgres are: of another version if `ALERTKIT_TEST_BIN` has them, else the newest that is installed."""
    preferred = Path(os.environ.get("ALERTKIT_TEST_BIN", "/nonexistent"))
    if (preferred / "initdb").is_file():
        return preferred
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Server:
    """A cluster that can be stopped in any way and started again."""

    def __init__(self, binaries: Path, folder: Path, **settings: str) -> None:
        self._binaries = binaries
        self._folder = folder
        self._names = (f"place{number}" for number in itertools.count())
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self._call(
            "initdb", "--pgdata", str(folder / "data"), "--auth=trust", "--username=alertkit", "--no-sync", "--locale=C.UTF-8"
        )
        with (folder / "data" / "postgresql.conf").open("a") as file:
            written = SETTINGS | {"unix_socket_directories": f"'{folder}'"} | settings
            file.writelines(f"{name} = {value}\n" for name, value in written.items())

    def _call(self, program: str, *arguments: str) -> None:
        as_user = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        command = [str(self._binaries / program), *arguments]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False, **as_user)  # type: ignore[call-overload]
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self._control("start", "--log", str(self._folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """`immediate` is as if its processes were killed."""
        self._control("stop", "--mode", mode)

    def restart(self, mode: str = "fast") -> None:
        """Stop it and start it."""
        self.stop(mode)
        self.start()

    def _control(self, what: str, *options: str) -> None:
        self._call("pg_ctl", what, "--pgdata", str(self._folder / "data"), "--wait", "--timeout", "60", *options)

    def database(self) -> str:
        """The URL of a new, empty place: a schema, which is made faster than a database."""
        name = next(self._names)
        url = f"postgresql://alertkit@/postgres?host={self._folder}"
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(f"CREATE SCHEMA {name}".encode())
        return f"{url}&options=-csearch_path%3D{name}"


def _unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


@contextlib.contextmanager
def running(binaries: Path, **settings: str) -> Iterator[Server]:
    """A server in a folder that is gone afterwards; `settings` go into postgresql.conf."""
    folder = Path(tempfile.mkdtemp(prefix="alertkit-pg-"))
    try:
        server = Server(binaries, folder, **settings)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)
