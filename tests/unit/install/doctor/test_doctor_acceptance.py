"""The power goes while a device is being accepted: afterwards office and device agree, as soon as the page is back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from edge.install.doctor import acceptance
from edge.install.doctor.acceptance import UNDER_WAY, accept, finish
from edge.install.doctor.bench import Bench
from edge.install.doctor.checks import Result, Text, passed
from edge.install.doctor.report import FOLDER, Report, make_report
from edge.local.client import RefusedError
from edge.local.desk import ACCEPTANCE
from edge.local.service import COMMISSIONED
from edge.store.checkpoint import device_signer
from edge.store.keys import KEY_NAME, load_device_key
from tests.unit.install.doctor.doctor_samples import bench

CHECKED = Result("disk", Text("disk", "盘"), passed(Text("sound", "正常")), 1.0)


class PowerCut(BaseException):
    """Nothing after it is done."""


@pytest.fixture
def at(tmp_path: Path) -> Bench:
    """A bench whose desk signs with the device's key."""
    made = bench(tmp_path)
    state = made.config.store.state_dir
    load_device_key(state, create=True, environ={})
    sign = device_signer(state, made.config.device.id, ACCEPTANCE)

    def signed(hashes: Mapping[str, str], *, accepted: bool, counts: Mapping[str, int]) -> str:
        return sign({"sha256": hashes, "accepted": accepted, **counts, "aud": "riverside/gate-1", "iat": 1_790_000_000})

    made.desk.sign = signed  # type: ignore[method-assign, assignment]
    return made


def report(at: Bench) -> Report:
    return make_report(at, [CHECKED], "Anna Li", "")


def commissioned(at: Bench) -> Any:
    path = at.config.store.state_dir / COMMISSIONED
    return json.loads(path.read_text()) if path.exists() else None


def reports(at: Bench) -> list[str]:
    return sorted(path.name for path in (at.config.store.state_dir / FOLDER).iterdir())


def test_what_is_done_leaves_nothing_to_finish(at: Bench) -> None:
    files = accept(report(at), at)
    assert commissioned(at)["token"] == files.token and commissioned(at)["installer"] == "Anna Li"
    assert UNDER_WAY not in reports(at)
    state = at.config.store.state_dir
    (state / COMMISSIONED).unlink()  # by somebody who wants it accepted anew
    assert finish(state) is False and commissioned(at) is None


def test_a_cut_after_the_office_was_told_is_made_good(at: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_args: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(acceptance, "_commission", cut)
        with pytest.raises(PowerCut):
            accept(report(at), at)
    assert commissioned(at) is None and UNDER_WAY in reports(at)
    state = at.config.store.state_dir
    assert finish(state) is True
    assert commissioned(at)["installer"] == "Anna Li" and commissioned(at)["report"] in reports(at)
    assert UNDER_WAY not in reports(at) and finish(state) is False


def test_a_cut_before_the_signature_leaves_the_device_as_it_was(at: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def cut(*_args: object, **_words: object) -> str:
        raise PowerCut

    at.desk.sign = cut  # type: ignore[method-assign, assignment]
    with pytest.raises(PowerCut):
        accept(report(at), at)
    assert len(reports(at)) == 3
    assert finish(at.config.store.state_dir) is False
    assert commissioned(at) is None and reports(at) == []
    assert "accepted again" in caplog.text


def test_a_refusal_leaves_nothing_to_finish(at: Bench) -> None:
    def refuse(*_args: object, **_words: object) -> str:
        raise RefusedError("failed", "no device key")

    at.desk.sign = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(RefusedError):
        accept(report(at), at)
    assert reports(at) == []


@pytest.mark.parametrize("content", ["", "[]", '{"report": "../../etc/x"}'])
def test_a_damaged_note_commissions_nothing(at: Bench, content: str, caplog: pytest.LogCaptureFixture) -> None:
    folder = at.config.store.state_dir / FOLDER
    folder.mkdir()
    (folder / UNDER_WAY).write_text(content)
    assert finish(at.config.store.state_dir) is False and commissioned(at) is None
    assert "cannot be finished" in caplog.text


def test_without_the_devices_key_everything_stays_as_it_is(
    at: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr(acceptance, "_commission", lambda *_args: (_ for _ in ()).throw(PowerCut))
    with pytest.raises(PowerCut):
        accept(report(at), at)
    before = reports(at)
    (at.config.store.state_dir / KEY_NAME).unlink()
    assert finish(at.config.store.state_dir) is False
    assert reports(at) == before and "cannot be finished" in caplog.text
