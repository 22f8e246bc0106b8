from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.runtime.queues import QueuePart
from edge.runtime.steady import Crowd, Steady


def test_a_figure_on_the_border_of_two_steps_does_not_swing() -> None:
    steady = Steady(5.0)
    shown = [steady(value) for value in (47.4, 47.6, 47.4, 48.0, 47.0)]
    assert shown == [45.0] * 5
    assert [steady(value) for value in (49.0, 47.4, 46.4, 46.0)] == [50.0, 50.0, 50.0, 45.0]


def test_what_is_unknown_stays_unknown() -> None:
    steady = Steady(5.0)
    assert [steady(value) for value in (None, 20.0, None, 22.4)] == [None, 20.0, None, 20.0]


@given(st.lists(st.floats(-1000, 1000), min_size=1))
def test_what_is_shown_is_never_far_off(values: list[float]) -> None:
    steady = Steady(5.0)
    for value in values:
        shown = steady(value)
        assert shown is not None
        assert abs(shown - value) <= 0.75 * 5.0 + 1e-9
        assert shown % 5.0 == 0.0


def test_what_is_gone_at_the_next_look_never_waited() -> None:
    crowd = Crowd(looks=3)
    assert [crowd(count) for count in (0, 1, 0, 5, 0)] == ["none"] * 5
    assert [crowd(count) for count in (1, 1, 1, 5000, 5000, 5000, 0)] == [*["none"] * 2, *["some"] * 3, "many", "none"]


def test_queues_are_coarse_outside_and_exact_inside() -> None:
    waiting = {"alarm": 0, "telemetry": 4000}
    part = QueuePart(lambda: waiting)
    assert part() == {"alarm": "none", "telemetry": "many", "figures": {**waiting, "total": 4000}}
