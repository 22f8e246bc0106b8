"""Bounded hand-over between threads. Full is a normal state: each kind says what it drops, and counts it."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Room for one item; a newer one replaces it. For frames: an old picture is worth nothing.

    `taken_s`: when the last one was taken out (monotonic).
    """

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._item: T | None = None
        self.replaced = 0
        self.taken_s = float("-inf")

    def put(self, item: T) -> None:
        with self._ready:
            if self._item is not None:
                self.replaced += 1
            self._item = item
            self._ready.notify()

    def get(self, timeout_s: float) -> T | None:
        """The newest item, or None when none came within `timeout_s` or somebody called `wake`."""
        with self._ready:
            if self._item is None:
                self._ready.wait(timeout_s)
            item, self._item = self._item, None
            if item is not None:
                self.taken_s = time.monotonic()
            return item

    def wake(self) -> None:
        """Let a waiting `get` return early."""
        with self._ready:
            self._ready.notify_all()


class NextSlot(Generic[T]):
    """Hands the next item to the one who waits for it. What comes while nobody waits is let go at once, so that nothing
    large is held, and what is handed over is never old.
    """

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._waiting = False
        self._item: T | None = None

    def put(self, item: T) -> None:
        with self._ready:
            if self._waiting:
                self._item, self._waiting = item, False
                self._ready.notify_all()

    def get(self, timeout_s: float) -> T | None:
        """The next item, or None when none came within `timeout_s` or somebody called `wake`."""
        with self._ready:
            self._waiting = True
            self._ready.wait(timeout_s)
            item, self._item, self._waiting = self._item, None, False
            return item

    def wake(self) -> None:
        """Let a waiting `get` return early."""
        with self._ready:
            self._ready.notify_all()


class Inbox(Generic[T]):
    """A queue of at most `capacity` items. When full the new item is refused (`put` returns False, `refused`
    counts): a producer that must not lose something keeps it and offers it again.
    """

    def __init__(self, capacity: int) -> None:
        self._ready = threading.Condition()
        self._items: deque[T] = deque()
        self._capacity = capacity
        self.refused = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> bool:
        with self._ready:
            if len(self._items) >= self._capacity:
                self.refused += 1
                return False
            self._items.append(item)
            self._ready.notify()
            return True

    def put_back(self, item: T) -> None:
        """Return what was just taken to its place at the front, also when the queue is full."""
        with self._ready:
            self._items.appendleft(item)
            self._ready.notify()

    def get(self, timeout_s: float) -> T | None:
        """The oldest item, or None when none came within `timeout_s` or somebody called `wake`."""
        with self._ready:
            if not self._items:
                self._ready.wait(timeout_s)
            return self._items.popleft() if self._items else None

    def wake(self) -> None:
        """Let a waiting `get` return early."""
        with self._ready:
            self._ready.notify_all()
