from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import DataError
from edge.vision.manifest import Manifest, load_manifest

EMBEDDER = """
[models.net]
role = "face-embedder"
licence = "CC0-1.0"
source = "somewhere"
input_px = 112
channel_order = "BGR"
mean = [1.0, 2.0, 3.0]
std = [4.0, 5.0, 6.0]

[models.net.files.float16]
path = "net.f16.tflite"
sha256 = "{sha}"
bytes = 7
input = {{ shape = [1, 112, 112, 3], dtype = "float32" }}
outputs = [ {{ shape = [1, 64], dtype = "float32" }} ]

[models.net.files.int8]
path = "net.i8.tflite"
sha256 = "{sha}"
bytes = 5
input = {{ shape = [1, 112, 112, 3], dtype = "uint8" }}
outputs = [ {{ shape = [1, 64], dtype = "float32" }} ]

[models.net.measured]
ms = 1.5

[models.net.embedding]
dimension = 64
metric = "cosine"
mirror = true

[[models.net.embedding.points]]
mesh = [33, 133]
at = [38.0, 51.0]

[[models.net.embedding.points]]
mesh = [263]
at = [73.0, 51.0]

[models.net.embedding.thresholds]
target_fpir = 0.001
gallery = [10, 100]
one_frame = [0.5, 0.6]
fused = [0.4, 0.5]
second_floor = 0.1
tail = 0.01
""".format(sha="ab" * 32)
MANIFEST = 'format = 1\n[defaults]\nface-embedder = "net"\n' + EMBEDDER


def load(folder: Path, text: str) -> Manifest:
    file = folder / "manifest.toml"
    file.write_text(text, encoding="utf-8")
    return load_manifest(file)


def test_an_embedding_network_is_described_completely(tmp_path: Path) -> None:
    entry = load(tmp_path, MANIFEST).default("face-embedder")
    assert (entry.id, entry.role, entry.input_px, entry.channel_order) == ("net", "face-embedder", 112, "BGR")
    assert (entry.mean, entry.std) == ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    assert entry.measured["ms"] == 1.5
    spec = entry.as_embedder()
    assert (spec.dimension, spec.mirror) == (64, True)
    assert [(p.mesh, p.at) for p in spec.points] == [((33, 133), (38.0, 51.0)), ((263,), (73.0, 51.0))]
    assert entry.operating_points().one_frame == (0.5, 0.6)


