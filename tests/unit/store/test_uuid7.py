from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from edge.store.uuid7 import Uuid7


def test_the_fields_stand_where_rfc_9562_puts_them() -> None:
    # Appendix A.6 of the RFC: its time, and its random bits.
    bits = 0x4C3 << 62 | 0x18C4DC0C0C07398F  # its counter without the highest bit, which is left free to count
    new_id = Uuid7(lambda count: sum(bits << start for start in range(0, count, 80)))
    made = uuid.UUID(new_id(1645557742000_000))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == 0x017F22E279B0
    assert made.int & ((1 << 62) - 1) == 0x18C4DC0C0C07398F
    assert str(made).startswith("017f22e2-79b0-74c3-")


def test_no_random_bits_are_used_twice() -> None:
    asked: list[int] = []

    def counting(count: int) -> int:
        asked.append(count)
        return sum((len(asked) * 1000 + i) << 80 * i for i in range(count // 80))

    new_id = Uuid7(counting)
    made = [uuid.UUID(new_id(millisecond * 1000)).int & ((1 << 62) - 1) for millisecond in range(250)]
    assert len(set(made)) == 250
    assert len(asked) == 3


@given(st.lists(st.integers(-(10**18), 10**18), min_size=2, max_size=50))
def test_ids_ascend_whatever_the_clock_does(times: list[int]) -> None:
    new_id = Uuid7()
    made = [new_id(wall_us) for wall_us in times]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_more_ids_than_the_counter_holds_within_one_millisecond() -> None:
    new_id = Uuid7()
    made = [new_id(1_700_000_000_000_000) for _ in range(10_000)]
    assert made == sorted(set(made))
    assert {uuid.UUID(text).version for text in made} == {7}
