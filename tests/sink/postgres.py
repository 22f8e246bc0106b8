"""A private PostgreSQL on a Unix socket, if one is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NO_POSTGRES = "PostgreSQL is not installed (apt install postgresql), or there is no user to run it as"


def available() -> bool:
    return None not in (_program("initdb"), _program("pg_ctl"), _user())


@contextmanager
def private_postgres() -> Iterator[str]:
    """Runs one and yields the URL of its database. The server refuses to run as root."""
    user = _user()
    with tempfile.TemporaryDirectory(prefix="edge-pg-") as folder:
        owner = pwd.getpwnam(user or "")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        data = Path(folder, "data")

        def run(*command: str) -> None:
            done = subprocess.run(
                command,
                cwd=folder,
                user=owner.pw_uid if os.geteuid() == 0 else None,
                group=owner.pw_gid if os.geteuid() == 0 else None,
                env={**os.environ, "HOME": folder, "LC_ALL": "C"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout

        initdb, pg_ctl = str(_program("initdb")), str(_program("pg_ctl"))
        run(initdb, "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", str(data))
        options = f"-k {folder} -c listen_addresses= -c shared_buffers=16MB -c max_connections=20"
        run(pg_ctl, "-w", "-D", str(data), "-o", options, "-l", str(Path(folder, "log")), "start")
        try:
            yield f"postgresql:///postgres?host={folder}&user=postgres"
        finally:
            run(pg_ctl, "-w", "-m", "immediate", "-D", str(data), "stop")


def _program(name: str) -> str | None:
    """Debian keeps the server's programs out of the search path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, debian)))


def _user() -> str | None:
    """Who it runs as: ourselves, or somebody harmless if we are root."""
    try:
        return pwd.getpwnam("nobody").pw_name if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return None
