"""The table of mounts of a hardened system, made from the one before. Pure."""

from __future__ import annotations

from edge.errors import DataError

BEGIN, END = "# edge: read-only root, begin", "# edge: read-only root, end"
READ_ONLY = ("/", "/boot/firmware", "/boot")
IN_MEMORY = ("/tmp", "/var/tmp")
_DATA_OPTIONS = "defaults,noatime,nodev,nosuid,errors=remount-ro"
_EDGE_OPTIONS = "bind,nodev,nosuid"
_WAS = "  # edge: was "


def hardened(text: str, source: str, data: str, places: tuple[str, ...]) -> str:
    """`source`: the data partition, like LABEL=edge-data; `data`: where it is mounted; `places`: which folders of it
    take the place of those of the root. The same again for a table that is hardened already. Raises DataError.
    """
    lines = [_read_only(line) for line in original(text).splitlines()]
    if not any(_fields(line)[1:2] == ["/"] for line in lines):
        raise DataError("the table of mounts does not name the root file system", hint="is this the root of a system?")
    mounted = {_fields(line)[1] for line in lines if len(_fields(line)) > 1}
    own = [BEGIN, f"{source} {data} ext4 {_DATA_OPTIONS} 0 2"]
    own += [f"tmpfs {place} tmpfs nosuid,nodev,mode=1777,size=25% 0 0" for place in IN_MEMORY if place not in mounted]
    for place in places:
        # Programs run from below /opt/edge and no others.
        options = _EDGE_OPTIONS if place == "/opt/edge" else f"{_EDGE_OPTIONS},noexec"
        own.append(f"{data}{place} {place} none {options},x-systemd.requires-mounts-for={data} 0 0")
    return "\n".join([*lines, *own, END]) + "\n"


def original(text: str) -> str:
    """The table as it was: without what was added, and with the options that were there."""
    lines, within = [], False
    for line in text.splitlines():
        if line == BEGIN:
            within = True
        elif line == END:
            within = False
        elif not within:
            lines.append(line.partition(_WAS)[2] if _WAS in line else line)
    return "\n".join(lines) + "\n"


def bound(text: str, places: tuple[str, ...]) -> set[str]:
    """Which of the places the table mounts from the data partition."""
    within = text.partition(BEGIN)[2].partition(END)[0]
    return {fields[1] for line in within.splitlines() if len(fields := _fields(line)) > 1} & set(places)


def _read_only(line: str) -> str:
    fields = _fields(line)
    if len(fields) < 4 or fields[1] not in READ_ONLY:
        return line
    options = [option for option in fields[3].split(",") if option not in ("rw", "ro", "defaults")]
    if "noatime" not in options:
        options.append("noatime")
    shown = [*fields[:3], ",".join(["ro", *options]), *fields[4:]]
    return " ".join(shown) + _WAS + line


def _fields(line: str) -> list[str]:
    return [] if line.lstrip().startswith("#") else line.split("#")[0].split()
