"""What is said of a whole network: the lines above its table and those below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.report.columns import Column
from archcalc.report.numbers import at_least, human, size, thousands
from archcalc.report.shapes import TIMES, shape
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.report.result import Header, Totals

__all__ = ["CONVENTION", "TALLIES", "Fact", "Tally", "facts", "origin", "precision", "setting", "spec_name", "title"]


class Fact(NamedTuple):
    """One figure of a network."""

    label: str
    number: str
    short: str  #: the same to be read at a glance
    remark: str = ""
    path: str = ""  #: the layer where that is


class Tally(NamedTuple):
    """One network among others."""

    spec: str  #: what the caller calls it
    header: Header
    totals: Totals


def title(header: Header) -> str:
    """Name a network."""
    return visible(f"{header.model} ({header.variant})" if header.variant else header.model)


def spec_name(header: Header) -> str:
    """Name the file and the variant, as on the command line."""
    source, variant = header.source, header.variant
    return f"{source}#{variant}" if variant and not source.endswith(f"#{variant}") else source


def setting(header: Header) -> str:
    """Say what the figures are of: inputs, batch, convention, precision, and what the caller set."""
    parts = [
        *(f"{name} {shape(sizes)}" for name, sizes in header.inputs.items()),
        f"batch {thousands(header.batch)}",
        f"convention {header.convention}",
        precision(header.dtype),
        *(["some rows apart"] if header.apart else []),
        *(f"{name} = {value}" for name, value in header.settings.items()),
    ]
    return visible(" · ".join(parts))


def precision(dtype: Mapping[str, int | str]) -> str:
    """Say how weights and activations are stored.

    >>> precision({"weights": "int8", "activations": "int8"})
    'int8'
    >>> precision({"weights": "int4", "activations": "fp16", "group": 128, "scale": "fp16", "zero": "int4"})
    'weights int4 (groups of 128, fp16 scales, int4 zero points), activations fp16'
    """
    if dtype["weights"] == dtype["activations"] and "group" not in dtype:
        return f"{dtype['weights']}"
    return f"weights {stored(dtype)}, activations {dtype['activations']}"


def stored(dtype: Mapping[str, int | str]) -> str:
    """Say how weights are stored."""
    if "group" not in dtype:
        return f"{dtype['weights']}"
    group = f"one {dtype['scale']} scale per {dtype['group']}" if isinstance(dtype["group"], str) else f"groups of {dtype['group']}"
    scales = [] if isinstance(dtype["group"], str) else [f"{dtype['scale']} scales"]
    zeros = [f"{dtype['zero']} zero points"] if "zero" in dtype else []
    return f"{dtype['weights']} ({', '.join([group, *scales, *zeros])})"


def origin(header: Header) -> str:
    """Say where the architecture was published, as far as the file does."""
    return visible(", ".join(str(header.meta[key]) for key in ("paper", "year", "url") if header.meta.get(key)))


def facts(header: Header, totals: Totals) -> Iterator[Fact]:
    """Give the figures of a network, one after another."""
    yield _fact(totals, "params", "params")
    if totals.frozen:
        yield _fact(totals, "  trainable", "trainable")
        yield _fact(totals, "  frozen", "frozen")
    if totals.buffers:
        yield _fact(totals, "buffers", "buffers", "not among the params")
    yield _fact(totals, "MACs", "macs")
    yield _fact(totals, "FLOPs", "flops", f"2 {TIMES} MACs" if totals.flops == 2 * totals.macs else "")
    apart = ", some rows apart" if header.apart else ""
    yield _bytes(totals, "model size", "model_size_bytes", stored(header.dtype) + apart)
    yield _fact(totals, "activations", "activations", size(totals.activations_bytes))
    yield _fact(totals, "peak activation", "peak_activation", size(totals.peak_activation_bytes), visible(totals.peak_at))
    yield _fact(totals, "peak in + out", "peak_in_out", "the most that one layer reads and makes")
    yield Fact("layers", thousands(totals.layers), "")


def _fact(totals: Totals, label: str, name: str, remark: str = "", path: str = "") -> Fact:
    n: int = getattr(totals, name)
    short = human(n) if n >= 1000 else ""
    return Fact(label, at_least(thousands(n), bound=name in totals.incomplete), short, remark, path)


def _bytes(totals: Totals, label: str, name: str, remark: str) -> Fact:
    n: int = getattr(totals, name)
    return Fact(label, at_least(f"{thousands(n)} B", bound=name in totals.incomplete), "", f"{size(n)} as {remark}")


def _count(name: str, title: str, rank: int) -> Column[Tally]:
    """Make a column of one of the totals."""

    def shown(tally: Tally) -> str:
        return at_least(thousands(getattr(tally.totals, name)), bound=name in tally.totals.incomplete)

    return Column(name=name, title=title, value=lambda tally: getattr(tally.totals, name), shown=shown, rank=rank)


def _size(tally: Tally) -> str:
    text = size(tally.totals.model_size_bytes).partition(" (")[0]
    return at_least(text, bound="model_size_bytes" in tally.totals.incomplete)


#: What `--totals` shows of each network.
TALLIES: tuple[Column[Tally], ...] = (
    Column(
        name="spec",
        title="Spec",
        value=lambda it: it.spec,
        shown=lambda it: visible(it.spec),
        rank=0,
        right=False,
        least=16,
    ),
    Column(name="model", title="Model", value=lambda it: it.header.model, shown=lambda it: title(it.header), rank=8, right=False, least=12),
    _count("params", "Params", 1),
    _count("macs", "MACs", 2),
    Column(
        name="model_size_bytes",
        title="Size",
        value=lambda it: it.totals.model_size_bytes,
        shown=_size,
        rank=3,
    ),
    _count("activations", "Activations", 4),
    _count("peak_activation", "Peak", 5),
    _count("layers", "Layers", 6),
)
#: Beside them where it is not `paper`.
CONVENTION: Column[Tally] = Column(
    name="convention",
    title="Convention",
    value=lambda it: it.header.convention,
    shown=lambda it: it.header.convention,
    rank=0,
    right=False,
)
