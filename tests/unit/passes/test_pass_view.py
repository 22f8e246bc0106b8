from __future__ import annotations

from edge.passes.view import AWAY_S, View


def test_what_stays_in_view_is_one_showing() -> None:
    view = View()
    assert [view.first(b"a", step * 0.9 * AWAY_S) for step in range(20)] == [True] + [False] * 19


def test_what_has_left_and_comes_again_is_another() -> None:
    view = View()
    assert view.first(b"a", 0.0)
    assert not view.first(b"a", AWAY_S - 0.1)
    assert view.first(b"a", 2 * AWAY_S - 0.1)


def test_each_code_is_its_own() -> None:
    view = View()
    assert [view.first(key, 0.0) for key in (b"a", b"b", b"a", b"b")] == [True, True, False, False]


def test_a_hint_waits_until_it_stays() -> None:
    view = View()
    assert [view.first(b"", at / 2, 1.0) for at in range(6)] == [False, False, True, False, False, False]
    assert not view.first(b"", 100.0, 1.0)
    assert not view.first(b"", 100.5, 1.0)
    assert view.first(b"", 101.0, 1.0)


def test_it_stays_small_and_forgets_what_was_seen_longest_ago() -> None:
    view = View()
    assert all(view.first(bytes([number]), number / 100) for number in range(100))
    assert len(view._seen) == len(view._since) == 32 and len(view._told) <= 32
    assert not view.first(bytes([99]), 1.0)
    assert view.first(bytes([0]), 1.0)
