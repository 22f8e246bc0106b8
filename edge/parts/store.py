"""From `[store]` to who writes the events down, and keeps their file in order."""

from __future__ import annotations

from collections.abc import Callable

from edge.clock import Clock, boot_id
from edge.config import Config
from edge.runtime.faults import FaultDesk
from edge.runtime.renewable import Renewable
from edge.store.checkpoint import device_signer
from edge.store.schema import EVENTS_NAME
from edge.store.upkeep import Upkeep
from edge.store.writer import StoreWriter


def make_writer(
    config: Config,
    clock: Clock,
    faults: FaultDesk,
    on_stored: Callable[[], None],
    on_backlog: Callable[[], None],
) -> Renewable[StoreWriter]:
    """Neither of the two that are told may block; `on_backlog`: see `Upkeep`."""
    state_dir, site, device = config.store.state_dir, config.device.site, config.device.id
    path = state_dir / EVENTS_NAME

    def make(last: StoreWriter | None) -> StoreWriter:
        return StoreWriter(
            path,
            site,
            device,
            boot_id(),
            on_stored,
            faults.fault,
            faults.recovered,
            intake=last.intake if last else None,
            maintenance=Upkeep(
                path, config.store, f"{site}/{device}", clock, device_signer(state_dir, device), on_backlog
            ),
        )

    return Renewable(make)
