"""The device's own events against its own key: what `edge events verify` and the nightly look at itself ask."""

from __future__ import annotations

import json
from pathlib import Path

from edge.errors import HardwareError
from edge.store.history import History
from edge.store.identity import signing_key
from edge.store.keys import load_device_key
from edge.store.reader import EventReader
from edge.store.record import links
from edge.store.verify import Verdict, check_chains


def check_own(reader: EventReader, state_dir: Path, audience: str = "") -> Verdict:
    """`audience`: "{site}/{device}"; where it is not known, that of the newest event. Raises EdgeError."""
    if not audience and (newest := History(reader).latest(1)):
        audience = str(json.loads(newest[0].body)["source"]).removeprefix("/")
    try:
        keys = {audience.rpartition("/")[2]: signing_key(load_device_key(state_dir)).public_key()}
        return check_chains(links(reader), keys=keys, audience=audience)
    except HardwareError:  # no key here, or not for this user: that is only well while nothing is signed
        verdict = check_chains(links(reader), audience=audience)
        if verdict.checkpoints:
            raise
        return verdict
