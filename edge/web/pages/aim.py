"""Aiming a camera, and the zone of its picture that counts."""

from __future__ import annotations

from edge.web.answer import Answer, see_other
from edge.web.pages.live import cameras
from edge.web.pages.settings import propose
from edge.web.request import RefusedError
from edge.web.visit import Visit

ZONES = {"people": ("face", "zone"), "station": ("station", "item_zone")}
"""By camera: table and key of its zone."""
SIDES = ("left", "top", "right", "bottom")


def show(visit: Visit) -> Answer:
    """The picture with the zone, and what is found in it."""
    return _page(visit, visit.asked("camera", "people"), 200, ())


def change(visit: Visit) -> Answer:
    """Another zone; the sides are percents of the picture."""
    camera = visit.given("camera")
    if camera not in cameras(visit):
        raise RefusedError(404, "there is no such camera")
    try:
        zone = [round(float(visit.given(side)) / 100.0, 3) for side in SIDES]
    except ValueError as error:
        raise RefusedError(400, "percents are wanted") from error
    table, key = ZONES[camera]
    if not (0.0 <= zone[0] < zone[2] <= 1.0 and 0.0 <= zone[1] < zone[3] <= 1.0):
        return _page(visit, camera, 422, (visit.say("Left must come before right, and top before bottom."),))
    if problems := propose(visit, visit.house.effective(), {table: {key: zone}}):
        return _page(visit, camera, 422, problems)
    return see_other(f"/aim?camera={camera}")


def _page(visit: Visit, camera: str, status: int, problems: tuple[str, ...]) -> Answer:
    if camera not in cameras(visit):
        raise RefusedError(404, "there is no such camera")
    table, key = ZONES[camera]
    config = visit.house.effective().config
    zone = getattr(getattr(config, table), key)
    sides = dict(zip(SIDES, (round(100.0 * one, 1) for one in zone), strict=True))
    return visit.page(
        "aim.html", status, camera=camera, sides=sides, problems=problems, least_px=config.face.min_eye_px
    )
