"""What is missing or altered in a chain is named exactly; what the device recorded as lost is no fault."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.actions import Priority, Report
from edge.clock import Now
from edge.store.checkpoint import TOKEN_KIND
from edge.store.envelope import Envelopes, Origin, accept, digest, genesis
from edge.store.identity import signing_key
from edge.store.keys import DeviceKey
from edge.store.reader import EventReader, UnreadableStoreError
from edge.store.record import links
from edge.store.tombstones import bury, transaction
from edge.store.verify import FINDINGS, Finding, Link, Start, Verdict, check_chains
from edge.store.verify_gaps import Gaps
from edge.tokens import sign
from tests.unit.store.upkeep_bench import KEY, WALL_US, Yard, yard

EPOCH, OTHER = "a" * 16, "b" * 16
KEYS = {"gate": KEY.public_key()}
Telling = Callable[[Sequence[Link]], Report]


def chain(count: int, told: dict[int, Telling] | None = None, epoch: str = EPOCH) -> list[Link]:
    """A chain as the device writes it; `told` makes the event of a number from those before it."""
    envelopes = Envelopes(Origin("riverside", "gate", "boot-1"), epoch)
    made: list[Link] = []
    for seq in range(1, count + 1):
        report = told[seq](made) if told and seq in told else Report("door.opened", {"n": seq})
        event = accept(report, Now(float(seq), WALL_US + seq), f"id-{seq}")[0]
        before = digest(made[-1].body) if made else genesis(epoch)
        made.append(Link(epoch, seq, envelopes.encode(event, seq, before)))
    return made


def signed(before: Sequence[Link], key: Any = KEY, **other: Any) -> Report:
    newest = before[-1]
    data = {"epoch": newest.epoch, "seq": newest.seq, "hash": digest(newest.body)}
    token = sign({"aud": "riverside/gate", **data, **other}, TOKEN_KIND, "gate", key)
    return Report("chain.checkpoint", {**data, "token": token}, "", Priority.TELEMETRY)


def losses(kind: str, ranges: list[list[int]], **data: Any) -> Telling:
    return lambda _before: Report(kind, {"ranges": ranges, **data}, "store", Priority.ALARM)


def check(given: Sequence[Link], **options: Any) -> Verdict:
    return check_chains(given, **{"keys": KEYS, "audience": "riverside/gate", **options})


def found(verdict: Verdict) -> list[tuple[str, int, int]]:
    return [(finding.kind, finding.first_seq, finding.last_seq) for finding in verdict.findings]


def altered(link: Link) -> Link:
    return replace(link, body=link.body.replace(b'"n":', b'"m":'))


def rewritten(given: Sequence[Link], at: int) -> list[Link]:
    """The event at an index altered, and all after it made to fit, as somebody without the key would."""
    result = [*given[:at], altered(given[at])]
    for link in given[at + 1 :]:
        body = json.loads(link.body) | {"prevhash": digest(result[-1].body)}
        result.append(replace(link, body=json.dumps(body).encode()))
    return result


def test_a_whole_chain_holds() -> None:
    given = chain(30, {10: signed, 30: signed})
    verdict = check(given)
    assert verdict.holds and verdict.findings == ()
    assert (verdict.events, verdict.erased, verdict.epochs, verdict.checkpoints) == (30, 0, 1, 2)
    assert verdict.last_checkpoint == json.loads(given[29].body)["time"]


@given(st.sets(st.integers(1, 40), max_size=39), st.sets(st.integers(1, 39), max_size=4))
@settings(max_examples=80, deadline=None)
def test_exactly_what_is_missing_or_altered_is_named(missing: set[int], changed: set[int]) -> None:
    changed -= missing | {seq - 1 for seq in missing}  # one that nothing stands behind cannot be judged
    given = [altered(link) if link.seq in changed else link for link in chain(40) if link.seq not in missing]
    verdict = check(given)
    told = {kind: set[int]() for kind in ("missing", "altered")}
    for finding in verdict.findings:
        told[finding.kind] |= set(range(finding.first_seq, finding.last_seq + 1))
    newest = max((link.seq for link in given), default=0)
    assert told == {"missing": {seq for seq in missing if seq < newest}, "altered": changed}
    assert verdict.holds is (not verdict.findings)


def test_the_first_event_of_an_epoch_is_tied_to_its_name() -> None:
    given = [replace(link, epoch=OTHER, body=link.body.replace(EPOCH.encode(), OTHER.encode())) for link in chain(1)]
    assert found(check(given)) == [("altered", 1, 1)]


def test_what_is_no_event_of_ours_is_named() -> None:
    given = chain(5)
    assert found(check([*given[:2], replace(given[2], body=b"{}"), *given[3:]])) == [("altered", 3, 3)]
    assert found(check(given, audience="riverside/other"))[0][0] == "altered"


def test_one_in_the_place_of_another_is_named() -> None:
    given = chain(5)
    assert ("altered", 4, 4) in [
        (kind, last, last) for kind, _, last in found(check([*given[:3], replace(given[2], seq=4), given[4]]))
    ]


def test_a_rewritten_past_contradicts_the_next_checkpoint() -> None:
    given = chain(30, {10: signed, 20: signed, 30: signed})
    verdict = check(rewritten(given, 13))
    assert found(verdict) == [("rewritten", 10, 19), ("rewritten", 20, 29)] and not verdict.holds
    assert verdict.checkpoints == 1


def test_without_keys_signatures_are_not_judged_but_hashes_are() -> None:
    given = chain(10, {10: lambda before: signed(before, signing_key(DeviceKey(bytes(32))))})
    assert check(given, keys={}).holds
    assert found(check(given)) == [("checkpoint", 10, 10)]
    assert found(check(rewritten(given, 3), keys={})) == [("rewritten", 1, 9)]


@pytest.mark.parametrize("other", [{"aud": "riverside/other"}, {"seq": 5}, {"hash": "0" * 64}, {"epoch": OTHER}])
def test_a_checkpoint_that_says_other_than_was_signed(other: dict[str, Any]) -> None:
    assert found(check(chain(10, {9: lambda before: signed(before, **other)}))) == [("checkpoint", 9, 9)]


def test_recorded_losses_are_no_fault_also_when_told_in_another_epoch() -> None:
    old = [link for link in chain(20, epoch=OTHER) if link.seq not in (3, 4, 9)]
    new = chain(
        12,
        {
            8: losses("storage.evicted", [[2, 4], [6, 6]], epoch=EPOCH),
            9: losses("storage.salvaged", [[3, 4]], epoch=OTHER),
        },
    )
    new = [link for link in new if link.seq not in (2, 3, 4, 5)]
    verdict = check([*old, *new])
    assert [(finding.epoch, *kind) for finding, kind in zip(verdict.findings, found(verdict), strict=True)] == [
        (EPOCH, "evicted", 2, 4),
        (EPOCH, "missing", 5, 5),
        (OTHER, "damaged", 3, 4),
        (OTHER, "missing", 9, 9),
    ]
    assert not verdict.holds


def test_nobody_has_lost_what_is_still_to_come() -> None:
    given = [link for link in chain(10, {3: losses("storage.evicted", [[5, 6]])}) if link.seq != 5]
    assert found(check(given)) == [("missing", 5, 5)]


def test_a_start_and_tombstones_take_the_place_of_events() -> None:
    given = chain(20)
    grave = Link(EPOCH, 12, b"", digest(given[11].body), 8, json.loads(given[7].body)["prevhash"])
    kept = [*given[5:7], grave, *given[12:]]
    start = {EPOCH: Start(5, digest(given[4].body))}
    verdict = check(kept, starts=start)
    assert verdict.holds and verdict.erased == 5
    assert found(check(kept)) == [("missing", 1, 5)]
    assert found(check(kept, starts={EPOCH: Start(5, "0" * 64)})) == [("altered", 5, 5)]
    assert found(check([*given[5:6], altered(given[6]), grave, *given[12:]], starts=start)) == [("altered", 7, 7)]
    assert found(check([*kept[:2], replace(grave, hash="0" * 64), *kept[3:]], starts=start)) == [("altered", 12, 12)]


def test_findings_are_bounded() -> None:
    given = [link for link in chain(3 * FINDINGS) if link.seq % 2 == 0]
    verdict = check(given)
    assert len(verdict.findings) == FINDINGS and verdict.more == FINDINGS // 2 and not verdict.holds


@pytest.mark.parametrize(
    "data", [{"ranges": 3}, {"ranges": [3, [1], ["1", "2"], [4, 2]]}, {"ranges": [[1, 2]], "epoch": 7}]
)
def test_malformed_losses_excuse_nothing(data: dict[str, Any]) -> None:
    gaps = Gaps()
    gaps.missing(EPOCH, 1, 4)
    gaps.told("evicted", EPOCH, 9, data)
    assert list(gaps.accounted()) == [("missing", EPOCH, 1, 4)]


# --- this device's own record


def test_a_record_with_erased_events_holds_and_an_altered_one_is_named(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        bench.store(2000)
        bench.deliver()
        bench.pass_s(91 * 86400)
        bench.store(700)
        bench.rest(25)
        verdict = bench.verdict()
        assert verdict.holds and verdict.erased == 2001 and verdict.checkpoints == 1
        bench.conn.execute("UPDATE events SET body = CAST(replace(body, 'x', 'y') AS BLOB) WHERE seq = 2500")
        bench.conn.execute("DELETE FROM events WHERE seq BETWEEN 2600 AND 2610")
        assert bench.verdict().findings == (
            Finding("altered", bench.ledger.epoch, 2500, 2500, "its hash is not the one that the next event names"),
            Finding("missing", bench.ledger.epoch, 2600, 2610, "not there, and nothing says why"),
        )


def test_events_erased_while_they_are_read_are_no_fault(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        positions = bench.store(1800)
        bench.deliver()
        reader = EventReader(bench.path)
        read = links(reader)
        seen = [next(read) for _ in range(510)]
        with transaction(bench.conn):
            bury(bench.conn, positions[300:1200])
        seen += read
        reader.close()
        verdict = check(seen)
        assert verdict.holds
        assert verdict.events + verdict.erased == 1801


def test_a_damaged_file_is_told_as_such(tmp_path: Path) -> None:
    bench = Yard(tmp_path)
    bench.store(200)
    bench.ledger.checkpoint()
    bench.abandon()
    with bench.path.open("r+b") as file:
        file.seek(20 * 4096)
        file.write(b"\xff" * 4096 * 5)
    with pytest.raises(UnreadableStoreError):
        bench.verdict()


def test_a_file_of_before_there_were_tombstones(tmp_path: Path) -> None:
    with yard(tmp_path) as bench:
        bench.store(3)
        bench.conn.execute("DROP TABLE tombstones")
        assert bench.verdict().holds
        with pytest.raises(sqlite3.OperationalError):
            bench.one("SELECT count(*) FROM tombstones")
