"""Aiming a camera, and the areas of its picture that count: drawn with a finger, or typed."""

from __future__ import annotations

from edge.config import Config
from edge.web.answer import Answer, see_other
from edge.web.areas import COMPARED, SIDES, WHOLE, Area, areas
from edge.web.looking import CAMERAS
from edge.web.pages.settings import propose
from edge.web.request import RefusedError
from edge.web.visit import Visit


def show(visit: Visit) -> Answer:
    """The picture with all areas, one of them to be changed."""
    config = visit.house.effective().config
    here = [camera for camera in CAMERAS if areas(config, camera)]
    camera = visit.asked("camera", here[0] if here else "")
    return _page(visit, config, camera, visit.asked("area"), 200, ())


def change(visit: Visit) -> Answer:
    """Other sides of one area, in percent of the picture; or that there is no such area."""
    found, camera, key = visit.house.effective(), visit.given("camera"), visit.given("area")
    area = _one(areas(found.config, camera), key)
    sides: list[float] = []
    if visit.given("none") != "yes" or area.kind in WHOLE:
        try:
            sides = [round(float(visit.given(side)) / 100.0, 3) for side in SIDES]
        except ValueError as error:
            raise RefusedError(400, "percents are wanted") from error
        if not (0.0 <= sides[0] < sides[2] <= 1.0 and 0.0 <= sides[1] < sides[3] <= 1.0):
            wrong = visit.say("Left must come before right, and top before bottom.")
            return _page(visit, found.config, camera, key, 422, (wrong,))
    if tuple(sides) == area.sides:
        visit.paired.tell("good", visit.say("Nothing was changed."))
    elif problems := propose(visit, found, area.changed(sides)):
        return _page(visit, found.config, camera, key, 422, problems)
    return see_other(f"/aim?camera={camera}&area={area.key}")


def _page(visit: Visit, config: Config, camera: str, key: str, status: int, problems: tuple[str, ...]) -> Answer:
    here = areas(config, camera)
    area = _one(here, key)
    typed = {side: visit.given(side) for side in SIDES} if problems else area.percents
    clean = config.station is not None and config.station.reference is not None
    return visit.page(
        "aim.html",
        status,
        camera=camera,
        areas=here,
        area=area,
        sides=typed,
        optional=area.kind not in WHOLE,
        unseen=area.kind in COMPARED and not clean,
        problems=problems,
        least_px=config.face.min_eye_px,
    )


def _one(here: list[Area], key: str) -> Area:
    """The area of that key, the first without one. Raises RefusedError."""
    for area in here:
        if key in ("", area.key):
            return area
    raise RefusedError(404, "there is no such camera, or no such area of its picture")
