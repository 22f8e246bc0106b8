"""Raspberry Pi OS Trixie: `user-data`, `network-config` and `meta-data` for cloud-init's NoCloud source.

They are written as JSON, of which YAML is a superset: no quoting to get wrong, and no library to write it.
"""

from __future__ import annotations

import json
from typing import Any

from edge.install.provision.description import Description
from edge.install.provision.wifi import psk

ADMIN = "installer"


def user_data(one: Description, start: str) -> str:
    """`start` is the shell text that begins the installation. It is a `bootcmd`, which cloud-init runs at every boot:
    a `runcmd` would be marked as done before it is, and lost in a power cut.
    """
    data: dict[str, Any] = {
        "hostname": one.device.id,
        "manage_etc_hosts": True,
        "timezone": one.device.timezone,
        "locale": one.system.lang,
        "keyboard": {"layout": one.system.keymap},
        "ssh_pwauth": False,
        "disable_root": True,
        "package_update": False,
        "bootcmd": [["sh", "-c", start], ["sh", "-c", _language(one.system.lang)]],
    }
    if one.system.ssh_keys:
        data["bootcmd"].append(["sh", "-c", "systemctl enable ssh && systemctl start --no-block ssh"])
        data["users"] = [
            {
                "name": ADMIN,
                "gecos": "Installer",
                "shell": "/bin/bash",
                "groups": "sudo,video,audio,dialout",
                "sudo": "ALL=(ALL) NOPASSWD:ALL",
                "lock_passwd": True,
                "ssh_authorized_keys": list(one.system.ssh_keys),
            }
        ]
    return "#cloud-config\n" + _text(data)


def _language(lang: str) -> str:
    """Debian's locale-gen makes what the file lists, and does not heed the name that cloud-init calls it with."""
    line = f"{lang} UTF-8"
    return f"grep -qx '{line}' /etc/locale.gen || echo '{line}' >>/etc/locale.gen"


def network_config(one: Description) -> str:
    """Netplan, version 2."""
    cable: dict[str, Any] = {"optional": True}
    if one.network.address is None:
        cable["dhcp4"] = True
    else:
        cable["addresses"] = [one.network.address]
        if one.network.gateway is not None:
            cable["routes"] = [{"to": "default", "via": one.network.gateway}]
    if one.network.dns:
        cable["nameservers"] = {"addresses": list(one.network.dns)}
    network: dict[str, Any] = {"version": 2, "ethernets": {"eth0": cable}}
    if one.wifi is not None:
        point: dict[str, Any] = {"password": psk(one.wifi.ssid, one.wifi.password)}
        if one.wifi.hidden:
            point["hidden"] = True
        radio = {"dhcp4": True, "optional": True, "regulatory-domain": one.system.country}
        network["wifis"] = {"wlan0": {**radio, "access-points": {one.wifi.ssid: point}}}
    return _text(network)


def meta_data(one: Description, instance: str) -> str:
    """`instance` is new for every card, so that a card which is written again begins anew."""
    return _text({"instance-id": instance, "local-hostname": one.device.id, "dsmode": "local"})


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
