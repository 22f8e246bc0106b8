"""What `edge people` needs of the device: the eyes and the camera, made when a command asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.cli.common import State
from edge.cli.people import Parts
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.config.schema import Face
    from edge.drivers.camera import Camera
    from edge.drivers.card import CardReader
    from edge.people.describe import FaceDescriber, Limits
    from edge.vision.recognition import Recognition


PEOPLE_CAMERA = "people"


def _face(state: State) -> Face:
    from edge.config.schema import Face

    return state.config.face if state.config else Face()


def _recognition(state: State) -> Recognition:
    from edge import resources
    from edge.vision.manifest import load_manifest
    from edge.vision.recognition import Recognition

    return Recognition(load_manifest(*resources.manifests(state.dir)), _face(state))


def _open_describer(state: State) -> tuple[FaceDescriber, Callable[[int], Limits]]:
    from edge.people.describe import limits_at
    from edge.people.eyes import Eyes

    recognition = _recognition(state)
    points = recognition.points
    return Eyes(recognition.open()), lambda people: limits_at(
        points.threshold(people, fused=False), points.second_floor
    )


def _open_camera(state: State) -> Camera:
    """The running daemon's, since a camera has one owner; without a daemon the camera itself."""
    from edge.local.camera import DeskCamera
    from edge.local.client import Desk
    from edge.parts.camera import make_camera

    if state.config is None:
        raise UsageError("the camera stands in the configuration", hint="give it with --config FILE")
    if state.config.camera is None:
        raise UsageError("this device has no camera that looks at people", hint="see [camera] in its configuration")
    desk = Desk(state.config.store.runtime_dir, "edge people")
    return DeskCamera(desk, PEOPLE_CAMERA) if desk.answers() else make_camera(state.config.camera)


def _model_id(state: State) -> str:
    return _recognition(state).model_id


def _open_card_reader(state: State) -> CardReader:
    from edge.parts.card import make_card_reader

    if state.config is None or state.config.card is None:
        raise UsageError("there is no card reader in the configuration", hint="give it with --config FILE, see [card]")
    return make_card_reader(state.config.card)


PEOPLE = Parts(_open_describer, _open_camera, _model_id, _open_card_reader)
