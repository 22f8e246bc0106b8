"""Bringing a bundle here from a folder or an https address, a piece at a time.

The connection needs no more trust than a folder on a stick: what comes is compared with a hash and a signature.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from edge.errors import HardwareError, UsageError
from edge.update.bundle import MOST_BYTES
from edge.update.manifest import FILE_NAME

_PIECE = 1 << 16
_ANSWER_S = 20.0


class Reader(Protocol):
    """What can be read in pieces, none of which takes longer than the network's own limit."""

    def read1(self, size: int, /) -> bytes: ...


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """A server may send us on, but not out of the encrypted connection."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            raise urllib.error.URLError(f"sent on to {newurl[:80]}, which is no https address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def open_address(address: str) -> Any:
    """The answer of an https server. Raises OSError, of which URLError is one."""
    return urllib.request.build_opener(_OnlyHttps).open(address, timeout=_ANSWER_S)


def fetching(
    source: str, name: str, target: Path, opened: Callable[[str], Any] = open_address
) -> Generator[None, None, str]:
    """Copy `name` from the folder or below the address `source` to `target`, durably. The generator returns the
    SHA-256. Raises HardwareError, UsageError for a name that is none.
    """
    if not FILE_NAME.fullmatch(name):
        raise UsageError(f"{name[:80]!r} is no name of a bundle", hint="give its file name, without a folder")
    digest, left = hashlib.sha256(), MOST_BYTES
    where = f"{source.rstrip('/')}/{name}"
    try:
        with _open(source, where, opened) as reading, target.open("wb") as writing:
            while piece := reading.read1(min(_PIECE, left + 1)):
                left -= len(piece)
                if left < 0:
                    raise HardwareError(f"{where}: larger than a bundle can be", hint="is it the right file?")
                digest.update(piece)
                writing.write(piece)
                yield
            writing.flush()
            os.fsync(writing.fileno())
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, HardwareError):
            raise
        raise HardwareError(
            f"{where} cannot be fetched: {error}", hint="see [update] source; is there room?"
        ) from error
    return digest.hexdigest()


@contextmanager
def _open(source: str, where: str, opened: Callable[[str], Any]) -> Iterator[Reader]:
    if source.startswith("https://"):
        with opened(where) as answer:
            yield answer
    else:
        with Path(where).open("rb") as file:
            yield file
