"""The process that speaks text into a file: `python -m edge.voice.render_child`, one request, then it ends.

The request is one JSON object on standard input: `language`, `text`, `rate_wpm`, `lead_in_s`, `out`, `limit_s`,
`background`. The answer is the last line of standard output: `{"renderer": …}` once the file is complete, or
`{"error": …, "hint": …, "hardware": …}` (`hardware`: something is missing or full).

pyttsx3 is used in the one way that proved sound with 2.99, see docs/voice.md: one engine, one text, the loop
left by the engine's own end-of-file event. `runAndWait` returns before the file is written and now and then
drops the rate; a failed write only shows as an exception that nobody can catch.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from edge.errors import DataError, EdgeError, HardwareError
from edge.voice import wav
from edge.voice.pronounce import engine_version, pronounce

_INSTALL = "apt-get install espeak-ng"
_RATE = 1  # espeakRATE of speak_lib.h


def main() -> None:
    """Answer the request on standard input."""
    answers = os.dup(1)
    os.dup2(2, 1)  # pyttsx3 prints to standard output
    try:
        request = json.load(sys.stdin)
        # Whoever started this process may be gone; nobody else would end it.
        signal.setitimer(signal.ITIMER_REAL, request["limit_s"])
        if request["background"]:
            os.nice(10)
        renderer = _render(request, answers)
    except EdgeError as error:
        _answer(answers, _refusal(error), 1)
    except OSError as error:
        full = HardwareError(f"the speech file cannot be written: {error.strerror}", hint="is the disk full?")
        _answer(answers, _refusal(full), 1)
    _answer(answers, {"renderer": renderer}, 0)


def _render(request: dict[str, Any], answers: int) -> str:
    """Write the WAV file; returns what made it."""
    out = Path(request["out"])
    engine = _library()
    version = engine_version(engine.espeak_Info(None).decode())
    voice, text = pronounce(request["language"], request["text"], version)
    # An exception inside the engine's callback reaches nobody: the engine would wait for ever.
    sys.unraisablehook = lambda failed: _answer(
        answers, _refusal(HardwareError(f"the speech file cannot be written: {failed.exc_value}")), 1
    )
    _speak_into(out, engine, voice, text, request["rate_wpm"])
    spoken = wav.read(out)
    wav.check_speech(spoken, request["text"])
    wav.write(out, wav.levelled(wav.trimmed(spoken, request["lead_in_s"])))
    return f"espeak-ng-{version[0]}.{version[1]}-pyttsx3-{importlib.metadata.version('pyttsx3')}"


def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL("libespeak-ng.so.1")  # the one that pyttsx3 loads
    except OSError as error:
        raise HardwareError("the speech engine espeak-ng is not installed", hint=_INSTALL) from error
    library.espeak_Info.restype = ctypes.c_char_p
    return library


def _speak_into(out: Path, library: ctypes.CDLL, voice: str, text: str, rate_wpm: int) -> None:
    try:
        import pyttsx3

        engine = pyttsx3.init("espeak")
    except (ImportError, OSError, RuntimeError) as error:
        raise HardwareError(f"the speech engine does not start: {error}", hint=_INSTALL) from error
    failures: list[Exception] = []
    engine.connect("error", lambda exception, **_: failures.append(exception))
    library.espeak_Synchronize()  # the engine's own default settings are still on their way to its thread
    engine.setProperty("voice", voice)
    engine.setProperty("rate", rate_wpm)
    engine.save_to_file(text, str(out))
    engine.startLoop()
    if failures:
        raise HardwareError(f"the speech engine refused voice {voice}: {failures[0]}", hint=_INSTALL)
    if library.espeak_GetParameter(_RATE, 1) != rate_wpm:
        raise DataError("the speech engine did not take the rate", hint="it is rendered again")


def _refusal(error: EdgeError) -> dict[str, Any]:
    return {"error": error.message, "hint": error.hint, "hardware": isinstance(error, HardwareError)}


def _answer(answers: int, answer: dict[str, Any], status: int) -> NoReturn:
    """Answer and be gone at once: the engine's thread may be in any state."""
    os.write(answers, ("\n" + json.dumps(answer) + "\n").encode())
    os._exit(status)


if __name__ == "__main__":
    main()
