"""How the device itself is: its clock, its board, what its timers' jobs have left; and who is told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edge import __version__
from edge.clock import boot_id
from edge.config import Config
from edge.device.ground import Ground
from edge.drivers.board.watch import BoardWatch
from edge.runtime import systemd
from edge.runtime.duties import FOLDER, HEALTH_FOLDER, RENEWAL_FOLDER, Duties, expected
from edge.runtime.health import HealthWorker
from edge.runtime.status import StatusBoard, StatusWorker
from edge.runtime.supervisor import Spec
from edge.runtime.timekeeper import ClockWatch, Timekeeper, left_unplaced, read
from edge.store.schema import EVENTS_NAME


class Monitoring:
    """Make it before anything is stored. `past`: the newest events, the newest first. `board` gets its parts from
    `overview`.
    """

    def __init__(self, config: Config, past: Sequence[bytes], ground: Ground) -> None:
        self._config = config
        self._ground = ground
        state_dir, clock, faults = config.store.state_dir, ground.clock, ground.faults
        owed = left_unplaced(past[0] if past else b"", boot_id())
        self.clock_watch = ClockWatch(boot_id(), read(clock), owed=owed)
        self.board_watch = BoardWatch(state_dir, state_dir / EVENTS_NAME, config.store.quota_mb)
        identity = {"device": config.device.id, "site": config.device.site, "version": __version__}
        self.board = StatusBoard(clock, identity)
        folders = (state_dir / FOLDER, HEALTH_FOLDER, RENEWAL_FOLDER)
        self._duties = Duties(folders, expected(config), faults.fault, faults.recovered)

    def timekeeper(self) -> Spec:
        """Who compares the clocks."""
        clock, tell = self._ground.clock, self._ground.faults.tell
        return Spec("timekeeper", lambda: Timekeeper(self.clock_watch, clock, tell))

    def health(self) -> Spec:
        """Who reports the slow figures."""
        submit, clock = self._ground.submit, self._ground.clock
        return Spec(
            "health",
            lambda: HealthWorker(
                lambda: self.board.latest, self.board_watch.hottest_c, submit, clock, self._duties.look
            ),
        )

    def status(self, publish: Callable[[bytes], None], alive: Callable[[], bool]) -> Spec:
        """Who writes the board down, publishes it, and feeds systemd's watchdog while the device is alive."""
        folder = self._config.store.runtime_dir
        feed = lambda: systemd.notify("WATCHDOG=1")  # noqa: E731
        return Spec("status", lambda: StatusWorker(self.board, folder, publish, alive, feed))

    def metrics(self) -> list[Spec]:
        """Who answers a Prometheus, if one is to be answered."""
        port, faults = self._config.metrics.port, self._ground.faults
        if not port:
            return []
        from edge.runtime.metrics import MetricsWorker

        return [Spec("metrics", lambda: MetricsWorker(port, lambda: self.board.latest, faults.fault, faults.recovered))]
