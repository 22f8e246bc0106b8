"""The line to the broker, through all the runs of its worker: what is to stand retained outlives each of them."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping

from edge import __version__
from edge.config import Config
from edge.parts.broker import make_broker
from edge.runtime.faults import FaultDesk
from edge.runtime.renewable import Renewable
from edge.store.identity import raw, read_signer, sealing_key, signing_key
from edge.store.keys import DeviceKey
from edge.store.schema import EVENTS_NAME
from edge.uplink.inbound import Handler
from edge.uplink.settlement import Acknowledge
from edge.uplink.topics import Topics
from edge.uplink.worker import UplinkWorker


class Line:
    """`uplink` is the worker's post, filled by `renew`. `key`: the device's; what checks its signatures and seals to it
    is published. All methods may be called from any thread, and none waits.
    """

    def __init__(
        self,
        config: Config,
        acknowledge: Acknowledge,
        faults: FaultDesk,
        subscriptions: Mapping[str, Handler],
        key: DeviceKey | None,
    ) -> None:
        device, store = config.device, config.store.state_dir / EVENTS_NAME
        self.topics = Topics(device.site, device.id)
        self._kept: dict[str, bytes] = {}
        self._changing = threading.Lock()
        heard = dict(subscriptions)
        if config.homeassistant.discovery:
            heard |= self._introduce(config)
        broker, sink = make_broker(config.uplink), config.uplink.sink_key_file
        confirmed_by = read_signer(sink) if sink and config.uplink.delivery == "confirmed" else None

        def make(_last: UplinkWorker | None) -> UplinkWorker:
            worker = UplinkWorker(
                broker,
                device.site,
                device.id,
                store,
                acknowledge,
                faults.fault,
                faults.recovered,
                subscriptions=heard,
                confirmed_by=confirmed_by,
            )
            for topic, payload in self._kept.copy().items():
                worker.keep(topic, payload)
            return worker

        self.uplink: Renewable[UplinkWorker] = Renewable(make)
        if key is not None:
            self._introduce_keys(key)

    def keep(self, topic: str, payload: bytes) -> None:
        """Let this stand retained on the topic; the latest wins."""
        with self._changing:
            self._kept[topic] = payload
            self.uplink.now.keep(topic, payload)

    def renew(self) -> UplinkWorker:
        """The next worker. What is kept just then must not reach only the one that leaves."""
        with self._changing:
            return self.uplink()

    def show(self, state: bytes) -> None:
        """The state of every component."""
        self.keep(self.topics.state, state)

    def say(self, topic: str, payload: bytes) -> bool:
        """What only those hear who listen now; False when it cannot be said."""
        return self.uplink.now.say(topic, payload)

    def reply(self, topic: str, payload: bytes, correlation: bytes) -> bool:
        """Answer on a response topic; False when it cannot be said."""
        return self.uplink.now.reply(topic, payload, correlation)

    def reached(self) -> bool:
        """Whether the office can be heard: the broker is there, and lets us listen."""
        status = self.uplink.now.status()
        return status.connected and status.listening

    def _introduce_keys(self, key: DeviceKey) -> None:
        public = {"signing": raw(signing_key(key).public_key()), "sealing": raw(sealing_key(key).public_key())}
        shown = {name: urlsafe_b64encode(one).decode().rstrip("=") for name, one in public.items()}
        self.keep(self.topics.keys, json.dumps(shown).encode())

    def _introduce(self, config: Config) -> dict[str, Handler]:
        """Home Assistant's document of the device, said again whenever Home Assistant starts."""
        from edge.uplink.homeassistant import Shown, discovery, discovery_topic, when_it_starts

        prefix = config.homeassistant.prefix
        topic = discovery_topic(prefix, config.device.id)
        shown = Shown(
            door=config.door is not None,
            people=config.camera is not None,
            bins=tuple(config.bins),
            pictures=config.office.sealing_key_file is not None,
        )
        self._kept[topic] = discovery(self.topics, __version__, shown)
        again: Callable[[str], None] = lambda named: self.uplink.now.again(named)  # noqa: E731
        return {f"{prefix}/status": when_it_starts(again, topic)}
