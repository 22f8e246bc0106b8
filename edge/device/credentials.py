"""What lets people in besides their faces, put together and not started: card reader, keypad, and who compares PINs."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from edge.actions import CheckPin, KeepFailures
from edge.config import Config
from edge.config.credentials import SimulatedKeypad, SimulatedReaderConfig
from edge.device.ground import Ground
from edge.drivers.card.instruments import SimulatedBridge
from edge.drivers.card.worker import CardWorker
from edge.drivers.keypad.of_reader import ReaderKeys
from edge.drivers.keypad.simulated import TypingVisitor
from edge.drivers.keypad.worker import KeypadWorker
from edge.gate.cards import INSIDE
from edge.parts.card import make_card_reader
from edge.parts.keypad import make_keypad
from edge.people.books import Books
from edge.people.gallery import LoadedGallery
from edge.people.pins import MOST_ORDERS, Orders, PinWorker
from edge.runtime.mailbox import Inbox
from edge.runtime.renewable import Renewable
from edge.runtime.supervisor import Spec
from edge.store.keys import DeviceKey


class Credentials:
    """The workers behind `[card]`, `[card_inside]` and `[keypad]`. `bridges` (by table) and `visitor` show cards and
    press keys at simulated ones. Without the device's `key` cards of nobody's are called otherwise after each start.
    """

    def __init__(self, config: Config, ground: Ground, key: DeviceKey | None = None) -> None:
        post, faults = ground.post, ground.faults
        self._naming = key.derive("edge: aliases of cards of nobody's") if key else secrets.token_bytes(32)
        self._books = Books()
        self._orders: Orders = Inbox(MOST_ORDERS)
        keys = ReaderKeys()
        simulated = [name for name, one in config.readers.items() if isinstance(one, SimulatedReaderConfig)]
        self.bridges = {name: SimulatedBridge() for name in simulated}
        self.visitor = TypingVisitor() if isinstance(config.keypad, SimulatedKeypad) else None
        self.readers: dict[str, Renewable[CardWorker]] = {}
        self.keypad: Renewable[KeypadWorker] | None = None
        self.pins: Renewable[PinWorker] | None = None
        self.specs: list[Spec] = []
        keypad = config.keypad
        for table, reader in config.readers.items():
            name = INSIDE if table == "card_inside" else table
            make = partial(make_card_reader, reader, self.bridges.get(table))
            press = _ignore if name == INSIDE else keys.offer  # the keys on the inside are nobody's way in
            worker = partial(CardWorker, make, self.owner, self.alias, post, press, faults, name=name)
            self.readers[name] = Renewable(_made(worker))
            self.specs.append(Spec(name, self.readers[name], 12.0))
        if keypad is not None:
            self.keypad = Renewable(
                lambda _last: KeypadWorker(lambda: make_keypad(keypad, keys, self.visitor), post, faults)
            )
            self.pins = Renewable(
                lambda _last: PinWorker(
                    config.store.state_dir, self._orders, lambda: self._books.pins, post, faults, ground.alone
                )
            )
            self.specs += [Spec("pins", self.pins, 30.0), Spec("keypad", self.keypad)]

    def deliver(self, loaded: LoadedGallery) -> None:
        """Whose cards and PINs are whose, from now on."""
        self._books = loaded.books

    def owner(self, card: str) -> str:
        """The person whose card this is, or ""."""
        return self._books.cards.get(card, "")

    def alias(self, card: str) -> str:
        """What a card of nobody's is called: the same at each time, and nobody can tell from it which card it was."""
        return hmac.digest(self._naming, card.encode(), "sha256")[:8].hex()

    def check_pin(self, order: CheckPin) -> bool:
        """For the dispatcher. False when more wait than anybody can have typed; then no answer comes."""
        return self.pins is not None and self._orders.put(order)

    def keep_failures(self, order: KeepFailures) -> bool:
        """For the dispatcher."""
        return self.pins is not None and self._orders.put(order)

    def hands(self) -> dict[str, Any]:
        """Who carries out the brain's orders about PINs, by the dispatcher's names for them."""
        return {"check_pin": self.check_pin, "keep_failures": self.keep_failures}

    def status(self) -> dict[str, dict[str, Any]]:
        """For the status board, by part."""
        parts = {**self.readers, "keypad": self.keypad, "pins": self.pins}
        return {name: worker.now.status() for name, worker in parts.items() if worker is not None}


def _made(make: Callable[[], CardWorker]) -> Callable[[CardWorker | None], CardWorker]:
    return lambda _last: make()


def _ignore(_keys: str) -> None:
    """Takes no keys."""
