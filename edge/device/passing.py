"""What reads passes, put together and not started: the desk, its database, what gates tell each other.

Made where there is a door, a camera that looks at people, and keys of the office by which a pass can be known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edge.commands.outcome import Executor, Outcome
from edge.config import Config
from edge.device.ground import Ground
from edge.drivers.camera import Frame
from edge.passes.gates import Heard
from edge.passes.judge import Place
from edge.passes.uses import Uses
from edge.passes.view import View
from edge.passes.worker import COMPONENT, PassWorker, Rules
from edge.runtime.mailbox import NextSlot
from edge.runtime.renewable import Renewable
from edge.runtime.supervisor import Spec
from edge.store.identity import read_signer
from edge.uplink.inbound import Handler
from edge.uplink.topics import Topics


class Passing:
    """`keep(topic, payload)` lets something stand retained."""

    def __init__(self, config: Config, ground: Ground, keep: Callable[[str, bytes], None]) -> None:
        device = config.device
        topics = Topics(device.site, device.id)
        keys = {name: read_signer(file) for name, file in config.office.keys.items()}
        rules = Rules(keys, Place(device.site, config.office.zone))
        self.frames: NextSlot[Frame] = NextSlot()
        self.uses = Uses(config.store.state_dir, device.id)
        heard, view = Heard(), View()
        self.desk: Renewable[PassWorker] = Renewable(
            lambda _last: PassWorker(
                self.frames,
                rules,
                self.uses,
                heard,
                view,
                ground.post,
                lambda payload: keep(topics.passes, payload),
                ground.clock,
                ground.faults.fault,
                ground.faults.recovered,
            )
        )
        self.specs = [Spec(COMPONENT, self.desk, 10.0)]
        self.listens_to: dict[str, Handler] = {topics.passes_of_all: heard.take}
        self.execute: dict[str, Executor] = {"pass.revoke": self._revoke}

    def status(self) -> dict[str, Any]:
        """For the status board."""
        return self.desk.now.status()

    def _revoke(self, args: Mapping[str, Any]) -> Outcome:
        self.uses.revoke(args["pass"], args.get("until", 0))
        return Outcome(True)
