"""What a process finds when it starts: the device's key, where the events of the last one ended, what the gate begins
with.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.clock import Now, boot_id
from edge.config import Config
from edge.errors import EdgeError
from edge.gate import access
from edge.gate.challenge import Challenges
from edge.gate.pins import restored
from edge.gate.state import GateState
from edge.store.keys import DeviceKey, load_device_key
from edge.store.pin_failures import initial_failures
from edge.store.reader import EventReader, NoStoreError
from edge.store.roster_schema import ROSTER_NAME

_LOOKED_BACK = 1000
"""More events than anybody can cause at a door while a lock-out lasts."""

log = logging.getLogger("edge")


def newest(store: Path) -> tuple[int, list[bytes]]:
    """The newest time this device has stored (microseconds since 1970), since an unsynchronised clock before it is
    certainly wrong, and the envelopes of the newest events, the newest first; 0 and nothing where there is none.
    """
    reader = EventReader(store)
    try:
        return reader.newest_wall_us(), reader.newest_bodies(_LOOKED_BACK)
    except NoStoreError:  # the first start, or a damaged file, which the writer deals with
        return 0, []
    finally:
        reader.close()


def device_key(state_dir: Path) -> DeviceKey | None:
    """The device's secret, made at the first start. One that is missing beside a roster is never made anew: the
    roster could not be opened with another. Then, and where it cannot be read, the device goes on without.
    """
    try:
        return load_device_key(state_dir, create=not (state_dir / ROSTER_NAME).exists())
    except EdgeError as error:
        log.error("no device key, so nothing is signed: %s", error)
        return None


def first_of_the_gate(config: Config, past: Sequence[bytes], now: Now, *, lockdown: bool) -> GateState:
    """The gate's state at the start: what of the last run must not be forgotten, and a secret that nobody can know.
    `past`: the newest events, the newest first.
    """
    failures = initial_failures(config.store.state_dir) if config.keypad else {}
    return GateState(
        attempts=access.restored(_told(past, now, boot_id()), config.access, now.mono_s),
        pins=restored(failures, config.access, now.mono_s),
        challenges=Challenges(secret=secrets.token_bytes(16)),
        lockdown=lockdown,
    )


def _told(past: Sequence[bytes], now: Now, boot: str) -> Iterator[access.Past]:
    """Time passes from event to event of one boot; how long the device was off between two boots nobody knows."""
    later_s, age_s = now.mono_s, 0.0
    for body in past:
        try:
            event = json.loads(body)
            at_s, its_boot = float(event["monotonic"]), str(event["bootid"])
            kind, data = str(event["type"]), dict(event["data"])
        except (ValueError, KeyError, TypeError):  # an altered one, which `edge events verify` names
            continue
        age_s += max(0.0, later_s - at_s) if its_boot == boot else 0.0
        later_s, boot = at_s, its_boot
        yield access.Past(kind, data, age_s)
