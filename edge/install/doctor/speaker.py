"""The loudspeaker: heard by a microphone of the device where it has one, or by the installer.

The simulated one leaves what it played as a file, which is listened to in the same way.
"""

from __future__ import annotations

import re
import tempfile
from array import array
from dataclasses import dataclass
from pathlib import Path

from edge.config.schema import SilentSpeaker, SimulatedSpeaker
from edge.errors import DataError
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import NO, YES, Judgement, Steps, Text, failed, passed
from edge.install.doctor.door import BEFORE, REFUSED
from edge.local.client import RefusedError
from edge.voice import wav

LISTEN_S = 6
RISES = 3.0
"""How many times louder the loudest half second must be than the quietest: a phrase in a street. 3 is some 10 dB."""
RENDERED_S = 45.0
_WINDOW_S = 0.5

_TITLE = Text("Loudspeaker", "扬声器")
_NONE = Text("this device has no loudspeaker", "此设备没有扬声器")
_HEARD = Text(
    "the device's microphone has heard it ({times:.0f} times as loud as the silence)",
    "设备麦克风已听到（响度为静音时的 {times:.0f} 倍）",
)
_ASK = Text("Was a sentence heard from the loudspeaker, clearly?", "是否清楚地听到扬声器播报了一句话？")
_SAID_SO = Text("the installer has heard it", "安装人已确认听到")
_SILENT = Text("nothing was heard", "没有听到声音")
_CARD = Text(
    "see edge status for a fault of the voice; aplay -L names the cards, and [speaker] card must be one of them; "
    "then the amplifier's power, its wires, and volume_percent",
    "请用 edge status 查看语音故障；aplay -L 列出声卡，[speaker] card 须为其中之一；"
    "再检查功放电源、接线和 volume_percent",
)


@dataclass(frozen=True, slots=True)
class Heard:
    """`times`: the loudest half second over the quietest; None where nothing could listen."""

    times: float | None


def phrase_of(bench: Bench) -> str:
    """A sentence that the device has, and that alarms nobody."""
    return "granted" if bench.config.door is not None else "station_greeting"


def judge(heard: Heard) -> Judgement | None:
    """None: somebody has to be asked."""
    if heard.times is None or heard.times < RISES:
        return None  # a microphone far from the loudspeaker proves nothing
    return passed(_HEARD.fill(times=heard.times), times_louder=round(heard.times, 1))


def loudness(sound: wav.Sound) -> float:
    """The loudest half second's root mean square over the quietest's, which counts as 10 of 32767 at least."""
    step = max(1, round(_WINDOW_S * sound.rate))
    windows = [sound.samples[at : at + step] for at in range(0, len(sound.samples) - step + 1, step)] or [sound.samples]
    levels = [_rms(window) for window in windows]
    return max(levels) / max(min(levels), 10.0)


def _rms(samples: array[int]) -> float:
    return float((sum(one * one for one in samples) / max(len(samples), 1)) ** 0.5)


def has_microphone(bench: Bench) -> bool:
    """Whether a sound card of this machine can record."""
    told = bench.tool(["arecord", "-l"])
    return told.code == 0 and re.search(r"^card \d+", told.text, re.MULTILINE) is not None


class SpeakerCheck:
    name = "speaker"
    title = _TITLE

    def missing(self, bench: Bench) -> Text | None:
        return _NONE if isinstance(bench.config.speaker, SilentSpeaker) else None

    def run(self, bench: Bench) -> Steps:
        try:
            judged = judge(self._listen(bench))
        except RefusedError as refused:
            return failed(REFUSED.fill(why=refused.message), BEFORE)
        if judged is not None:
            return judged
        answer = yield _ASK, (YES, NO)
        return passed(_SAID_SO) if answer == YES else failed(_SILENT, _CARD)

    def _listen(self, bench: Bench) -> Heard:
        if isinstance(bench.config.speaker, SimulatedSpeaker):
            return self._read(bench)
        if not has_microphone(bench):
            bench.drive("say", phrase=phrase_of(bench))
            return Heard(None)
        with tempfile.TemporaryDirectory(prefix="edge-doctor-") as folder:
            file = Path(folder) / "heard.wav"
            bench.drive("say", phrase=phrase_of(bench))
            command = ["arecord", "-q", "-f", "S16_LE", "-r", "16000", "-c", "1", "-d", str(LISTEN_S), str(file)]
            told = bench.tool(command)
            return Heard(_of_file(file) if told.code == 0 else None)

    def _read(self, bench: Bench) -> Heard:
        """What the simulated loudspeaker has left of it. A new device may still have to render the sentence."""
        folder = bench.config.store.state_dir / "spoken"
        before = set(folder.glob("*.wav"))
        phrase = phrase_of(bench)
        bench.drive("say", phrase=phrase)
        found = bench.wait(lambda: sorted(set(folder.glob(f"*-{phrase}.wav")) - before) or None, RENDERED_S)
        return Heard(_of_file(found[0], after_silence=True) if found else None)


def _of_file(file: Path, *, after_silence: bool = False) -> float | None:
    """`after_silence`: the file holds the sentence alone, without the room's quiet before it."""
    try:
        sound = wav.read(file)
        quiet = array("h", bytes(2 * round(_WINDOW_S * sound.rate))) if after_silence else array("h")
        return loudness(wav.Sound(quiet + sound.samples, sound.rate))
    except DataError:  # a microphone that gave nothing
        return None
