"""The comparison as JSON, the contract that others build on: all figures, and every row that is not alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.comparing.totals import differences
from archcalc.comparing.words import sentence
from archcalc.report.json_ import dump, row, totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from archcalc.comparing import Comparison, Subject
    from archcalc.comparing.difference import Pair
    from archcalc.comparing.totals import Difference
    from archcalc.report.compared import View

__all__ = ["FORMAT", "write"]

#: Name and version of the contract.
FORMAT = "archcalc.compare/1"


def write(found: Sequence[Comparison], out: TextIO, view: View) -> None:
    """Write one object."""
    subjects = [found[0].before, *(one.after for one in found)]
    networks = ",\n  ".join(dump(_network(one)) for one in subjects)
    out.write(f'{{"format": "{FORMAT}",\n "networks": [\n  {networks}],\n "comparisons": [')
    for i, one in enumerate(found):
        out.write(f"{',' if i else ''}\n  {dump(_opening(one, i + 1)).removesuffix('}')}")
        if not view.totals:
            out.write(',\n   "layers": [')
            out.writelines(f"{',' if k else ''}\n    {dump(pair)}" for k, pair in enumerate(_layers(one)))
            out.write("]")
        out.write("}")
    out.write("]}\n")


def _network(it: Subject) -> dict[str, object]:
    header = it.header
    return {
        "name": it.label,
        "model": header.model,
        "variant": header.variant,
        "source": header.source,
        "batch": header.batch,
        "convention": header.convention,
        "dtype": dict(header.dtype),
        "settings": {name: str(value) for name, value in header.settings.items()},
        "inputs": {name: list(shape) for name, shape in header.inputs.items()},
        "outputs": {name: list(shape) for name, shape in it.outputs.items()},
        "totals": totals(it.totals),
    }


def _opening(it: Comparison, after: int) -> dict[str, object]:
    """Say which of the networks are compared, and what comes of it."""
    figures = {one.name: _difference(one) for one in differences(it.before.totals, it.after.totals, every=True)}
    counts = {str(change): n for change, n in it.counts.items()}
    counts["alike_but_seen"] = sum(pair.change == "alike" and pair.differs for pair in it.found.values())
    return {
        "before": 0,
        "after": after,
        "differs": it.differs,
        "summary": sentence(it),
        "counts": counts,
        "totals": figures,
    }


def _difference(it: Difference) -> dict[str, object]:
    return {"before": it.before, "after": it.after, "difference": it.by if it.known else None, "percent": it.percent}


def _layers(it: Comparison) -> Iterator[dict[str, object]]:
    """Give the rows that are not alike, in order; those that were removed stand where they stood."""
    for pair in it.found.values():
        if pair.change != "alike":
            yield _pair(pair)


def _pair(it: Pair) -> dict[str, object]:
    return {
        "change": it.change,
        "before": row(it.before.row) if it.before else None,
        "after": row(it.after.row) if it.after else None,
        "fields": {one.name or "kind": [one.before, one.after] for one in it.fields},
        "differs": [*it.figures, *it.seen],
    }
