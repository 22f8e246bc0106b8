"""Who looked at faces, when and why: written down before anything is shown."""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from edge.errors import HardwareError, UsageError

LOG = "revealed.jsonl"
_LONGEST_REASON = 500


def reason_of(args: argparse.Namespace) -> str | None:
    """The reason, where faces are to be shown; None where not. Raises UsageError."""
    reason = (args.reason or "").strip()
    if not args.reveal:
        if reason:
            raise UsageError("--reason goes with --reveal", hint="without it faces stay blurred")
        return None
    if not reason or len(reason) > _LONGEST_REASON:
        raise UsageError("--reveal needs --reason TEXT", hint=f"say why, in at most {_LONGEST_REASON} characters")
    if str(args.out) == "-":
        raise UsageError("--reveal writes a file", hint=f"name one; {LOG} is kept beside it")
    return reason


def write_down(out: Path, event_id: str, reason: str) -> Path:
    """Append one line to the log beside `out`, durable when this returns.

    Raises HardwareError, and then nothing is shown.
    """
    log = out.parent / LOG
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "user": _user(),
        "reason": reason,
        "event": event_id,
        "file": out.name,
    }
    try:
        handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise HardwareError(f"{log} cannot be written: {error.strerror}", hint="nothing was opened") from error
    return log


def _user() -> str:
    """The account of this process, not what an environment variable says."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
