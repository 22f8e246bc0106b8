"""A device with a service button, from the pin to the store and the file that the page looks at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.app import Device
from edge.clock import boot_id
from edge.config import load_config
from edge.drivers.service.simulated import SimulatedServiceButton
from edge.runtime.service_window import WINDOW_FILE, open_until
from edge.store.reader import EventReader
from tests.scenario.rig import configure, perform, until


def test_a_press_opens_the_window_and_the_office_is_told(tmp_path: Path) -> None:
    config = load_config(configure(tmp_path, service="simulated = true"))
    window = config.store.runtime_dir / WINDOW_FILE

    def act(device: Device) -> None:
        assert device.service is not None
        button: Any = device.service.now.button
        assert isinstance(button, SimulatedServiceButton)
        until(lambda: device.service is not None and device.service.now.status()["working"])
        assert not window.exists()
        until(lambda: device.monitoring.board.latest.get("service") == {"open": False, "working": True})
        button.hold(down=True)
        # A press is told from a spike by what several looks have seen.
        looks = device.service.now.looks
        until(lambda: device.service is not None and device.service.now.looks > looks + 10)
        button.hold(down=False)
        until(lambda: open_until(window, boot_id(), device.clock().mono_s) is not None)
        until(lambda: device.monitoring.board.latest["service"]["open"])
        assert not device.faults.present()

    assert perform(Device(config), act) == 0
    reader = EventReader(config.store.state_dir / "events.db")
    assert any(b'"service.opened"' in body for body in reader.newest_bodies(50))
    reader.close()
