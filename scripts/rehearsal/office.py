"""The office, as far as a new device meets it: a broker of the shipped configuration for the events, another for
registrations, and `edge registration serve`. All of it runs in the machine's network, which is loopback alone.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scripts.rehearsal.card import ROOT

BROKERS = {"mosquitto": "", "mosquitto-registration": "registration/"}
REPLACED = (("listener 8883", "listener 8883 127.0.0.1"), ("listener 8884", "listener 8884 127.0.0.1"))


class Office:
    """Keys and certificates lie in `folder`, beside the description that names them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pki = folder, folder / "pki"
        self._processes: list[subprocess.Popen[bytes]] = []

    def found(self) -> None:
        """Make everything that an office has before its first device."""
        edge = [sys.executable, "-m", "edge"]
        make_ca = [sys.executable, str(ROOT / "scripts/make-ca"), str(self.pki)]
        for words in (
            [*edge, "keys", "make", "--kind", "signing", "--out", "anna"],
            [*make_ca, "authority"],
            [*make_ca, "broker", "127.0.0.1"],
            [*make_ca, "program", "office", "registrar"],
        ):
            subprocess.run(words, cwd=self.folder, check=True, capture_output=True, timeout=60)

    def open(self, pid: int) -> None:
        """Start it in the network of that process."""
        enter = ["nsenter", "--net", f"--target={pid}"]
        for name, place in BROKERS.items():
            text = (ROOT / f"config/{name}.conf").read_text()
            acl = self.folder / f"{name}.acl"
            acl.write_text((ROOT / f"config/{name}.acl").read_text())
            text = text.replace(f"/etc/mosquitto/{place}{name}.acl", str(acl))
            text = text.replace(f"/etc/mosquitto/{place}", f"{self.pki}/")
            text = text.replace("persistence true", "persistence false")
            config = self.folder / f"{name}.conf"
            config.write_text(f"{text}\nuser root\n")
            self._start(name, [*enter, "/usr/sbin/mosquitto", "-c", str(config)])
        pki = self.pki
        words = ["registration", "serve", "--broker", "127.0.0.1:8886", "--ca-file", f"{pki}/ca.pem"]
        words += ["--cert-file", f"{pki}/registrar.pem", "--key-file", f"{pki}/registrar.key", "--kid", "anna"]
        words += ["--public", f"{self.folder}/anna.pub.pem", "--authority", f"{pki}/ca.pem"]
        words += [
            "--authority-key",
            f"{pki}/ca.key",
            "--book",
            f"{self.folder}/book",
            "--out",
            f"{self.folder}/devices",
        ]
        self._start("registrar", [*enter, sys.executable, "-m", "edge", *words])

    def _start(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT))

    def registered(self) -> list[str]:
        """Who has a certificate."""
        return sorted(
            str(file.relative_to(self.folder / "devices"))
            for file in self.folder.glob("devices/*/gate-*.pem")
            if ".pub" not in file.name
        )

    def close(self) -> None:
        """Stop all of it."""
        processes, self._processes = self._processes, []
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
