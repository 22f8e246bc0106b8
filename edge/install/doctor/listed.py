"""All checks, in the order of the walk: what everything else needs comes first, what cuts and kills comes last."""

from __future__ import annotations

from edge.install.doctor.broker import AccessCheck, TlsCheck
from edge.install.doctor.camera import FramesCheck
from edge.install.doctor.checks import Check
from edge.install.doctor.clock import ClockCheck
from edge.install.doctor.disk import DiskCheck
from edge.install.doctor.door import DoorCheck, ExitCheck, LinesCheck, LockCheck
from edge.install.doctor.gpio import GpioCheck
from edge.install.doctor.levels import LevelsCheck
from edge.install.doctor.lids import LampsCheck, LidsCheck
from edge.install.doctor.models import ModelsCheck
from edge.install.doctor.network import NetworkCheck
from edge.install.doctor.picture import InfraredCheck, PictureCheck
from edge.install.doctor.power import PowerCheck
from edge.install.doctor.readers import CardCheck, KeypadCheck
from edge.install.doctor.rehearse_cut import CutCheck
from edge.install.doctor.rehearse_kill import KillCheck
from edge.install.doctor.speaker import SpeakerCheck
from edge.install.doctor.watchdog import WatchdogCheck


def all_checks(*, rehearse: bool) -> tuple[Check, ...]:
    """`rehearse`: also lose the broker and kill the daemon, and see what happens."""
    cameras = [check(name) for name in ("people", "station") for check in (FramesCheck, PictureCheck, InfraredCheck)]
    return (
        PowerCheck(),
        DiskCheck(),
        ClockCheck(),
        ModelsCheck(),
        GpioCheck(),
        *cameras,
        LinesCheck(),
        DoorCheck(),
        LockCheck(),
        ExitCheck(),
        LampsCheck(),
        LidsCheck(),
        LevelsCheck(),
        CardCheck("card"),
        CardCheck("card_inside"),
        KeypadCheck(),
        SpeakerCheck(),
        NetworkCheck(),
        TlsCheck(),
        AccessCheck(),
        WatchdogCheck(),
        *((CutCheck(), KillCheck()) if rehearse else ()),
    )
