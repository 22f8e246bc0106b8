"""The self-test's walk for the page: in a child process, which may load networks and wait, and speaks in lines of JSON.

child → page   {"outline": …}  {"question": …}  {"result": …}  {"over": …}  {"report": …}  {"error": …, "hint": …}
page → child   {"answer": word}  {"cancel": true}  {"installer": name, "note": text, "accept": bool}
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from pathlib import Path
from typing import Any

from edge.errors import EdgeError
from edge.install.doctor.bench import Bench, open_bench
from edge.install.doctor.checks import Question
from edge.install.doctor.listed import all_checks
from edge.install.doctor.report import accept, keep
from edge.install.doctor.walk import Walk

Told = queue.Queue[dict[str, Any] | None]


def main(config: str, by: str, rehearse: bool) -> int:
    """The child: until the report is kept, or the page hangs up."""
    heard: Told = queue.Queue()
    try:
        with open_bench(Path(config), by) as bench:
            walk = Walk(bench, all_checks(rehearse=rehearse))
            threading.Thread(target=_listen, args=(walk, heard), daemon=True).start()
            _say(outline=[{"check": name, "title": title.as_json()} for name, title in walk.outline()])
            return _walk(walk, bench, heard)
    except EdgeError as error:
        _say(error=error.message, hint=error.hint)
        return error.exit_code


def _walk(walk: Walk, bench: Bench, heard: Told) -> int:
    step = walk.forward()
    while step is not None:
        if isinstance(step, Question):
            _say(question={"check": step.check, "text": step.text.as_json(), "answers": list(step.answers)})
            told = heard.get()
            if told is None:
                return 0
            step = walk.forward(str(told.get("answer", "skip")))
        else:
            _say(result=step.as_json())
            step = walk.forward()
    _say(over=True)
    while (told := heard.get()) is not None:
        try:
            report = walk.report(str(told.get("installer", "")), str(told.get("note", "")))
            files = accept(report, bench) if told.get("accept") else keep(report, bench)
        except EdgeError as error:
            _say(refused=str(error))
            continue
        counts = report.counts()
        _say(report={"name": files.json.stem, "accepted": bool(told.get("accept")), "counts": counts})
        return 0
    return 0


def _listen(walk: Walk, heard: Told) -> None:
    """A cancellation must reach a walk that waits for something."""
    for line in sys.stdin:
        told = json.loads(line)
        if told.get("cancel"):
            walk.cancel()
        else:
            heard.put(told)
    walk.cancel()
    heard.put(None)


def _say(**told: Any) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()