def test_each_runtime_gets_the_file_it_runs_well(tmp_path: Path) -> None:
    entry = load(tmp_path, MANIFEST).model("net")
    assert entry.variant_for("ai-edge-litert").precision == "int8"
    assert entry.variant_for("tflite-runtime").precision == "float16"
    assert entry.variant_for("tflite-runtime").path == tmp_path / "net.f16.tflite"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("format = 1", "format = 2", "format is 2"),
        ("format = 1\n", "", "format is missing"),
        ('face-embedder = "net"', 'face-embedder = "nat"', "defaults.face-embedder is 'nat'"),
        ('face-embedder = "net"', 'face-mesh = "net"', "defaults.face-mesh names 'net'"),
        ('role = "face-embedder"\n', "", "models.net.role is missing"),
        ("input_px = 112", "input_px = 0", "models.net.input_px is 0"),
        ("input_px = 112", "input_px = true", "models.net.input_px is True"),
        ('"BGR"', '"HSV"', "models.net.channel_order is 'HSV'"),
        ("mean = [1.0, 2.0, 3.0]", "mean = [1.0, 2.0]", "models.net.mean has 2 numbers"),
        ("mean = [1.0, 2.0, 3.0]", "mean = [1.0, nan, 3.0]", "models.net.mean"),
        ("std = [4.0, 5.0, 6.0]", "std = [4.0, 0.0, 6.0]", "models.net.std"),
        ("files.int8]", "files.int4]", "models.net.files.int4 is no kind of file"),
        ("ab" * 32, "xy" * 32, "models.net.files.float16.sha256"),
        ("bytes = 7", "bytes = -7", "models.net.files.float16.bytes is -7"),
        ('dtype = "uint8"', 'dtype = "complex"', "models.net.files.int8.input.dtype"),
        ("shape = [1, 64]", "shape = [1, 6.5]", "models.net.files.float16.outputs[0].shape"),
        ("dimension = 64", "dimension = 'x'", "models.net.embedding.dimension is 'x'"),
        ('metric = "cosine"', 'metric = "l2"', "models.net.embedding.metric is 'l2'"),
        ("mirror = true", "mirror = 1", "models.net.embedding.mirror is 1"),
        ("mesh = [33, 133]", "mesh = [33, 468]", "models.net.embedding.points[0].mesh"),
        ("at = [38.0, 51.0]", "at = [38.0]", "models.net.embedding.points[0].at"),
        ("target_fpir = 0.001", "target_fpir = 1.5", "embedding.thresholds.target_fpir is 1.5"),
        ("gallery = [10, 100]", "gallery = [100, 10]", "embedding.thresholds.gallery"),
        ("one_frame = [0.5, 0.6]", "one_frame = [0.5]", "embedding.thresholds.one_frame has 1 numbers"),
        ("fused = [0.4, 0.5]", "fused = [0.4, 5.0]", "embedding.thresholds.fused"),
        ("second_floor = 0.1\n", "", "embedding.thresholds.second_floor is missing"),
        ("second_floor = 0.1", "second_floor = 3", "embedding.thresholds.second_floor is 3"),
        ("tail = 0.01", "tail = 0", "embedding.thresholds.tail is 0"),
        ("[models.net]", "[models.net", "is not TOML"),
    ],
)
def test_every_mistake_is_named_by_file_and_key_with_a_hint(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in MANIFEST
    with pytest.raises(DataError) as caught:
        load(tmp_path, MANIFEST.replace(old, new, 1))
    assert "manifest.toml" in caught.value.message
    assert named in caught.value.message
    assert caught.value.hint


def test_a_model_without_files_and_a_single_point_are_refused(tmp_path: Path) -> None:
    head, _, rest = MANIFEST.partition("[models.net.files.float16]")
    without = head + "[models.net.files]\n" + rest[rest.index("[models.net.measured]") :]
    with pytest.raises(DataError, match=r"models\.net\.files is empty"):
        load(tmp_path, without)
    one = MANIFEST.replace("[[models.net.embedding.points]]\nmesh = [263]\nat = [73.0, 51.0]\n", "")
    with pytest.raises(DataError, match="at least two"):
        load(tmp_path, one)


def test_a_network_without_thresholds_can_be_read_but_opens_no_door(tmp_path: Path) -> None:
    text = MANIFEST[: MANIFEST.index("[models.net.embedding.thresholds]")]
    entry = load(tmp_path, text).model("net")
    assert entry.as_embedder().thresholds is None
    with pytest.raises(DataError, match=r"net has no table embedding\.thresholds"):
        entry.operating_points()


def test_another_kind_of_model_is_no_embedder(manifest: Manifest) -> None:
    with pytest.raises(DataError, match="is no face embedder, it is a face-mesh"):
        manifest.default("face-mesh").as_embedder()


def test_an_unknown_model_or_role_is_named_with_what_there_is(tmp_path: Path) -> None:
    manifest = load(tmp_path, MANIFEST)
    with pytest.raises(DataError, match="no model 'nut'") as caught:
        manifest.model("nut")
    assert "net" in caught.value.hint
    with pytest.raises(DataError, match=r"defaults\.face-mesh is missing"):
        manifest.default("face-mesh")


def test_added_models_lie_beside_their_own_file_and_replace_nothing(tmp_path: Path) -> None:
    added = tmp_path / "added" / "entry.toml"
    added.parent.mkdir()
    added.write_text(EMBEDDER.replace("models.net", "models.other").replace("[models.other]", "[models.other]", 1))
    (tmp_path / "manifest.toml").write_text(MANIFEST)
    manifest = load_manifest(tmp_path / "manifest.toml", added)
    assert manifest.default("face-embedder").id == "net"
    assert manifest.model("other").variant_for("ai-edge-litert").path == added.parent / "net.i8.tflite"
    added.write_text(EMBEDDER)
    with pytest.raises(DataError, match=r"entry\.toml: models\.net is there already"):
        load_manifest(tmp_path / "manifest.toml", added)


def test_a_missing_and_a_binary_manifest_are_data_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_manifest(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(DataError, match="not UTF-8"):
        load_manifest(tmp_path / "binary.toml")
