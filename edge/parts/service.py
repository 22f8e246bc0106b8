"""From `[service]` to who watches the service button."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.actions import Report
from edge.clock import boot_id
from edge.config import Config
from edge.runtime.renewable import Renewable

if TYPE_CHECKING:
    from edge.drivers.service.worker import ServiceButtonWorker
    from edge.runtime.faults import FaultDesk


def make_service(
    config: Config, runtime_dir: Path, submit: Callable[[Report], object], faults: FaultDesk
) -> Renewable[ServiceButtonWorker] | None:
    """Who watches the service button, where there is one."""
    settings = config.service
    if settings.button_pin < 0 and not settings.simulated:
        return None
    from edge.drivers.service.gpio import GpioServiceButton
    from edge.drivers.service.simulated import SimulatedServiceButton
    from edge.drivers.service.worker import ServiceButtonWorker, ServiceWindow

    window = ServiceWindow(runtime_dir, boot_id())

    def make(_last: ServiceButtonWorker | None) -> ServiceButtonWorker:
        button = SimulatedServiceButton() if settings.simulated else GpioServiceButton(settings)
        return ServiceButtonWorker(button, window, submit, faults)

    return Renewable(make)
