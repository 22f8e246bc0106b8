from __future__ import annotations

import threading
from collections.abc import Callable

from edge.events import ComponentFailed, ComponentRecovered
from edge.runtime.supervisor import RESTARTS, WINDOW_S, Spec, Supervisor


class Toy:
    """A worker that does what the test says at each step."""

    def __init__(self, act: Callable[[Toy], None]) -> None:
        self.act = act
        self.woken = threading.Event()
        self.stopped = False

    def start(self) -> None:
        pass

    def step(self) -> None:
        self.act(self)

    def stop(self) -> None:
        self.stopped = True

    def wake(self) -> None:
        self.woken.set()


def idle(toy: Toy) -> None:
    toy.woken.wait(0.01)


class Bench:
    """A supervisor with a clock of its own and a record of what it said."""

    def __init__(self, make: Callable[[], Toy], hang_after_s: float = 60.0) -> None:
        self.now = 1000.0
        self.failed: list[ComponentFailed] = []
        self.recovered: list[ComponentRecovered] = []
        self.made: list[Toy] = []

        def counted() -> Toy:
            self.made.append(make())
            return self.made[-1]

        self.supervisor = Supervisor(
            [Spec("toy", counted, hang_after_s)], self.failed.append, self.recovered.append, lambda: self.now
        )

    def watch_until(self, done: Callable[[], bool]) -> None:
        pause = threading.Event()
        for _ in range(2000):
            self.supervisor.watch()
            if done():
                return
            pause.wait(0.005)
        raise AssertionError("it never happened")


def test_a_worker_that_dies_is_replaced_and_both_are_said() -> None:
    acts = iter([lambda _toy: 1 / 0])
    bench = Bench(lambda: Toy(next(acts, idle)))
    bench.supervisor.start()
    bench.watch_until(lambda: bool(bench.failed))
    assert bench.failed[0].what == "died"
    assert "division by zero" in bench.failed[0].detail
    assert bench.made[0].stopped  # a worker releases what it holds, also when it failed
    assert not bench.supervisor.healthy()
    bench.now += 3.0
    bench.watch_until(lambda: bool(bench.recovered))
    assert (bench.recovered[0].down_s, len(bench.made)) == (3.0, 2)
    assert bench.supervisor.healthy()
    assert bench.supervisor.stop(5.0) == []


def test_a_worker_that_hangs_is_abandoned_and_replaced() -> None:
    let_go = threading.Event()
    acts = iter([lambda _toy: let_go.wait(30.0)])
    bench = Bench(lambda: Toy(next(acts, idle)), hang_after_s=0.05)
    bench.supervisor.start()
    bench.watch_until(lambda: bool(bench.failed))
    assert bench.failed[0].what == "hung"
    bench.watch_until(lambda: len(bench.made) == 2 and bench.supervisor.working())
    bench.supervisor.watch()
    assert bench.recovered == []  # one step proves nothing about somebody who hangs
    bench.now += 0.05
    bench.watch_until(lambda: bool(bench.recovered))
    let_go.set()
    assert bench.supervisor.stop(5.0) == []


def test_beyond_the_budget_it_is_fatal() -> None:
    bench = Bench(lambda: Toy(lambda _toy: 1 / 0))
    bench.supervisor.start()

    def given_up() -> bool:
        bench.now += 5.0
        return bool(bench.supervisor.fatal)

    bench.watch_until(given_up)
    assert [failure.fatal for failure in bench.failed] == [False] * RESTARTS + [True]
    assert "division by zero" in bench.supervisor.fatal
    bench.supervisor.watch()
    assert len(bench.made) == RESTARTS + 1  # nothing is replaced after giving up


def test_failures_long_ago_do_not_count() -> None:
    die = threading.Event()

    def mortal(toy: Toy) -> None:
        if die.is_set():
            die.clear()
            raise RuntimeError("now and then")
        idle(toy)

    bench = Bench(lambda: Toy(mortal))
    bench.supervisor.start()
    for count in range(1, RESTARTS + 3):
        die.set()
        bench.watch_until(lambda count=count: len(bench.failed) == count)  # type: ignore[misc]
        bench.watch_until(lambda count=count: len(bench.recovered) == count)  # type: ignore[misc]
        bench.now += WINDOW_S + 1.0
    assert not bench.supervisor.fatal
    bench.supervisor.stop(5.0)


def test_stop_has_one_deadline_and_names_the_late() -> None:
    let_go = threading.Event()
    bench = Bench(lambda: Toy(lambda _toy: let_go.wait(30.0)))
    bench.supervisor.start()
    assert bench.supervisor.stop(0.05) == ["toy"]
    let_go.set()


def test_who_stores_what_the_others_hand_over_stops_last() -> None:
    store, other = Toy(idle), Toy(idle)
    store_had_ended: list[bool] = []

    def say_the_last_word() -> None:
        store_had_ended.append(store.woken.wait(0.1) or store.stopped)

    other.stop = say_the_last_word  # type: ignore[method-assign]
    supervisor = Supervisor([Spec("store", lambda: store), Spec("other", lambda: other)], print, print)
    supervisor.start()
    assert supervisor.stop(5.0) == []
    assert store_had_ended == [False]
    assert store.stopped
