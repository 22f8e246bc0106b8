"""The disk that everything is kept on: room, wear, errors, and how long it takes until something is safe on it.

Every pass waits for no disk, but its event is safe only after it. Worn and counterfeit cards show first in this.
"""

from __future__ import annotations

import errno
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from edge.drivers.board import disk as room
from edge.errors import HardwareError
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Judgement, Steps, Text, at_once, failed, passed, warning

WRITES = 40
BLOCK = 4096
SLOW_MS, TOO_SLOW_MS = 250.0, 1000.0
"""A good card is done in some 5 to 30 ms; one that takes a second loses events in a power cut."""
LEAST_FREE = 100_000_000
SPARE = 200_000_000
WORN, WORN_OUT = 9, 11
"""Steps of ten per cent of the life of an eMMC (JESD84-B51, DEVICE_LIFE_TIME_EST); 11 is beyond it."""

_TITLE = Text("Disk: room, wear, write latency", "存储：空间、磨损、写入延迟")
_GOOD = Text("there is room, and what is written is safe after {p50:.1f} ms", "空间充足，写入 {p50:.1f} 毫秒后落盘")
_FULL = Text("the disk is full: only {mb:.0f} MB are free", "存储已满：仅剩 {mb:.0f} MB")
_MAKE_ROOM = Text(
    "use a larger card, or clear it: du -xh / | sort -h | tail",
    "更换更大的存储卡，或清理空间：du -xh / | sort -h | tail",
)
_TIGHT = Text(
    "events may not be able to grow to their quota of {quota} MB", "剩余空间可能不足以容纳 {quota} MB 的事件配额"
)
_QUOTA = Text("use a larger card, or a smaller [store] quota_mb", "更换更大的存储卡，或减小 [store] quota_mb")
_SLOW = Text("writing takes long: one in a hundred {p99:.0f} ms", "写入缓慢：百分之一的写入需 {p99:.0f} 毫秒")
_CARD = Text(
    "use a card of class A2 or an SSD, of a maker who is known; a slow one may be a counterfeit",
    "请使用知名品牌的 A2 级存储卡或固态硬盘；过慢的卡可能是假货",
)
_IS_WORN = Text("the disk has used up {percent} % of its life or more", "存储寿命已用去 {percent}% 以上")
_BROKEN = Text("the file system has counted {errors} errors", "文件系统已记录 {errors} 个错误")
_REPLACE = Text("replace it now, and write the new one afresh", "请立即更换，并重新烧录新卡")


@dataclass(frozen=True, slots=True)
class Disk:
    """`free`, `total` in bytes; `used`: by the events now; `p50_ms`, `p99_ms`: of a block that is made safe; `life`,
    `errors`: None where the disk does not tell.
    """

    free: int
    total: int
    used: int
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    life: int | None = None
    errors: int | None = None


def measure(bench: Bench) -> Disk:
    """Raises HardwareError where the state directory cannot be asked or written."""
    folder = bench.config.store.state_dir
    found = room(folder)
    if found is None:
        raise HardwareError(f"{folder} cannot be asked", hint="is it there, and mounted? run it as root")
    used = sum(file.stat().st_size for file in folder.glob("events.db*"))
    device = _block_device(folder, bench.root)
    life = _most(device / "device/life_time", 16) if device else None
    errors = _most(bench.root / "sys/fs/ext4" / _partition(folder, bench.root) / "errors_count", 10)
    try:
        times_ms = latencies(folder)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Disk(0, found.total, used, life=life, errors=errors)
        raise HardwareError(f"{folder} cannot be written: {error.strerror}", hint="run it as root") from error
    p99_ms = sorted(times_ms)[int(0.99 * len(times_ms))]
    return Disk(found.free, found.total, used, statistics.median(times_ms), p99_ms, life, errors)


def latencies(folder: Path, count: int = WRITES) -> list[float]:
    """Milliseconds until a block was safe, so many times over. Raises OSError."""
    path = folder / f".doctor-{os.getpid()}"
    times_ms = []
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for _ in range(count):
            begun_s = time.perf_counter()
            os.write(handle, os.urandom(BLOCK))
            os.fdatasync(handle)
            times_ms.append((time.perf_counter() - begun_s) * 1e3)
    finally:
        os.close(handle)
        path.unlink()
    return times_ms


def judge(disk: Disk, quota_mb: int) -> Judgement:
    figures = {
        "free_mb": disk.free // 1_000_000,
        "total_mb": disk.total // 1_000_000,
        "write_p50_ms": round(disk.p50_ms, 2),
        "write_p99_ms": round(disk.p99_ms, 2),
        "life": disk.life,
        "errors": disk.errors,
    }
    if disk.free < LEAST_FREE:
        return failed(_FULL.fill(mb=disk.free / 1e6), _MAKE_ROOM, **figures)
    if disk.errors:
        return failed(_BROKEN.fill(errors=disk.errors), _REPLACE, **figures)
    if disk.life is not None and disk.life >= WORN_OUT:
        return failed(_IS_WORN.fill(percent=100), _REPLACE, **figures)
    if disk.p99_ms >= TOO_SLOW_MS:
        return failed(_SLOW.fill(p99=disk.p99_ms), _CARD, **figures)
    if disk.life is not None and disk.life >= WORN:
        return warning(_IS_WORN.fill(percent=(disk.life - 1) * 10), _REPLACE, **figures)
    if disk.p99_ms >= SLOW_MS:
        return warning(_SLOW.fill(p99=disk.p99_ms), _CARD, **figures)
    if disk.free < quota_mb * 1_000_000 - disk.used + SPARE:
        return warning(_TIGHT.fill(quota=quota_mb), _QUOTA, **figures)
    return passed(_GOOD.fill(p50=disk.p50_ms), **figures)


def _number(folder: Path, root: Path) -> Path:
    where = folder.stat().st_dev
    return root / f"sys/dev/block/{os.major(where)}:{os.minor(where)}"


def _partition(folder: Path, root: Path) -> str:
    return _number(folder, root).resolve().name


def _block_device(folder: Path, root: Path) -> Path | None:
    found = _number(folder, root).resolve()
    if not found.exists():  # a tmpfs, or an overlay
        return None
    return found.parent if (found / "partition").exists() else found


def _most(file: Path, base: int) -> int | None:
    """The greatest of the numbers in a file of the kernel's."""
    try:
        return max(int(word, base) for word in file.read_text().split())
    except (OSError, ValueError):  # SD cards tell nothing, nor do other file systems
        return None


class DiskCheck:
    name = "disk"
    title = _TITLE

    def missing(self, _bench: Bench) -> Text | None:
        return None

    def run(self, bench: Bench) -> Steps:
        return at_once(lambda: judge(measure(bench), bench.config.store.quota_mb))
