"""What all pages share: the device's configuration and folders, who is paired, whether the page is open."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from edge.clock import Clock
from edge.config import Config
from edge.config.effective import Effective, load_effective
from edge.web.enrolment import Enrolment
from edge.web.guide import Guide
from edge.web.looking import Looking
from edge.web.pairing import Pairing
from edge.web.sessions import Sessions
from edge.web.window import ServiceWindow

FOLDER = "web"
"""The page's own folder below the state directory."""


@dataclass(slots=True)
class House:
    """`config`: as it was when the page started; who the device is and where its files lie does not change. `roster`:
    held while the people's file is open, since a search of its bytes must not meet another's transaction. `streams`:
    how many browsers are told of changes; of the event loop's thread alone.
    """

    config_path: Path
    config: Config
    clock: Clock
    pairing: Pairing
    sessions: Sessions
    window: ServiceWindow
    certificate: Path
    looking: Looking
    enrolment: Enrolment = field(default_factory=Enrolment)
    guide: Guide = field(default_factory=Guide)
    roster: threading.Lock = field(default_factory=threading.Lock)
    streams: int = 0

    @property
    def state_dir(self) -> Path:
        """The daemon's."""
        return self.config.store.state_dir

    @property
    def runtime_dir(self) -> Path:
        """The daemon's."""
        return self.config.store.runtime_dir

    def effective(self) -> Effective:
        """The configuration that the daemon runs with. Raises ConfigError."""
        return load_effective(self.config_path, starting=False)


def make_house(config_path: Path, config: Config, certificate: Path, clock: Clock, boot: str) -> House:
    """Of this device, at this boot."""
    store = config.store
    folder = store.state_dir / FOLDER
    return House(
        config_path,
        config,
        clock,
        Pairing(store.state_dir, folder, boot, clock),
        Sessions(),
        ServiceWindow(store.state_dir, store.runtime_dir, boot, clock),
        certificate,
        Looking(store.runtime_dir),
    )
