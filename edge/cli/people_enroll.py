"""`edge people enroll`: pictures from files, a folder of people, or the camera become people on the roster."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edge.cli.common import State, emit, open_state
from edge.cli.people import Parts
from edge.cli.people_profile import apply_options, check_names, receipt
from edge.clock import SystemClock
from edge.errors import DataError, UsageError
from edge.people.capture import capture
from edge.people.describe import Described, FaceDescriber, Shot
from edge.people.enrol import Enrolled, Enroller
from edge.people.judge import WANTED, EnrolmentRefusedError
from edge.store.roster import Roster
from edge.store.roster_records import Profile
from edge.vision.picture_file import load_picture

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})


@dataclass(frozen=True, slots=True)
class _Newcomer:
    """Whose pictures: `name` of a folder or an option, and how to get the pictures."""

    name: str
    shots: Callable[[], Sequence[Shot]]


def run_enroll(args: argparse.Namespace, parts: Parts) -> int:
    """Enrol; exit code 4 when somebody was refused."""
    _check(args)
    state = open_state(args)
    warnings = check_names(args, state)
    describer, limits = parts.open_describer(state)
    newcomers = list(_newcomers(args, state, parts, describer))
    enrolled: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    lines = [f"warning: {text}" for text in warnings]
    with Roster.open(state.dir, create=args.id is None) as roster:
        enroller = Enroller(roster, describer.model_id, limits)
        for number, newcomer in enumerate(newcomers):
            _progress(number, len(newcomers))
            try:
                done = _one(args, enroller, newcomer)
            except EnrolmentRefusedError as error:
                refused.append(_refusal(newcomer.name, error))
                lines.append(f"refused {newcomer.name or args.id}: {error}")
            else:
                enrolled.append({"name": newcomer.name, **done.as_json()})
                lines.append(f"enrolled {newcomer.name or args.id} as {done.person}")
                lines.extend(f"  warning: {text}" for text in done.warnings)
    emit(args, {"enrolled": enrolled, "refused": refused, "warnings": warnings}, "\n".join(lines))
    return DataError.exit_code if refused else 0


def _check(args: argparse.Namespace) -> None:
    sources = [bool(args.pictures), args.folder is not None, args.camera is not None]
    if sum(sources) != 1:
        raise UsageError("say where the pictures come from", hint="picture files, or --folder DIR, or --camera N")
    if args.camera is not None and not 1 <= args.camera <= 10:
        raise UsageError("--camera takes 1 to 10 pictures", hint=f"{WANTED} are asked for")
    if args.id is not None:
        given = args.folder, args.name, args.consent, args.groups, args.schedules, args.valid_from, args.valid_until
        if any(value is not None for value in (*given, args.note, args.number)):
            raise UsageError("--id adds pictures to a person and changes nothing else", hint="use edge people change")
        return
    if args.folder is None and not args.name:
        raise UsageError("--name is missing", hint="or --id to add pictures to somebody")
    if args.folder is not None and args.name:
        raise UsageError("--folder takes the names from its folders", hint="leave out --name")
    if not args.consent:
        raise UsageError("--consent is missing", hint='for instance --consent "signed form 2026-11-22"')


def _newcomers(args: argparse.Namespace, state: State, parts: Parts, describer: FaceDescriber) -> Iterator[_Newcomer]:
    name = args.name or ""
    if args.camera is not None:
        yield _Newcomer(name, lambda: _from_camera(args.camera, state, parts, describer))
    elif args.pictures:
        yield _Newcomer(name, lambda: _from_files(args.pictures, describer))
    else:
        for folder, files in _folders(args.folder):
            yield _Newcomer(folder, partial(_from_files, files, describer))


def _folders(root: Path) -> list[tuple[str, list[Path]]]:
    try:
        people = sorted(path for path in root.iterdir() if path.is_dir())
        found = [(path.name, sorted(f for f in path.iterdir() if f.suffix.lower() in _PICTURES)) for path in people]
    except OSError as error:
        raise DataError(f"{root}: {error.strerror}", hint="give a folder of <person>/<file>.jpg") from error
    if not found:
        raise DataError(f"{root}: no folders of people in it", hint="it should hold <person>/<file>.jpg")
    return found


def _from_files(files: Sequence[Path], describer: FaceDescriber) -> list[Shot]:
    shots = []
    for file in files:
        try:
            described = describer.describe(load_picture(file), enrolment=True)
        except DataError as error:
            sys.stderr.write(f"{error}\n")
            described = Described(None, "unreadable")
        shots.append(Shot(file.name, described))
    return shots


def _from_camera(count: int, state: State, parts: Parts, describer: FaceDescriber) -> list[Shot]:
    camera = parts.open_camera(state)
    camera.open()
    try:
        return capture(camera, describer, count, SystemClock(), lambda word: _tell(f"{word}\n"))
    finally:
        camera.close()


def _one(args: argparse.Namespace, enroller: Enroller, newcomer: _Newcomer) -> Enrolled:
    shots = newcomer.shots()
    now_us = SystemClock()().wall_us
    if args.id is not None:
        return enroller.renew(args.id, shots, now_us, few=args.allow_few)
    profile = apply_options(args, Profile(newcomer.name, receipt(args, now_us)))
    return enroller.enrol(shots, profile, now_us, few=args.allow_few, duplicate=args.allow_duplicate)


def _refusal(name: str, error: EnrolmentRefusedError) -> dict[str, Any]:
    return {
        "name": name,
        "why": error.why,
        "message": str(error),
        "pictures": [asdict(report) for report in error.pictures],
        "look_alikes": [asdict(other) for other in error.look_alikes],
    }


def _progress(number: int, total: int) -> None:
    if total > 1 and sys.stderr.isatty():
        _tell(f"\r{number + 1} of {total}" + ("\n" if number + 1 == total else ""))


def _tell(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
