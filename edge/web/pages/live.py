"""What the camera sees now, with what is found in it drawn in; and aiming the camera."""

from __future__ import annotations

from typing import Any

from edge.web.answer import Answer, as_json
from edge.web.looking import CAMERAS
from edge.web.request import RefusedError
from edge.web.visit import Visit


def show(visit: Visit) -> Answer:
    """The page."""
    return visit.page("live.html", cameras=cameras(visit))


def cameras(visit: Visit) -> list[str]:
    """Those that this device has."""
    config = visit.house.config
    there = (config.camera, config.station.camera if config.station else None)
    return [name for name, camera in zip(CAMERAS, there, strict=True) if camera is not None]


def frame(visit: Visit) -> Answer:
    """The newest picture; for the office only while it enrols somebody."""
    if visit.paired.role != "installer" and visit.house.enrolment.progress.state != "running":
        raise RefusedError(403, "only while somebody is enrolled")
    return Answer(body=visit.house.looking.picture(_camera(visit)).data, kind="image/jpeg")


def found(visit: Visit) -> Answer:
    """What was found in it, for programs; and in words, as `text`, for whoever aims the camera."""
    about = visit.house.looking.picture(_camera(visit)).about
    faces = [_worded(face, visit) for face in about.get("found", [])]
    return as_json({**about, "text": "; ".join(faces) or visit.say("Nobody is seen.")})


def _worded(face: dict[str, Any], visit: Visit) -> str:
    fault = f", {visit.say(face['reason'])}" if face["reason"] else ""
    return f"{visit.say('Eyes apart:')} {face['eye_px']:g} px, {visit.say('quality')} {face['quality']:.2f}{fault}"


def _camera(visit: Visit) -> str:
    name = visit.asked("camera", CAMERAS[0])
    if name not in cameras(visit):
        raise RefusedError(404, "there is no such camera")
    return name
