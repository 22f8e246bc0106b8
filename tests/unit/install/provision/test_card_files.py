"""What goes onto the card, judged by the programs that will read it."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from edge.errors import ConfigError, DataError
from edge.install.provision.card import read_folder
from edge.install.provision.starting import FIRST, UNITS, card_file, start_text
from edge.install.provision.wifi import psk
from tests.card_samples import DESCRIPTION, PASSWORD, provision

TRIXIE = ("user-data", "network-config", "meta-data")


def of_release(release: str) -> str:
    return DESCRIPTION.replace("[system]", f'[system]\nrelease = "{release}"')


def test_the_key_is_that_of_the_standard() -> None:
    # IEEE 802.11-2020, annex J.4.2
    assert psk("IEEE", "password") == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert psk("ThisIsASSID", "ThisIsAPassword") == "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af"


def test_cloud_init_takes_the_user_data(tmp_path: Path) -> None:
    program = shutil.which("cloud-init")
    if program is None:
        pytest.skip("cloud-init is not installed: sudo apt-get install cloud-init")
    made, folder = provision(tmp_path)
    command = [program, "schema", "--config-file", str(folder / "card/user-data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "Valid" in done.stdout, done.stdout + done.stderr
    assert set(TRIXIE) < set(made.files)


@pytest.mark.parametrize("release", ["trixie", "bookworm"])
def test_the_shell_scripts_are_sound(tmp_path: Path, release: str) -> None:
    program = shutil.which("shellcheck")
    if program is None:
        pytest.skip("shellcheck is not installed: sudo apt-get install shellcheck")
    made, folder = provision(tmp_path, of_release(release))
    scripts = [folder / "card" / name for name in made.files if name.endswith(".sh")]
    if release == "trixie":
        texts = [command[2] for command in json.loads(made.files["user-data"].split(b"\n", 1)[1])["bootcmd"]]
        for number, text in enumerate(texts):
            (tmp_path / f"bootcmd-{number}.sh").write_text(f"#!/bin/sh\n{text}")
        scripts += tmp_path.glob("bootcmd-*.sh")
    else:
        assert folder / "card/firstrun.sh" in scripts
    done = subprocess.run([program, *scripts], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_network_and_wifi_for_netplan(tmp_path: Path) -> None:
    made, _ = provision(tmp_path)
    network = json.loads(made.files["network-config"])
    cable, radio = network["ethernets"]["eth0"], network["wifis"]["wlan0"]
    assert cable["addresses"] == ["192.168.7.20/24"] and cable["routes"] == [{"to": "default", "via": "192.168.7.1"}]
    ((ssid, point),) = radio["access-points"].items()
    assert ssid == 'Riverside\'s "Gates" 门' and point == {"password": psk(ssid, PASSWORD)}
    assert json.loads(made.files["meta-data"])["instance-id"] in made.about.cmdline


def test_bookworm_leaves_its_own_line_and_runs_again_until_then(tmp_path: Path) -> None:
    made, _ = provision(tmp_path, of_release("bookworm"))
    script = made.files["firstrun.sh"].decode()
    assert made.about.cmdline.startswith("systemd.run=/boot/firmware/firstrun.sh ")
    assert not set(TRIXIE) & set(made.files)
    (sed,) = (line for line in script.splitlines() if line.startswith("sed -i -E"))
    cmdline = tmp_path / "cmdline.txt"
    cmdline.write_text(f"console=tty1 {made.about.cmdline} rootwait\n")
    subprocess.run(["sh", "-c", sed.replace("/boot/firmware/cmdline.txt", str(cmdline))], check=True, timeout=10)
    assert cmdline.read_text() == "console=tty1 cfg80211.ieee80211_regdom=CN rootwait\n"
    assert script.rstrip().splitlines()[-3:] == [sed, "sync", "exit 0"]


def test_bookworm_s_connections_are_read_back_as_they_were_meant(tmp_path: Path) -> None:
    made, _ = provision(tmp_path, of_release("bookworm"))
    texts = re.findall(r"printf '%s' '(\[connection\].*?)' >(\S+)", made.files["firstrun.sh"].decode(), re.DOTALL)
    read = {}
    for text, place in texts:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text)
        read[Path(place).stem] = parser
    name = bytes(int(byte) for byte in read["edge-wifi"]["wifi"]["ssid"].split(";") if byte)
    assert name.decode() == 'Riverside\'s "Gates" 门'
    assert read["edge-wifi"]["wifi-security"]["psk"] == psk(name.decode(), PASSWORD)
    assert read["edge-cable"]["ipv4"]["address1"] == "192.168.7.20/24,192.168.7.1"


def test_preseed_has_the_keys_of_its_schema(tmp_path: Path) -> None:
    made, _ = provision(tmp_path, of_release("preseed"))
    table = tomllib.loads(made.files["rpi-preseed.toml"].decode())
    assert table["config_version"] == "1.1" and table["system"] == {"hostname": "gate-north"}
    assert re.fullmatch(r"[0-9a-f]{64}", table["wlan"]["password"]) and table["wlan"]["key_mgmt"] == "wpa-psk"
    assert table["interfaces"]["serial"] in ("off", "default", "console", "hardware", "console_hardware")
    assert table["ethernet"]["method"] == "static"
    assert not set(TRIXIE) & set(made.files) and "firstrun.sh" not in made.files


@pytest.mark.parametrize("release", ["trixie", "bookworm", "preseed"])
def test_neither_passphrase_nor_pairing_code_is_on_the_card(tmp_path: Path, release: str) -> None:
    made, _ = provision(tmp_path, of_release(release))
    everything = b"".join(made.files.values())
    assert PASSWORD.encode() not in everything
    assert made.about.code.encode() not in everything and made.about.code.replace("-", "").encode() not in everything
    assert b"PRIVATE KEY" not in everything


def test_every_system_starts_the_same_units(tmp_path: Path) -> None:
    script = start_text().replace("/etc/systemd/system", str(tmp_path)).replace("/var/lib", str(tmp_path))
    script = f"systemctl() {{ echo \"$*\" >>'{tmp_path}/asked'; }}\n{script}"
    for _ in range(2):  # at every boot
        subprocess.run(["sh", "-c", script], check=True, timeout=10)
    for unit in UNITS:
        assert (tmp_path / unit).read_text() == card_file(unit).replace("/var/lib", str(tmp_path))
    begun = ["daemon-reload", f"enable {FIRST}", f"start --no-block {FIRST}"]
    assert (tmp_path / "asked").read_text().splitlines() == begun * 2
    (tmp_path / "edge-firstboot").mkdir()
    (tmp_path / "edge-firstboot/done").touch()
    subprocess.run(["sh", "-c", script], check=True, timeout=10)
    assert (tmp_path / "asked").read_text().splitlines() == begun * 2


def test_a_folder_is_read_back_and_refused_when_its_token_has_expired(tmp_path: Path) -> None:
    made, folder = provision(tmp_path)
    assert read_folder(folder) == made
    with pytest.raises(DataError, match="the token has expired"):
        read_folder(folder, made.about.expires)
    (folder / "provision.json").write_text("{}")
    with pytest.raises(ConfigError, match="not a folder that `edge provision` made"):
        read_folder(folder)
