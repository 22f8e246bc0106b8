"""A fault is told once, and tried again with growing waits."""

from __future__ import annotations

from voice_samples import Faults

from edge.errors import HardwareError
from edge.voice.trouble import Trouble

ERROR = HardwareError("no card", hint="plug it in")


def test_a_fault_is_told_once_and_its_end_once() -> None:
    faults = Faults()
    trouble = Trouble("speaker", faults.fault, faults.recovered)
    trouble.worked()
    trouble.failed(0.0, ERROR)
    trouble.failed(1.0, ERROR)
    assert trouble.failing
    trouble.worked()
    trouble.worked()
    assert not trouble.failing
    assert faults.seen == [("fault", "speaker", "no card", "plug it in"), ("recovered", "speaker")]


def test_waits_double_up_to_a_minute_and_start_anew() -> None:
    faults = Faults()
    trouble = Trouble("speaker", faults.fault, faults.recovered)
    waits = []
    for _ in range(10):
        trouble.failed(100.0, ERROR)
        waits.append(next(s for s in range(1000) if trouble.may_try(100.0 + s)))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    trouble.worked(over=False)
    assert trouble.may_try(100.0)
    assert trouble.failing
    trouble.failed(100.0, ERROR)
    assert trouble.may_try(101.0)
    assert len(faults.seen) == 1
