"""`rpi-preseed.toml`, the successor of cloud-init in Raspberry Pi's own plans; the format is its version 1.1."""

from __future__ import annotations

from typing import Any

from edge.install.conversion.manifest_toml import dumps
from edge.install.provision.cloudinit import ADMIN
from edge.install.provision.description import Description
from edge.install.provision.wifi import psk


def preseed(one: Description) -> str:
    """`early` only begins the installation: it has to be quick, and its "once" does not know power cuts."""
    system = one.system
    table: dict[str, Any] = {
        "config_version": "1.1",
        "system": {"hostname": one.device.id},
        "ssh": {"enabled": bool(system.ssh_keys), "password_authentication": False},
        "locale": {
            "keymap": system.keymap,
            "timezone": one.device.timezone,
            "locales": [system.lang],
            "lang": system.lang,
        },
        "interfaces": {"i2c": True, "serial": "hardware"},
        "runcmd": {"early": ["sh /boot/firmware/edge/begin.sh"]},
    }
    if system.ssh_keys:
        table["user"] = {"name": ADMIN, "passwordless_sudo": True, "groups": ["sudo", "video", "audio", "dialout"]}
        table["ssh"]["authorized_keys"] = list(system.ssh_keys)
    if one.wifi is not None:
        key = psk(one.wifi.ssid, one.wifi.password)
        table["wlan"] = {
            "ssid": one.wifi.ssid,
            "password": key,
            "password_encrypted": True,
            "hidden": one.wifi.hidden,
            "country": system.country,
            "key_mgmt": "wpa-psk",
        }
    if one.network.address is not None:
        cable: dict[str, Any] = {"method": "static", "address": one.network.address}
        if one.network.gateway is not None:
            cable["gateway"] = one.network.gateway
        if one.network.dns:
            cable["dns"] = list(one.network.dns)
        table["ethernet"] = cable
    return dumps(table)
