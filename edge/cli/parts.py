"""What `edge people` needs of the device: the eyes and the camera, made when a command asks for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli.common import State
from edge.cli.people import Parts
from edge.errors import HardwareError, UsageError

if TYPE_CHECKING:
    from edge.config.schema import Face
    from edge.drivers.camera import Camera
    from edge.drivers.card import CardReader
    from edge.local.client import Desk
    from edge.people.describe import FaceDescriber, Limits
    from edge.vision.faces import FaceFinder
    from edge.vision.liveness.judge import Liveness
    from edge.vision.liveness.second import SecondCamera
    from edge.vision.recognition import Recognition


PEOPLE_CAMERA, SECOND_CAMERA = "people", "second"
_FIRST_S = 5.0  # the daemon keeps no picture until somebody asks


def _face(state: State) -> Face:
    from edge.config.schema import Face

    return state.config.face if state.config else Face()


def _recognition(state: State) -> Recognition:
    from edge import resources
    from edge.vision.manifest import load_manifest
    from edge.vision.recognition import Recognition

    return Recognition(load_manifest(*resources.manifests(state.dir)), _face(state))


def _open_describer(state: State) -> tuple[FaceDescriber, Callable[[int], Limits]]:
    from edge.people.eyes import Eyes

    recognition = _recognition(state)
    finder = recognition.open()
    return Eyes(finder, partial(_liveness, state, recognition, finder)), _limits_of(recognition)


def _limits(state: State) -> Callable[[int], Limits]:
    return _limits_of(_recognition(state))


def _limits_of(recognition: Recognition) -> Callable[[int], Limits]:
    from edge.people.describe import limits_at

    points = recognition.points
    return lambda people: limits_at(points.threshold(people, fused=False), points.second_floor)


def _liveness(state: State, recognition: Recognition, finder: FaceFinder) -> Liveness:
    """Whoever is enrolled at the camera is asked for what the gate asks for: the added networks, the second camera."""
    from edge.vision.liveness.added import added_cues
    from edge.vision.liveness.judge import at_an_enrolment

    return at_an_enrolment(partial(added_cues, recognition.open_critics(), finder.find, _second_camera(state)))


def _second_camera(state: State) -> SecondCamera | None:
    """The running daemon's, None where none is configured. Nobody else keeps its pictures fresh while the first one's
    are looked at, so without a daemon nobody is enrolled here. Raises HardwareError.
    """
    from edge.local.camera import DeskCamera
    from edge.vision.liveness.second import SecondCamera

    if state.config is None or state.config.second_camera is None:
        return None
    desk = _desk(state.config.store.runtime_dir)
    if not desk.answers():
        raise HardwareError(
            "the second camera must agree that somebody lives, and only the running daemon looks through it",
            hint="start the daemon and enrol then, here or on the device's page; or enrol from pictures",
        )
    camera = DeskCamera(desk, SECOND_CAMERA)
    if camera.read(_FIRST_S) is None:
        raise HardwareError(
            "the second camera gives no picture, and it must agree that somebody lives",
            hint="see edge status for its fault, second-camera; or enrol from pictures",
        )
    return SecondCamera(camera.read, infrared=state.config.liveness.infrared)


def _desk(runtime_dir: Path) -> Desk:
    from edge.local.client import Desk

    return Desk(runtime_dir, "edge people")


def _open_camera(state: State) -> Camera:
    """The running daemon's, since a camera has one owner; without a daemon the camera itself."""
    from edge.local.camera import DeskCamera
    from edge.parts.camera import make_camera

    if state.config is None:
        raise UsageError("the camera stands in the configuration", hint="give it with --config FILE")
    if state.config.camera is None:
        raise UsageError("this device has no camera that looks at people", hint="see [camera] in its configuration")
    desk = _desk(state.config.store.runtime_dir)
    return DeskCamera(desk, PEOPLE_CAMERA) if desk.answers() else make_camera(state.config.camera)


def _model_id(state: State) -> str:
    return _recognition(state).model_id


def _open_card_reader(state: State) -> CardReader:
    from edge.parts.card import make_card_reader

    if state.config is None or state.config.card is None:
        raise UsageError("there is no card reader in the configuration", hint="give it with --config FILE, see [card]")
    return make_card_reader(state.config.card)


PEOPLE = Parts(_open_describer, _open_camera, _model_id, _limits, _open_card_reader)
