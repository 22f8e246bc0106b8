"""`edge doctor`: the walk through all checks on a terminal, and whether a report is genuine."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.common import DEFAULT_CONFIG, Subparsers, emit
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.install.doctor.checks import Check, Question, Result
    from edge.install.doctor.walk import Walk

_MARKS = {"passed": "ok", "warning": "!!", "failed": "XX", "skipped": "--"}


def register(commands: Subparsers) -> None:
    """Add `doctor` and its `verify`."""
    text = "look at everything that an installer has to look at, and write the acceptance report"
    doctor = commands.add_parser("doctor", help=text, description=text)
    doctor.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help=f"({DEFAULT_CONFIG})")
    doctor.add_argument("--json", action="store_true", help="print one JSON object and nothing else; asks nothing")
    doctor.add_argument("--only", metavar="A,B", help="only the checks whose names begin so: camera,door")
    doctor.add_argument("--rehearse", action="store_true", help="also lose the broker and kill the daemon")
    doctor.add_argument("--unattended", action="store_true", help="ask nothing: what has to be done is taken as done")
    doctor.add_argument("--language", choices=("en", "cmn"), default="en", help="(en)")
    doctor.add_argument("--installer", default="", metavar="NAME", help="who does it; stands in the report")
    doctor.add_argument("--note", default="", metavar="TEXT", help="a remark for the report")
    doctor.add_argument("--accept", action="store_true", help="accept the device if nothing failed: it is commissioned")
    doctor.set_defaults(run=run_doctor)
    kinds = doctor.add_subparsers(dest="doctor_command", metavar="COMMAND")
    text = "whether a report is as the device has signed it"
    verify = kinds.add_parser("verify", help=text, description=text)
    verify.add_argument("report", type=Path, metavar="REPORT", help="its .json; .html and .jws lie beside it")
    verify.add_argument("--public", required=True, metavar="KEY", help="its signing key: PEM file or base64")
    verify.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    verify.set_defaults(run=run_verify)


def run_doctor(args: argparse.Namespace) -> int:
    """Exit code 1 when a check failed."""
    from edge.config import load_config
    from edge.install.doctor.acceptance import accept, finish
    from edge.install.doctor.bench import end_in_order, open_bench
    from edge.install.doctor.report import keep
    from edge.install.doctor.walk import Walk
    from edge.runtime.confined import confine

    if args.accept and not args.installer:
        raise UsageError("--accept needs --installer", hint='for instance --installer "Anna Li"')
    if args.accept and args.only:
        raise UsageError("a device is accepted after all checks", hint="leave out --only")
    checks = _chosen(args)
    end_in_order()
    asks = not (args.json or args.unattended) and sys.stdin.isatty()
    confine(load_config(args.config).store.state_dir)
    with open_bench(args.config, by="doctor") as bench:
        finish(bench.config.store.state_dir)
        walk = Walk(bench, checks)
        _go(walk, args, asks)
        report = walk.report(args.installer, args.note)
        counts = report.counts()
        files = accept(report, bench) if args.accept and not counts["failed"] else keep(report, bench)
    accepted = args.accept and not counts["failed"]
    where = {"json": str(files.json), "html": str(files.html), "signature": str(files.signature)}
    told = {**report.as_json(), "accepted": accepted, "files": where}
    summary = ", ".join(f"{count} {name}" for name, count in counts.items())
    emit(args, told, f"{summary}; {'ACCEPTED' if accepted else 'not accepted'}\n{files.html}\n{files.json}")
    return 1 if counts["failed"] else 0


def _chosen(args: argparse.Namespace) -> list[Check]:
    from edge.install.doctor.listed import all_checks

    checks = list(all_checks(rehearse=args.rehearse))
    if args.only is None:
        return checks
    begins = tuple(name.strip() for name in args.only.split(",") if name.strip())
    chosen = [check for check in checks if begins and check.name.startswith(begins)]
    if not chosen:
        raise UsageError(f"there is no check {args.only!r}", hint=", ".join(check.name for check in checks))
    return chosen


def _go(walk: Walk, args: argparse.Namespace, asks: bool) -> None:
    from edge.install.doctor.checks import Question

    step = walk.forward()
    while step is not None:
        if isinstance(step, Question):
            step = walk.forward(_ask(step, args.language) if asks else _unasked(step))
            continue
        if not args.json:
            _show(step, args.language)
        step = walk.forward()


def _unasked(question: Question) -> str:
    """Without anybody there, what is to be done counts as done, and shows itself; what is to be told stays open."""
    from edge.install.doctor.checks import READY, SKIP

    return READY if READY in question.answers else SKIP


def _ask(question: Question, language: str) -> str:
    while True:
        sys.stdout.write(f"\n{getattr(question.text, language)}\n[{' / '.join(question.answers)}] ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt
        word = line.strip().lower()
        matching = [answer for answer in question.answers if word and answer.startswith(word)]
        if not word and question.answers[0] == "ready":
            return question.answers[0]
        if len(matching) == 1:
            return matching[0]


def _show(result: Result, language: str) -> None:
    judged: Any = result.judgement
    lines = [f"{_MARKS[result.verdict]}  {getattr(result.title, language)}: {getattr(judged.said, language)}"]
    if judged.remedy is not None:
        lines.append(f"      {getattr(judged.remedy, language)}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def run_verify(args: argparse.Namespace) -> int:
    """Exit code 4 for a report that was altered, or is of another device."""
    from edge.install.doctor.genuine import verify_report

    found = verify_report(args.report, args.public)
    text = (
        f"{found['device']}: signed by the device at {found['signed']}; "
        f"{'accepted' if found['accepted'] else 'not accepted'} by {found['installer'] or 'nobody'}"
    )
    emit(args, json.loads(json.dumps(found)), text)
    return 0
