"""One daemon per state directory: two would both drive the door, and give two events the same number."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from edge.errors import HardwareError

WAIT_S = 5.0
"""For a predecessor that is ending: the unit's TimeoutStopSec, after which it is killed."""
_LOOK_S = 0.05


def hold(state_dir: Path, wait_s: float = WAIT_S) -> int:
    """Lock the directory itself, which leaves no file behind; the handle, which no other program inherits. The kernel
    lets go of it with the process, however that ends, also when it begins anew. Raises HardwareError where another one
    still holds it after `wait_s`.
    """
    until_s = time.monotonic() + wait_s
    try:
        handle = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise HardwareError(f"{state_dir}: cannot be opened: {error.strerror}", hint="see who owns it") from error
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < until_s:
                time.sleep(_LOOK_S)
                continue
            os.close(handle)
            hint = "end that one first (systemctl stop edge, or the edge doctor that has started it)"
            raise HardwareError(f"another daemon runs with {state_dir}", hint=hint) from error
        except OSError as error:
            os.close(handle)
            hint = "use a local file system, see [store] in the configuration"
            raise HardwareError(f"{state_dir}: cannot be locked: {error.strerror}", hint=hint) from error
        return handle
