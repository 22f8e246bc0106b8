"""What a restored device must not take over unchanged from the day of its backup.

What happened after the backup is not in it, and some of it was sent all the same. So numbers must not be given twice,
and what was counted since must not be counted again:

- events begin a new epoch. The centre knows events by device, epoch and number, and would take new events under old
  numbers for old ones. `device.restored` is the first of the new epoch and says where the old one ends here.
- who was erased or revoked since does not come back, where this device still knows of it.
- orders signed up to now are refused: the counters of those that were carried out since are not known any more.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
from pathlib import Path
from urllib.parse import quote

from edge.actions import Priority, Report
from edge.backup.content import About
from edge.clock import Now, boot_id
from edge.commands import standing
from edge.errors import DataError
from edge.store.envelope import Origin
from edge.store.ledger import Ledger
from edge.store.roster_schema import ROSTER_NAME
from edge.store.schema import EVENTS_NAME
from edge.update.databases import take_away

log = logging.getLogger(__name__)

RESTORED = "device.restored"


def prepare(state: Path, before: Path, about: About, now: Now) -> tuple[str, int]:
    """Change the restored files in `state`, before the daemon sees them; `before`: the state directory that they will
    replace. Returns the new epoch, and how many people were taken out again. Raises DataError, HardwareError.
    """
    gone = _forget(before / ROSTER_NAME, state / ROSTER_NAME)
    epoch = _begin_epoch(state / EVENTS_NAME, about, gone, now)
    standing.refuse_older(state, now)
    return epoch, gone


def _forget(newer: Path, restored: Path) -> int:
    """Take out whom the device's own roster has erased or revoked since. A roster of another key is another device's,
    such as the new one's that replaces it, and says nothing.
    """
    try:
        if not (newer.exists() and restored.exists()) or _owner(newer) != _owner(restored):
            return 0
        return take_away(newer, restored)
    except sqlite3.Error as error:
        log.warning("the roster before the restore cannot be read (%s): whoever was erased since is back", error)
        return 0


def _owner(roster: Path) -> str:
    with contextlib.closing(sqlite3.connect(f"file:{quote(str(roster.absolute()))}?mode=ro", uri=True)) as conn:
        return str(conn.execute("SELECT value FROM meta WHERE name = 'device_key'").fetchone())


def _begin_epoch(path: Path, about: About, gone: int, now: Now) -> str:
    told = {"made": about.made, "epoch": about.epoch, "seq": about.seq, "version": about.version, "forgotten": gone}
    try:
        if path.exists():
            with contextlib.closing(sqlite3.connect(path)) as conn:
                conn.execute("INSERT INTO epochs (epoch) VALUES (?)", (secrets.token_hex(8),))
                conn.commit()
        ledger = Ledger(path, Origin(about.site, about.device, boot_id()))
        try:
            ledger.record([(Report(RESTORED, told, priority=Priority.ALARM), now)])
            ledger.checkpoint()
            return str(ledger.epoch)
        finally:
            ledger.close()
    except sqlite3.Error as error:
        raise DataError(f"{EVENTS_NAME} of the backup cannot be used: {error}", hint="take an older backup") from error
