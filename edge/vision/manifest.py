"""The models that this device has: `manifest.toml`, read into frozen values and checked key by key.

The manifest describes any network of a role, so changing the face embedding is a change of data, not of code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

from edge.drivers.inference.litert import LiteRtNetwork, Runtime, available_runtime
from edge.drivers.inference.variant import Precision, TensorSpec, Variant
from edge.errors import DataError
from edge.vision.classifier_spec import ClassifierSpec, read_classifier
from edge.vision.embedding_spec import EmbeddingSpec, read_embedding
from edge.vision.liveness_spec import LivenessSpec, read_liveness
from edge.vision.thresholds import OperatingPoints
from edge.vision.toml_table import Table, read_toml

FORMAT = 1

ChannelOrder = Literal["RGB", "BGR"]

# tflite-runtime 2.14 does not hand int8 to XNNPACK, so there the float files are several times faster.
_PREFERENCE: dict[Runtime, tuple[Precision, ...]] = {
    "ai-edge-litert": ("int8", "float16", "float32"),
    "tflite-runtime": ("float16", "float32", "int8"),
}
_DTYPES = ("float32", "int8", "uint8", "int32", "int64")


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model. Network input = (pixel - mean) / std per channel, in `channel_order`, `input_px` square.

    `remark` is what somebody should know before using it, empty for most.
    """

    id: str
    role: str
    licence: str
    source: str
    input_px: int
    channel_order: ChannelOrder
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    files: Mapping[Precision, Variant]
    measured: Mapping[str, Any]
    embedding: EmbeddingSpec | None = None
    classifier: ClassifierSpec | None = None
    liveness: LivenessSpec | None = None
    remark: str = ""

    def variant_for(self, runtime: Runtime) -> Variant:
        """The file that runs best on this runtime."""
        return next(self.files[p] for p in _PREFERENCE[runtime] if p in self.files)

    def as_embedder(self) -> EmbeddingSpec:
        """What the manifest says of this embedding network. Raises DataError when it is another kind of model."""
        if self.embedding is None:
            raise DataError(f"model {self.id} is no face embedder, it is a {self.role}", hint="choose another model")
        return self.embedding

    def as_classifier(self) -> ClassifierSpec:
        """What the manifest says of this classifier. Raises DataError when it is another kind of model."""
        if self.classifier is None:
            raise DataError(f"model {self.id} is no classifier, it is a {self.role}", hint="choose another model")
        return self.classifier

    def operating_points(self) -> OperatingPoints:
        """The derived thresholds. Raises DataError when nobody has derived them: such a network opens no door."""
        points = self.as_embedder().thresholds
        if points is None:
            raise DataError(
                f"model {self.id} has no table embedding.thresholds in the manifest",
                hint="derive them with `scripts/derive-thresholds`, or use a model that has them",
            )
        return points


@dataclass(frozen=True, slots=True)
class Manifest:
    """All models of one `manifest.toml` and which of them does which job unless the configuration says otherwise."""

    path: Path
    defaults: Mapping[str, str]
    models: Mapping[str, ModelEntry]

    def model(self, model_id: str) -> ModelEntry:
        """The entry of this id. Raises DataError when there is none."""
        if model_id not in self.models:
            raise DataError(
                f"{self.path}: there is no model {model_id!r}",
                hint=f"it has {', '.join(sorted(self.models)) or 'none'}; `edge models list` shows them",
            )
        return self.models[model_id]

    def default(self, role: str) -> ModelEntry:
        """The entry that does this job by default. Raises DataError when the manifest names none."""
        if role not in self.defaults:
            raise DataError(f"{self.path}: defaults.{role} is missing", hint="name the id of a model with this role")
        return self.model(self.defaults[role])


def open_network(entry: ModelEntry, runtime: Runtime | None = None, num_threads: int = 1) -> LiteRtNetwork:
    """The entry's best file for the runtime, verified and loaded. Raises DataError or HardwareError."""
    chosen = runtime or available_runtime()
    return LiteRtNetwork(entry.variant_for(chosen), chosen, num_threads)


def load_manifest(path: Path, *added: Path) -> Manifest:
    """Read and check a manifest; model files are named relative to its folder.

    `added`: files with further `[models.<id>]` tables, each with its models beside it, as an installer fetched them.
    They may not replace a model of the manifest. Raises DataError.
    """
    top = read_toml(path)
    stated = top.integer("format")
    if stated != FORMAT:
        raise top.refuse("format", f"is {stated}", f"this version of edge reads format {FORMAT}; update one of them")
    entries: dict[str, ModelEntry] = {}
    for models in (top.table("models"), *(read_toml(file).table("models") for file in added)):
        for name in models.values:
            if name in entries:
                raise models.refuse(name, "is there already", "give the added model another id, or remove it")
            entries[name] = _read_entry(models.table(name), name)
    defaults = top.table("defaults")
    for role in defaults.values:
        model = defaults.text(role)
        if model not in entries:
            raise defaults.refuse(role, f"is {model!r}", f"the manifest has {', '.join(sorted(entries)) or 'none'}")
        if entries[model].role != role:
            raise defaults.refuse(role, f"names {model!r}", f"that model's role is {entries[model].role}")
    return Manifest(path, MappingProxyType({r: defaults.text(r) for r in defaults.values}), MappingProxyType(entries))


def _read_entry(table: Table, model_id: str) -> ModelEntry:
    """One `[models.<id>]` table. Raises DataError."""
    std = table.numbers("std", 3)
    if min(std) <= 0.0:
        raise table.refuse("std", f"is {list(std)}", "three numbers above zero belong here")
    files = table.table("files")
    for name in files.values:
        if name not in get_args(Precision):
            raise files.refuse(name, "is no kind of file", f"one of {', '.join(get_args(Precision))} belongs here")
    variants = {p: _read_variant(files.table(p), model_id, p) for p in get_args(Precision) if files.has(p)}
    if not variants:
        raise table.refuse("files", "is empty", f"name at least one of {', '.join(get_args(Precision))}")
    return ModelEntry(
        id=model_id,
        role=table.text("role"),
        licence=table.text("licence"),
        source=table.text("source"),
        input_px=table.integer("input_px"),
        channel_order=cast(ChannelOrder, table.choice("channel_order", get_args(ChannelOrder))),
        mean=cast(tuple[float, float, float], table.numbers("mean", 3)),
        std=cast(tuple[float, float, float], std),
        files=MappingProxyType(variants),
        measured=MappingProxyType(dict(table.table("measured").values) if table.has("measured") else {}),
        embedding=read_embedding(table.table("embedding")) if table.has("embedding") else None,
        classifier=read_classifier(table.table("classifier")) if table.has("classifier") else None,
        liveness=read_liveness(table.table("liveness")) if table.has("liveness") else None,
        remark=table.text("remark") if table.has("remark") else "",
    )


def _read_variant(table: Table, model_id: str, precision: Precision) -> Variant:
    digest = table.text("sha256").lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise table.refuse("sha256", f"is {digest!r}", "64 hexadecimal digits belong here")
    return Variant(
        model=model_id,
        precision=precision,
        path=table.file.parent / table.text("path"),
        sha256=digest,
        size_bytes=table.integer("bytes"),
        input=_read_tensor(table.table("input")),
        outputs=tuple(map(_read_tensor, table.tables("outputs"))),
    )


def _read_tensor(table: Table) -> TensorSpec:
    return TensorSpec(table.integers("shape"), table.choice("dtype", _DTYPES))
