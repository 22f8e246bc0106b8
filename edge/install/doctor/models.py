"""The networks: that each file is the one that the manifest names, and that this board runs them fast enough.

The manifest says how long a network takes on the x86-64 core that it was measured on. For a Raspberry Pi the factor is
an estimate from the cores' published benchmarks, not a measurement: so a board that is slower than expected is a
warning, and only one that cannot keep an unlock below half a second a failure.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from edge import resources
from edge.config import Config
from edge.errors import DataError
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed, warning
from edge.install.doctor.report import board_name
from edge.vision.manifest import Manifest, ModelEntry, load_manifest, open_network

RUNS, WARM = 12, 3
FACTORS = (("Raspberry Pi 5", 3.0), ("Raspberry Pi 4", 7.0), ("Compute Module 4", 7.0), ("Raspberry Pi", 15.0))
"""Times the manifest's figure; the first that fits counts. A PC: 1."""
TOLERANCE = 2.0  # the camera, the brain and the daemon's own networks run meanwhile
TOO_SLOW_MS = 350.0
"""Of a frame's networks together; the rest of half a second is the camera's, the brain's and a second look's."""
WASTE_MS = 2.4  # the waste network on the same core; its entry in the manifest does not say
_FACE = ("face-detector-far", "face-mesh", "face-embedder")
_WASTE = "waste-classifier"

_TITLE = Text("Networks: files and speed", "模型：文件与速度")
_NONE = Text("this device looks at nothing: it has no camera", "此设备没有摄像头，不使用模型")
_GOOD = Text("all files are right; a frame takes {ms:.0f} ms", "文件完整无误；每帧耗时 {ms:.0f} 毫秒")
_DAMAGED = Text("a file is not what it should be: {what}", "模型文件有误：{what}")
_AGAIN = Text(
    "install edge again, or fetch the model again: edge models verify",
    "请重新安装 edge 或重新获取模型：edge models verify",
)
_SLOW = Text(
    "a frame takes {ms:.0f} ms where {expected:.0f} are expected of {board}",
    "每帧耗时 {ms:.0f} 毫秒，{board} 应为 {expected:.0f} 毫秒",
)
_WHY_SLOW = Text(
    "is it hot, under-voltage, or busy with something else? vcgencmd get_throttled; top",
    "是否过热、欠压，或正忙于其他任务？请查看 vcgencmd get_throttled 与 top",
)
_BOARD = Text("use a faster board: this one lets people wait", "请使用更快的主板：当前主板会让住户等待")


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds of the networks of one frame, as measured and as expected of this board."""

    ms: float
    expected_ms: float
    board: str
    files: int


def measure(config: Config, board: str) -> Speed:
    """Raises DataError for a file that is not what the manifest says."""
    manifest = load_manifest(*resources.manifests(config.store.state_dir))
    files = 0
    for entry in manifest.models.values():
        for variant in entry.files.values():
            variant.read_verified()
            files += 1
    entries = used(config, manifest)
    taken = sum(_invoke_ms(entry) for entry in entries)
    stated = sum(min(entry.measured.get("invoke_ms", {"": WASTE_MS}).values()) for entry in entries)
    return Speed(taken, stated * factor(board), board, files)


def used(config: Config, manifest: Manifest) -> list[ModelEntry]:
    """The networks that one frame of this device goes through."""
    entries = []
    if config.camera is not None:
        entries += [manifest.default(role) for role in _FACE[:2]]
        entries.append(manifest.model(config.face.network) if config.face.network else manifest.default(_FACE[2]))
    if config.station is not None and config.station.camera is not None:
        entries.append(manifest.default(_WASTE))
    return entries


def factor(board: str) -> float:
    """How many times as long as in the manifest a network takes on this board."""
    return next((times for name, times in FACTORS if name in board), 1.0)


def _invoke_ms(entry: ModelEntry) -> float:
    """The fastest run, as in the manifest: what the board can do, not how busy it is."""
    network = open_network(entry)
    times_ms = []
    for _ in range(WARM + RUNS):
        begun_s = time.perf_counter()
        network.invoke()
        times_ms.append((time.perf_counter() - begun_s) * 1e3)
    return min(times_ms[WARM:])


def judge(speed: Speed) -> Judgement:
    figures = {
        "frame_ms": round(speed.ms, 1),
        "expected_ms": round(speed.expected_ms, 1),
        "board": speed.board,
        "files": speed.files,
    }
    slow = _SLOW.fill(ms=speed.ms, expected=speed.expected_ms, board=speed.board)
    if speed.ms > TOO_SLOW_MS:
        return failed(slow, _BOARD, **figures)
    if speed.ms > TOLERANCE * speed.expected_ms:
        return warning(slow, _WHY_SLOW, **figures)
    return passed(_GOOD.fill(ms=speed.ms), **figures)


class ModelsCheck:
    name = "models"
    title = _TITLE

    def missing(self, bench: Bench) -> Text | None:
        station = bench.config.station
        seeing = bench.config.camera is not None or (station is not None and station.camera is not None)
        return None if seeing else _NONE

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: self._look(bench))

    def _look(self, bench: Bench) -> Judgement:
        try:
            return judge(measure(bench.config, board_name(bench.root)))
        except DataError as error:
            return failed(_DAMAGED.fill(what=error.message), _AGAIN)
