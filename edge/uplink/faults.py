"""What is wrong with the uplink right now, said once when it begins and once when all of it is over."""

from __future__ import annotations

import logging

from edge.runtime.faults import OnFault, OnRecovered
from edge.uplink.trouble import Trouble

log = logging.getLogger("edge.uplink")

COMPONENT = "uplink"


class Faults:
    """The faults that a person must end, by key. A broker that is merely down is none."""

    def __init__(self, on_fault: OnFault, on_recovered: OnRecovered) -> None:
        self._on_fault = on_fault
        self._on_recovered = on_recovered
        self._active: dict[str, str] = {}

    def begin(self, key: str, trouble: Trouble) -> None:
        if self._active.get(key) == trouble.what:
            return
        self._active[key] = trouble.what
        log.error("%s", trouble)
        self._on_fault(COMPONENT, trouble.what, trouble.hint)

    def end(self, key: str) -> None:
        what = self._active.pop(key, None)
        if what is not None:
            log.info("no longer: %s", what)
            if not self._active:
                self._on_recovered(COMPONENT)
