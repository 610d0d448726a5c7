"""JSON, the contract that others build on: every row, streamed."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from archcalc.report.columns import Column
    from archcalc.report.result import Header, Row, Totals
    from archcalc.report.view import Run, View

__all__ = ["FORMAT", "closing", "dump", "opening", "record", "records", "row", "summary", "totals"]

#: Name and version of the contract.
FORMAT = "archcalc.summary/1"
TOTALS = (
    "params", "trainable", "frozen", "buffers", "macs", "flops", "model_size_bytes", "activations", "activations_bytes",
    "peak_activation", "peak_activation_bytes", "peak_at", "peak_in_out", "layers",
)  # fmt: skip
FIGURES = ("params", "trainable", "frozen", "buffers", "macs", "flops", "activations")
EXTENTS = ("receptive_field", "effective_stride", "effective_padding")


def summary(runs: Iterable[Run], out: TextIO, view: View) -> None:
    """Write one object, or a list of them."""
    out.write("[\n" if view.several else "")
    for i, run in enumerate(runs):
        out.write(",\n" if i else "")
        out.writelines(_pieces(run))
    out.write("\n]\n" if view.several else "\n")


def records(columns: Sequence[Column[Any]], items: Iterable[Any], out: TextIO) -> None:
    """Write a list of objects."""
    out.write("[")
    out.writelines((",\n " if i else "") + dump(record(columns, item)) for i, item in enumerate(items))
    out.write("]\n")


def _pieces(run: Run) -> Iterator[str]:
    """Write what comes before the rows, the rows, and what is known after them."""
    rows = run.rows()
    first = next(rows, None)  # what is wrong with a network is found before anything is written
    yield dump(opening(run.header)).removesuffix("}") + ',\n "layers": ['
    if first is not None:
        yield "\n  " + dump(row(first))
    for each in rows:
        yield ",\n  " + dump(row(each))
    yield "],\n " + dump(closing(run)).removeprefix("{")


def dump(value: object) -> str:
    """Write a value on one line, in ASCII, so that no terminal is commanded by a name."""
    return json.dumps(value, default=str)


def opening(header: Header) -> dict[str, object]:
    """Say what was computed, and by which conventions."""
    return {
        "format": FORMAT,
        "model": header.model,
        "variant": header.variant,
        "source": header.source,
        "batch": header.batch,
        "convention": header.convention,
        "dtype": dict(header.dtype),
        "inputs": {name: list(shape) for name, shape in header.inputs.items()},
    }


def closing(run: Run) -> dict[str, object]:
    """Give what is known after the last row."""
    return {"outputs": {name: list(shape) for name, shape in run.outputs().items()}, "totals": totals(run.totals())}


def totals(sums: Totals) -> dict[str, object]:
    """Give the totals; those named in `incomplete` are lower bounds."""
    found: dict[str, object] = {name: getattr(sums, name) for name in TOTALS}
    return {**found, "incomplete": list(sums.incomplete)} if sums.incomplete else found


def row(it: Row) -> dict[str, object]:
    """Give a row; what is not known is null and named in `incomplete`."""
    found: dict[str, object] = {"path": it.path, "type": it.type}
    if it.group is not None:
        found["group"] = it.group
    found |= {"inputs": [list(shape) for shape in it.inputs], "output": list(it.output)}
    found |= {name: getattr(it, name) for name in FIGURES}
    found |= {name: _axes(getattr(it, name)) for name in EXTENTS}
    if it.receptive_field_min is not None and it.receptive_field_min != it.receptive_field:
        found["receptive_field_min"] = _axes(it.receptive_field_min)
    found |= {name: None for name in it.incomplete if name in found}
    found |= {name: value for name, value in _marks(it) if value}
    if not it.aligned:
        found["aligned"] = False
    if it.dtype is not None:
        found["dtype"] = dict(it.dtype)
    return {**found, "line": it.line, **({"source_file": it.source_file} if it.source_file else {})}


def record(columns: Sequence[Column[Any]], item: object) -> dict[str, object]:
    """Give an item by the names of its columns."""
    return {column.name: column.value(item) for column in columns}


def _marks(it: Row) -> Iterator[tuple[str, object]]:
    yield "tied", it.tied
    yield "declared", it.declared
    yield "incomplete", list(it.incomplete)


def _axes(extents: Sequence[int | Fraction | None] | None) -> list[object] | None:
    return None if extents is None else [str(n) if isinstance(n, Fraction) else n for n in extents]
