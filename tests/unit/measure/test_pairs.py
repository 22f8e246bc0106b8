from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import DataError
from edge.measure.pairs import Pair, people_in, read_pairs


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "pairs"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_csv_list(tmp_path: Path) -> None:
    path = written(tmp_path, 'a, b, same\nann/1.jpg,ann/2.jpg,1\n"b, ob/1.jpg",ann/1.jpg, 0 \n')
    assert read_pairs(path) == [Pair("ann/1.jpg", "ann/2.jpg", True), Pair("b, ob/1.jpg", "ann/1.jpg", False)]


def test_the_list_of_lfw(tmp_path: Path) -> None:
    path = written(tmp_path, "10\t300\nAbel_Pacheco\t1\t4\n\nAbdel_Madi\t1\tDean_Barker\t12\n")
    assert read_pairs(path) == [
        Pair("Abel_Pacheco/Abel_Pacheco_0001.jpg", "Abel_Pacheco/Abel_Pacheco_0004.jpg", True),
        Pair("Abdel_Madi/Abdel_Madi_0001.jpg", "Dean_Barker/Dean_Barker_0012.jpg", False),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "needs pairs"),
        ("a,b,same\n", "needs pairs"),
        ("a,b,same\nx,y,1\n", "needs pairs"),
        ("a,b,same\nx,y,0\n", "needs pairs"),
        ("a,b,same\nx,y,1\nx,y,yes\n", ":3:"),
        ("a,b,same\nx,y\n", ":2:"),
        ("a,b,same\nx,y,1,0\n", ":2:"),
        ("10 300\nann 1 2\nann one 2\n", ":3:"),
        ("10 300\nann 1\n", ":2:"),
        ("10 300\nann 1 bob 2 3\n", ":2:"),
        (b"a,b,same\n\xff\xfe,y,1\n", "cannot be read"),
    ],
)
def test_a_malformed_list_is_refused_with_its_line(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(DataError) as caught:
        read_pairs(written(tmp_path, text))
    assert told in caught.value.message
    assert caught.value.hint


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_pairs(tmp_path / "nothing.csv")


def test_an_empty_line_in_a_csv_list_is_no_pair(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,same\nx,y,1\n\nx,z,0\n\n")
    assert [pair.same for pair in read_pairs(path)] == [True, False]


def test_people_are_folders_with_pictures(tmp_path: Path) -> None:
    for name in ("bob/2.JPG", "bob/1.png", "ann/1.jpeg", "ann/notes.txt", "empty/readme.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "stray.jpg").touch()
    found = people_in(tmp_path)
    assert found == {"ann": ["ann/1.jpeg"], "bob": ["bob/1.png", "bob/2.JPG"]}
    assert list(found) == ["ann", "bob"]


@pytest.mark.parametrize("name", [".", "nowhere"])
def test_a_folder_without_people_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="no pictures") as caught:
        people_in(tmp_path / name)
    assert "<person>/<file>.jpg" in caught.value.hint
