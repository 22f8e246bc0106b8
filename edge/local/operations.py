"""The operations of the local desk, each from a request to an answer. They run on the desk's own thread."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge.actions import Answer, Priority, Report
from edge.errors import DataError, EdgeError
from edge.local.lent import Lent, Order
from edge.local.seen import Seen
from edge.local.service import service
from edge.local.trial import NotDoneError, Trials
from edge.local.view import View

Reply = tuple[dict[str, Any], bytes]
FRESH_S = 0.1
"""A JPEG is made anew at most ten times a second, however many ask."""
MOST_CUT_S = 120.0
MOST_BY = 60


class Operations:
    """`name`: "{site}/{device}"; `folders`: state and runtime."""

    def __init__(
        self,
        name: str,
        folders: tuple[Path, Path],
        lent: Lent,
        views: Mapping[str, View],
        seen: Seen,
        orders: Mapping[str, Order],
    ) -> None:
        self._orders = orders
        self._name = name
        self._folders = folders
        self._lent = lent
        self._views = views
        self._seen = seen
        self._trials = Trials(lent.post)
        self._made: dict[tuple[str, int, bool], tuple[float, Reply]] = {}
        self._by_name: Mapping[str, Callable[[Mapping[str, Any], int], Reply]] = {
            "state": lambda _request, _uid: ({"state": dict(self._lent.latest())}, b""),
            "seen": lambda _request, _uid: ({"seen": self._seen.show(without="level.")}, b""),
            "service": lambda _request, _uid: (service(*self._folders), b""),
            "levels": lambda _request, _uid: ({"bins": self._levels()}, b""),
            "frame": lambda request, _uid: self._frame(request),
            "picture": lambda request, _uid: self._picture(request),
            "drive": self._drive,
            "cut": self._lose_the_broker,
            "sign": self._sign_report,
            "broker": self._ask_the_broker,
            "configure": lambda request, _uid: self._ordered("configure", request),
            "update": lambda request, _uid: self._ordered("update", request),
        }

    def answered(self, answer: Answer) -> bool:
        """On the brain's thread: whether the order that is answered was one of these."""
        return self._trials.answered(answer)

    def serve(self, request: Mapping[str, Any], uid: int) -> Reply:
        """The answer to a request of this user, whatever it holds."""
        operation = self._by_name.get(str(request.get("op"))[:80])
        try:
            if operation is None:
                raise DataError("op: there is no such operation", hint=", ".join(self._by_name))
            told, payload = operation(request, uid)
        except NotDoneError as refused:
            return {"ok": False, "error": refused.reason, "message": refused.detail}, b""
        except EdgeError as error:
            word = "bad_request" if isinstance(error, DataError) else "failed"
            return {"ok": False, "error": word, "message": error.message, "hint": error.hint}, b""
        return {"ok": True, **told}, payload

    def tidy(self) -> None:
        """Between two requests: let go of pictures that were made."""
        if self._made and all(time.monotonic() - at_s > FRESH_S for at_s, _ in self._made.values()):
            self._made.clear()

    def _drive(self, request: Mapping[str, Any], uid: int) -> Reply:
        self._trials.run(request, _by(request), uid)
        return {"done": True}, b""

    def _ordered(self, name: str, request: Mapping[str, Any]) -> Reply:
        if name not in self._orders:
            raise NotDoneError("unsupported", "without [office] keys this device obeys nobody but its file")
        if (why := self._orders[name](request)) is not None:
            raise NotDoneError(*why)
        return {"done": True}, b""

    def _lose_the_broker(self, request: Mapping[str, Any], uid: int) -> Reply:
        seconds = request.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1 <= seconds <= MOST_CUT_S:
            raise DataError("seconds: no such time", hint=f"1 to {MOST_CUT_S:g}")
        data = {"part": "uplink", "by": _by(request), "uid": uid, "seconds": float(seconds), "applied": True}
        self._lent.submit(Report("device.tested", data, priority=Priority.ACCESS), self._lent.clock())
        self._lent.cut(float(seconds))
        return {"done": True}, b""

    def _sign_report(self, request: Mapping[str, Any], uid: int) -> Reply:
        """The device's signature under a report of `edge doctor`; one that was accepted is told to the office."""
        hashes, accepted = request.get("sha256"), request.get("accepted")
        counts = {name: request.get(name) for name in ("passed", "warnings", "failed", "skipped")}
        if not isinstance(hashes, dict) or not 0 < len(hashes) <= 4 or not all(map(_is_hash, hashes.values())):
            raise DataError("sha256: of which files?", hint="hex, by the ending of the file's name")
        if not isinstance(accepted, bool) or not all(type(one) is int and 0 <= one < 1000 for one in counts.values()):
            raise DataError("accepted or the counts make no sense", hint="true or false; whole numbers")
        if accepted and counts["failed"]:
            raise NotDoneError("failed", "a device with a failure cannot be accepted")
        by = _by(request)
        now = self._lent.clock()
        claims = {"sha256": hashes, "accepted": accepted, **counts}
        token = self._lent.sign({**claims, "aud": self._name, "iat": now.wall_us // 1_000_000})
        if accepted:
            data = {"by": by, "uid": uid, **counts, "token": token}
            self._lent.submit(Report("device.commissioned", data, priority=Priority.ACCESS), now)
        return {"token": token}, b""

    def _ask_the_broker(self, request: Mapping[str, Any], _uid: int) -> Reply:
        """Begin to ask (`begin`), or what came of it: `answer` is null until it is there."""
        begin = request.get("begin", False)
        if not isinstance(begin, bool):
            raise DataError("begin makes no sense", hint="true or false")
        answer = self._lent.probe(begin)
        return {"answer": None if answer is None else dict(answer)}, b""

    def _levels(self) -> dict[str, Any]:
        readings = self._seen.show(prefix="level.")
        bins: dict[str, Any] = {}
        for name, one in dict(self._lent.latest().get("bins", {})).items():
            begin = f"level.{name}."
            sensors = {key.removeprefix(begin): told for key, told in readings.items() if key.startswith(begin)}
            bins[name] = {**one, "sensors": sensors}
        return bins

    def _frame(self, request: Mapping[str, Any]) -> Reply:
        name, view = self._view(request)
        width_px, draw = request.get("width_px", 640), request.get("draw", True)
        if type(width_px) is not int or not 64 <= width_px <= 4096 or not isinstance(draw, bool):
            raise DataError("width_px or draw makes no sense", hint="64 to 4096; true or false")
        key, now_s = (name, width_px, draw), time.monotonic()
        made_s, reply = self._made.get(key, (-math.inf, None))
        if reply is not None and now_s - made_s < FRESH_S:
            return reply
        look = view.newest()
        if look is None:
            raise NotDoneError("no_frame", "the camera gives no picture")
        from edge.local.drawing import jpeg

        found = look.found if draw else ()
        data, size = jpeg(look.frame.picture, width_px, found, view.zones if draw else None)
        about = {
            "camera": name,
            "size_px": list(size),
            "age_s": round(time.monotonic() - look.frame.mono_s, 3),
            "number": look.frame.number,
            "found": list(look.found),
            "decided": view.decided(),
        }
        if len(self._made) >= 8:  # widths are the caller's: those of one page are few
            self._made.clear()
        self._made[key] = time.monotonic(), (about, data)
        return about, data

    def _picture(self, request: Mapping[str, Any]) -> Reply:
        name, view = self._view(request)
        after = request.get("after", -1)
        if type(after) is not int:
            raise DataError("after makes no sense", hint="the number of the last frame")
        frame = view.next(after)
        if frame is None:
            raise NotDoneError("no_frame", "the camera gives no picture")
        height, width = frame.picture.shape[:2]
        about = {"camera": name, "size_px": [width, height], "mono_s": frame.mono_s, "number": frame.number}
        return about, frame.picture.tobytes()

    def _view(self, request: Mapping[str, Any]) -> tuple[str, View]:
        name = request.get("camera") or next(iter(self._views), "")
        if not isinstance(name, str) or name not in self._views:
            known = ", ".join(self._views) or "this device has none"
            raise DataError("camera: there is no such camera", hint=known)
        return name, self._views[name]


def _by(request: Mapping[str, Any]) -> str:
    """Who says that they ask; printable, and short."""
    by = request.get("by")
    if not isinstance(by, str) or not by.isprintable() or not 0 < len(by) <= MOST_BY:
        raise DataError("by: who asks?", hint=f"1 to {MOST_BY} characters, for the event")
    return by


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")
