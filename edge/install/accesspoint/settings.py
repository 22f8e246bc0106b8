"""The name and the passphrase of a device's own network. Both stand on the label, and nowhere else but on the device.

The passphrase is not the pairing code: the device has to hold it as it is, and of the code only a hash. Whoever has it
reaches the page while the button lets them, and there is asked for the code.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.errors import DataError

FILE = "access-point.json"
PROFILE = "edge-access-point"
ADDRESS = "10.42.0.1"
_LONGEST_SSID = 32  # bytes, IEEE 802.11
_PASSPHRASE = re.compile(r"[0-9A-Za-z-]{8,63}")
_SSID = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True)
class AccessPoint:
    ssid: str
    passphrase: str

    def written(self) -> bytes:
        """For the file on the card and on the device."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()


def for_device(device: str, passphrase: str) -> AccessPoint:
    """`device`: its id."""
    return AccessPoint(f"edge-{device}"[:_LONGEST_SSID].rstrip("-"), passphrase)


def read(path: Path) -> AccessPoint:
    """Raises DataError where there is none, or it is damaged."""
    hint = "this card was made without one; the page is reached through the network"
    try:
        found = AccessPoint(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path}: no network of its own: {error}", hint=hint) from error
    texts = (found.ssid, _SSID), (found.passphrase, _PASSPHRASE)
    if not all(isinstance(text, str) and form.fullmatch(text) for text, form in texts):
        raise DataError(f"{path}: is damaged", hint=hint)
    return found


def keyfile(settings: AccessPoint, interface: str) -> str:
    """NetworkManager's profile. WPA2 with CCMP alone: the radios of a Raspberry Pi offer no WPA3 as an access point.
    With protected management frames, NetworkManager's default, they let nobody in (raspberrypi/linux issue 7247).

    `shared` gives phones an address and a name service. IPv6 is for this link alone.
    """
    identity = uuid.uuid5(uuid.NAMESPACE_DNS, f"{PROFILE}.edge")
    return f"""[connection]
id={PROFILE}
uuid={identity}
type=wifi
interface-name={interface}
autoconnect=false

[wifi]
mode=ap
band=bg
ssid={settings.ssid}

[wifi-security]
key-mgmt=wpa-psk
proto=rsn
pairwise=ccmp
group=ccmp
pmf=1
psk={settings.passphrase}

[ipv4]
method=shared
address1={ADDRESS}/24

[ipv6]
method=link-local
"""
