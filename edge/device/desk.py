"""The local desk, put together: what the device lends those who ask on the same machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edge.config import Config
from edge.device.ground import Ground
from edge.local.desk import ACCEPTANCE, LocalDesk
from edge.local.lent import Lent
from edge.store.checkpoint import device_signer
from edge.uplink.worker import UplinkWorker


def make_desk(
    config: Config, ground: Ground, latest: Callable[[], Mapping[str, Any]], uplink: Callable[[], UplinkWorker]
) -> LocalDesk:
    """`latest`: the status board's snapshot."""
    state_dir, site, device = config.store.state_dir, config.device.site, config.device.id
    lent = Lent(
        ground.post,
        ground.submit,
        ground.clock,
        latest,
        lambda seconds: uplink().cut(seconds),
        device_signer(state_dir, device, ACCEPTANCE),
        lambda begin: uplink().probe(begin=begin),
    )
    return LocalDesk(f"{site}/{device}", state_dir, config.store.runtime_dir, lent)
