"""Raspberry Pi OS Bookworm: `firstrun.sh`, which the kernel's command line has systemd run before anything else.

The last thing that it does is to take itself out of the command line, so that a power cut makes it run again. The file
itself is overwritten with the other secrets when the device has its keys.
"""

from __future__ import annotations

import configparser
import io
import shlex
import uuid

from edge.install.provision.cloudinit import ADMIN
from edge.install.provision.description import Description
from edge.install.provision.wifi import psk

CMDLINE = (
    "systemd.run=/boot/firmware/firstrun.sh systemd.run_success_action=reboot systemd.unit=kernel-command-line.target"
)
_CONNECTIONS = "/etc/NetworkManager/system-connections"


def firstrun(one: Description, start: str) -> str:
    """The script. `start` as in the user-data; a unit that it cannot start that early starts after the reboot."""
    say = shlex.quote
    lines = [
        "#!/bin/sh",
        "# Made for one device. It may hold the key of a wireless network; the first boot removes it.",
        "set -u",
        f"echo {say(one.device.id)} >/etc/hostname",
        rf"sed -i 's/^127\.0\.1\.1.*/127.0.1.1\t{one.device.id}/' /etc/hosts",
        f"ln -sf {say(f'/usr/share/zoneinfo/{one.device.timezone}')} /etc/localtime",
        f"echo {say(one.device.timezone)} >/etc/timezone",
        f"raspi-config nonint do_change_locale {say(one.system.lang)} || true",
        f"raspi-config nonint do_configure_keyboard {say(one.system.keymap)} || true",
        f"raspi-config nonint do_wifi_country {one.system.country} || true",
    ]
    for name, text in _connections(one).items():
        place = say(f"{_CONNECTIONS}/{name}.nmconnection")
        lines += ["umask 077", f"printf '%s' {say(text)} >{place}", f"chmod 600 {place}", "umask 022"]
    if one.system.ssh_keys:
        lines += [
            f"id {ADMIN} >/dev/null 2>&1 || useradd -m -s /bin/bash -G sudo,video,audio,dialout {ADMIN}",
            f"install -d -m 700 -o {ADMIN} -g {ADMIN} /home/{ADMIN}/.ssh",
            "printf '%s\\n' "
            + " ".join(say(key) for key in one.system.ssh_keys)
            + f" >/home/{ADMIN}/.ssh/authorized_keys",
            f"chown {ADMIN}: /home/{ADMIN}/.ssh/authorized_keys && chmod 600 /home/{ADMIN}/.ssh/authorized_keys",
            f"echo '{ADMIN} ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/010_{ADMIN}",
            f"chmod 440 /etc/sudoers.d/010_{ADMIN}",
            "mkdir -p /etc/ssh/sshd_config.d",
            "echo 'PasswordAuthentication no' >/etc/ssh/sshd_config.d/10-edge.conf",
            "systemctl enable ssh",
        ]
    lines += [
        "systemctl disable userconfig 2>/dev/null || true",
        f"sh -c {say(start)} || true",
        "sync",
        r"sed -i -E 's/ ?systemd\.(run|run_success_action|unit)=[^ ]*//g' /boot/firmware/cmdline.txt",
        "sync",
        "exit 0",
    ]
    return "\n".join(lines) + "\n"


def _connections(one: Description) -> dict[str, str]:
    """NetworkManager's keyfiles; the cable needs one only for a fixed address."""
    found = {}
    if one.wifi is not None:
        wifi = {"mode": "infrastructure", "ssid": ";".join(str(byte) for byte in one.wifi.ssid.encode()) + ";"}
        if one.wifi.hidden:
            wifi["hidden"] = "true"
        security = {"key-mgmt": "wpa-psk", "psk": psk(one.wifi.ssid, one.wifi.password)}
        sections = {"wifi": wifi, "wifi-security": security, "ipv4": {"method": "auto"}}
        found["edge-wifi"] = _keyfile("edge-wifi", "wifi", sections)
    if one.network.address is not None:
        ipv4 = {"method": "manual", "address1": ",".join(filter(None, [one.network.address, one.network.gateway]))}
        if one.network.dns:
            ipv4["dns"] = ";".join(one.network.dns) + ";"
        found["edge-cable"] = _keyfile("edge-cable", "ethernet", {"ipv4": ipv4})
    return found


def _keyfile(name: str, kind: str, sections: dict[str, dict[str, str]]) -> str:
    parser = configparser.ConfigParser(interpolation=None)
    identity = uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.edge")
    connection = {"id": name, "uuid": str(identity), "type": kind, "autoconnect": "true"}
    parser.read_dict({"connection": connection, **sections})
    out = io.StringIO()
    parser.write(out, space_around_delimiters=False)
    return out.getvalue()
