"""One card from beginning to end, and the receipt that says so."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge import __version__
from edge.errors import DataError, UsageError
from edge.install.flash.bootfs import BootPartition, Folders, safe_names, with_settings
from edge.install.flash.image import Progress, boot_partition, check_hash, chunks, expected_hash, unpacked_size
from edge.install.flash.label import draw
from edge.install.flash.target import Target
from edge.install.flash.writing import opened
from edge.install.provision.card import Provisioned
from edge.store.keys import write_new

WHEELS, DEBS = "edge/wheels", "edge/debs"
RECEIPT, LABEL_PNG, LABEL_PDF = "receipt.json", "label.png", "label.pdf"


@dataclass(frozen=True, slots=True)
class Order:
    """What shall be written where. `sha256`: of the image file as it is. `folders`: what goes along to install from, by
    its place on the boot partition.
    """

    image: Path
    sha256: str | None
    folder: Path
    made: Provisioned
    target: Target
    folders: Folders


def check(order: Order, progress: Progress) -> int:
    """Everything that can be known before anything is written. Returns the bytes that will be. Raises EdgeError."""
    if (order.folder / RECEIPT).exists():
        raise UsageError(
            f"{order.folder} went onto a card already", hint="its token is good for one device: `edge provision` anew"
        )
    safe_names(order.made.files)
    for place, folder in order.folders.items():
        for sample in ("SHA256SUMS", "edge-*.whl") if place == WHEELS else ("*.deb",):
            if not any(folder.glob(sample)):
                raise UsageError(f"{folder} has no {sample}", hint="scripts/wheelhouse makes a folder of wheels")
    check_hash(order.image, expected_hash(order.image, order.sha256), progress)
    size = unpacked_size(order.image)
    boot = boot_partition(next(chunks(order.image), b""))
    if boot.start + boot.length > size:
        raise DataError("the boot partition ends behind the image", hint="download the image again")
    if order.target.size is not None and size > order.target.size:
        raise UsageError(
            f"the card is too small: {size / 1e9:.1f} GB do not fit on {order.target.told}", hint="take a larger one"
        )
    return size


def flash(order: Order, size: int, progress: Progress) -> dict[str, Any]:
    """Write, compare and finish. Returns the receipt, which then lies in the folder with the labels."""
    began = time.time()
    path = order.target.path
    with opened(order.target, order.image, size, progress) as writer:
        writer.wipe()
        boot = writer.write()
        writer.compare()
        partition = BootPartition(path, boot)
        cmdline, config = partition.read("cmdline.txt"), partition.read("config.txt")
        files = with_settings(order.made.files, cmdline, config, order.made.about.cmdline)
        progress("adding files", 0, 0)
        partition.add(files, order.folders)
        writer.settle()
        partition.compare(files, order.folders)
        writer.finish()
    png, pdf = draw(order.made.about)
    for name, content in ((LABEL_PNG, png), (LABEL_PDF, pdf)):
        write_new(order.folder / name, content)
    about = order.made.about
    return {
        "device": about.name,
        "release": about.release,
        "image": order.image.name,
        "image_sha256": expected_hash(order.image, order.sha256),
        "bytes": size,
        "target": order.target.told,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
        "folders": {name: len(list(folder.iterdir())) for name, folder in order.folders.items()},
        "token": about.number,
        "token_expires": about.expires,
        "edge": __version__,
        "written": int(began),
        "seconds": round(time.time() - began, 1),
    }
