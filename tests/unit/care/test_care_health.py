"""What is done about a device that does not work, as a table and as a long story."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge.care.health as health
from edge.__main__ import main
from edge.care.health import (
    AGAIN_S,
    LAST_RESORT_S,
    LEAST_UP_S,
    QUIET_S,
    Act,
    Past,
    Seen,
    as_json,
    decide,
    from_json,
    read_only,
    worn,
)

WELL = Seen("active", "", read_only=False, worn="", updating=False, up_s=10_000.0)
SILENT = replace(WELL, silence="the daemon has not written for 40 s")
MOUNTS = """\
22 1 179:2 / / ro,relatime shared:1 - ext4 /dev/mmcblk0p2 rw
30 22 179:3 / /var/lib/edge rw,relatime shared:2 - ext4 /dev/mmcblk0p3 {options}
"""


def test_a_device_that_works_is_left_alone_and_nothing_is_remembered() -> None:
    assert decide(WELL, Past(5.0, 6.0)) == ("", Past(), "")


def test_whoever_stopped_it_wants_it_stopped() -> None:
    seen = replace(SILENT, active="inactive")
    assert decide(seen, Past(unwell_s=0.0)) == ("", Past(), "")


def test_a_unit_that_has_failed_is_started_at_once() -> None:
    act, past, wrong = decide(replace(SILENT, active="failed"), Past())
    assert (act, past.unwell_s, wrong) == ("start", WELL.up_s, "edge.service is failed")


def test_a_start_is_given_its_time_and_silence_a_restart_now_and_then() -> None:
    act, past, wrong = decide(SILENT, Past())
    assert (act, wrong) == ("", "")
    later = replace(SILENT, up_s=SILENT.up_s + QUIET_S)
    act, past, wrong = decide(later, past)
    assert (act, wrong) == ("restart", SILENT.silence)
    again = replace(later, up_s=later.up_s + AGAIN_S - 1.0)
    assert decide(again, past)[0] == ""
    assert decide(replace(again, up_s=again.up_s + 1.0), past)[0] == "restart"


def test_an_update_has_its_own_watcher() -> None:
    seen = replace(SILENT, active="failed", updating=True, up_s=LEAST_UP_S + LAST_RESORT_S)
    assert decide(seen, Past(unwell_s=0.0))[0] == ""


def test_a_disk_that_takes_nothing_any_more_is_told_and_the_machine_started_anew_in_the_end() -> None:
    act, past, wrong = decide(replace(WELL, read_only=True), Past())
    assert act == "" and "the card is failing" in wrong
    assert decide(replace(WELL, read_only=True, up_s=WELL.up_s + LEAST_UP_S), past)[0] == "reboot"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["active", "failed", "activating", "inactive"]), st.booleans(), st.booleans(), st.booleans()
        ),
        max_size=400,
    )
)
def test_the_machine_is_never_started_anew_twice_within_hours(story: list[tuple[str, bool, bool, bool]]) -> None:
    past, up_s = Past(), 240.0
    for active, silent, disk, updating in story:
        seen = Seen(active, "silent" if silent else "", disk, "", updating, up_s)
        act, past, _ = decide(seen, past)
        assert act != "reboot" or up_s >= LEAST_UP_S
        assert not (updating and act) and not (active == "inactive" and not disk and act)
        past = from_json(json.loads(json.dumps(as_json(past))))
        past, up_s = (Past(), 240.0) if act == "reboot" else (past, up_s + 120.0)


@pytest.mark.parametrize("said", [{}, {"unwell_s": "x"}, {"acted_s": None, "unwell_s": []}])
def test_what_was_not_remembered_well_was_not_remembered(said: dict[str, object]) -> None:
    assert from_json(said) == Past()


def test_the_disk_is_asked_and_not_the_mount() -> None:
    """A service that may write nothing sees every mount as `ro`."""
    for options, shut in (("rw,errors=remount-ro", False), ("ro,errors=remount-ro", True)):
        mounts = MOUNTS.format(options=options)
        assert read_only(Path("/var/lib/edge"), mounts) is shut
        assert read_only(Path("/var/lib/edge/items"), mounts) is shut
        assert read_only(Path("/opt/edge"), mounts) is False


@pytest.mark.parametrize(("life", "told"), [("0x01 0x02", ""), ("0x09 0x03", "80 %"), ("0x0b 0x0b", "90 %"), ("", "")])
def test_a_card_that_tells_of_its_life(tmp_path: Path, life: str, told: str) -> None:
    place = tmp_path / "class/mmc_host/mmc0/mmc0:0001"
    place.mkdir(parents=True)
    (place / "life_time").write_text(life + "\n")
    assert (told in worn(tmp_path)) and bool(worn(tmp_path)) is bool(told)


@pytest.mark.parametrize(("active", "act", "code"), [("active", "", 0), ("failed", "start", 1)])
def test_the_command_notes_remembers_and_acts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    active: str,
    act: Act,
    code: int,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(health, "look", lambda *_places: replace(WELL, active=active))
    monkeypatch.setattr(health, "carry_out", asked.append)
    monkeypatch.setattr("edge.runtime.duties.HEALTH_FOLDER", tmp_path)
    words = ["health", "--json", "--config", str(tmp_path / "absent.toml")]
    assert main(words) == code
    assert json.loads(capsys.readouterr().out)["act"] == "" and asked == []
    assert main([*words, "--act"]) == code
    assert json.loads(capsys.readouterr().out)["act"] == act and asked == [act]
    assert json.loads((tmp_path / "health.json").read_text())["good"] is (code == 0)


def test_systemd_is_asked_in_words_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(health, "_systemctl", lambda *words, **_how: asked.append(" ".join(words)))
    acts: tuple[Act, ...] = ("", "start", "restart", "reboot")
    for act in acts:
        health.carry_out(act)
    restart = ["reset-failed edge.service", "restart --no-block edge.service"]
    assert asked == [*restart, *restart, "reboot --no-block"]
