"""The results: typed values that never change, the same for the API, the table and every format."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from fractions import Fraction

__all__ = ["SUMS", "Header", "Row", "Summary", "Totals"]

Shape = tuple[int, ...]

#: Figures of rows that add up.
SUMS = ("params", "trainable", "frozen", "buffers", "macs", "flops", "model_size_bytes", "activations", "activations_bytes")


class Row(NamedTuple):
    """One primitive operation in execution order. Counts are of one sample times the batch where they scale with it."""

    path: str  #: names joined by dots: `stage[0].Bottleneck_1.residual_1.conv_2`
    type: str  #: the layer kind
    group: str | None = None  #: the entry whose several rows this is one of
    inputs: tuple[Shape, ...] = ()  #: shapes of what is read, without the batch
    output: Shape = ()  #: shape of what is made, without the batch
    params: int = 0  #: learned scalars; 0 where they are another row's (`tied`)
    trainable: int = 0  #: of these, those that are trained
    frozen: int = 0  #: of these, those that are not
    buffers: int = 0  #: kept but not learned: running statistics
    tied: bool = False  #: whether weights of an earlier row are used
    declared: bool = False  #: whether the author of the file states the figures
    macs: int = 0  #: multiply-accumulates, as the convention counts them
    flops: int = 0  #: two per multiply-accumulate, where the convention has no count of its own
    model_size_bytes: int = 0  #: parameters at the precision of weights, with their scales
    weight_bits: int | Fraction = 0  #: the same before it is rounded up
    activations: int = 0  #: elements in new storage
    activations_bytes: int = 0  #: the same at the precision of activations
    activation_bits: int | Fraction = 0  #: the same before it is rounded up
    live: int = 0  #: elements alive while this row runs
    live_bytes: int = 0  #: the same, each at the precision of the row that made it
    in_out: int = 0  #: elements read plus elements made; 0 where no new storage is made
    in_out_bytes: int = 0  #: the same, each at the precision of the row that made it
    dtype: Mapping[str, int | str] | None = None  #: its precision, where that is not the header's
    receptive_field: tuple[int | None, ...] | None = None  #: per spatial axis of the first input; `None` where all is seen
    receptive_field_min: tuple[int | None, ...] | None = None  #: the smallest, where positions differ
    effective_stride: tuple[int | Fraction | None, ...] | None = None
    effective_padding: tuple[int | None, ...] | None = None
    aligned: bool = True  #: whether the branches that met had the same centre
    incomplete: tuple[str, ...] = ()  #: names of the figures that are not known (`n/a`)
    line: int = 0  #: where it is written
    source_file: str | None = None  #: where that is another file than the spec


class Totals(Record, kw_only=True):
    """The sums over all rows, and what is largest."""

    params: int = 0
    trainable: int = 0
    frozen: int = 0
    buffers: int = 0
    macs: int = 0
    flops: int = 0
    model_size_bytes: int = 0
    activations: int = 0
    activations_bytes: int = 0
    peak_activation: int = 0
    peak_activation_bytes: int = 0  #: the most bytes alive, perhaps at another row than the most elements
    peak_at: str = ""  #: path of the row with the most elements alive
    peak_in_out: int = 0  #: the course's peak: the largest inputs + output
    peak_in_out_bytes: int = 0  #: the most bytes of inputs + output, perhaps of another row
    layers: int = 0  #: number of rows
    incomplete: tuple[str, ...] = ()  #: names of the totals that are lower bounds (`>=`)


class Header(Record, kw_only=True):
    """What was computed, and by which conventions."""

    model: str
    variant: str | None
    source: str
    batch: int = 1
    convention: str = "paper"
    dtype: Mapping[str, int | str] = field(default_factory=lambda: {"weights": "fp32", "activations": "fp32"})
    apart: bool = False  #: whether some rows have a precision of their own
    inputs: Mapping[str, Shape] = field(default_factory=dict)
    extents: Shape = ()  #: sizes of the axes that receptive fields lie on, of the first input that has any
    settings: Mapping[str, object] = field(default_factory=dict)  #: variables set by the caller
    meta: Mapping[str, object] = field(default_factory=dict)


class Summary(Record, kw_only=True):
    """Everything `summarize` shows."""

    header: Header
    layers: tuple[Row, ...]
    totals: Totals
    outputs: Mapping[str, Shape] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()  #: expectations of the file that do not hold, as sentences

    def __iter__(self) -> Iterator[Row]:
        return iter(self.layers)

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        from archcalc.report.notebook import html

        return html(self)
