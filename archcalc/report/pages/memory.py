"""What `archcalc memory` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.memory.graph import INDICES
from archcalc.report.columns import Column
from archcalc.report.numbers import binary, percent, thousands
from archcalc.report.pages import Figure, Figures, Listing, Page
from archcalc.report.pages.figures import count, octets, setting
from archcalc.report.shapes import TIMES, shape
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.memory.arena import Placed
    from archcalc.memory.patches import Patched
    from archcalc.memory.plan import Alive, MemoryPlan

__all__ = ["page"]

INPUTS = {"freed": "inputs freed after their last reader", "kept": "inputs kept to the end", "elsewhere": "inputs not counted"}
WAYS = {
    "elementwise": "elementwise layers write over their input",
    "add": "additions too",
    "depthwise": "additions and depthwise convolutions too",
}


def page(found: MemoryPlan, *, layout: bool = False, order: bool = False) -> Page:
    """Describe what was found; with `layout` and `order` people see every offset, and the best order."""
    rules = found.rules
    said = [INPUTS[rules.inputs], *([f"{INDICES}-bit indices of max pooling"] if rules.indices else []), WAYS[rules.reuse]]
    told = {"inputs": rules.inputs, "indices": rules.indices, "in_place": rules.reuse, "align": found.align}
    parts: list[Figures | Listing] = [
        Figures("figures", "", list(_figures(found))),
        *([Figures("patches", "In patches", list(_patches(found.patches)))] if found.patches else []),
        Listing("alive", f"Alive at the peak{f', while {visible(found.peak_at)} runs' if found.peak_at else ''}", ALIVE, found.alive),
        Listing("layout", f"Where each tensor lies, in steps of {found.align} bytes", LAYOUT, found.layout, shown=layout),
        Listing("order", "The best order", ORDER, list(enumerate(found.order or (), 1)), shown=order and found.order is not None),
    ]
    return Page(
        kind="archcalc.memory/1", header=found.header, setting=setting(found.header, *said), parts=parts, notes=list(_notes(found)),
        main="layout", more={"rules": told, "proven": found.proven},
    )  # fmt: skip


def _figures(found: MemoryPlan) -> Iterator[Figure]:
    yield octets("weights", "weights", found.weights, "beside all that follows")
    yield octets("total", "all feature maps", found.total)
    yield octets("in_out", "in + out", found.in_out, "no order needs less", found.in_out_at)
    proof = "no order needs less" if found.proven else "not proven: too many orders"
    yield octets("best", "best order", found.best, "the listed one" if found.proven and found.order is None else proof)
    yield octets("liveness", "liveness", found.liveness, "in the listed order", found.peak_at)
    for way, n in found.reuse.items():
        if way != found.rules.reuse:
            yield octets(f"liveness_{way}", f"  {NAMES[way]}", n, SAVINGS[way])
    yield octets("mcunet", "MCUNet's rule", found.mcunet, "products, and what residuals keep")
    if found.arena is None:
        yield octets("arena", "arena", None, "too many tensors at once")
    else:
        above = percent(found.arena - found.liveness, found.liveness)
        yield octets("arena", "arena", found.arena, f"{above} % above liveness" if above else "")


def _patches(found: Patched) -> Iterator[Figure]:
    grid = TIMES.join(map(str, found.grid))
    yield octets("peak", "peak", found.peak, f"{grid} patches", found.until)
    yield octets("stage", "  while patches run", found.stage, f"with input and {shape(found.output)}")
    yield octets("rest", "  afterwards", found.rest)
    tile = TIMES.join(map(str, found.tile))
    yield Figure("tile", "input of a patch", list(found.tile), tile, "", "positions at most, its margins included")
    more = percent(found.macs_patched - found.macs, found.macs)
    yield count("macs", "MACs of the stage", found.macs_patched, f"{more} % more than at once")
    yield Figure("recomputed", "recompute factor", found.recomputed, f"{float(found.recomputed):.4f}")


def _notes(found: MemoryPlan) -> Iterator[str]:
    if found.order is not None:
        yield "the best order is another than the listed one; --order shows it"
    yield "weights are read from where they are stored; code, stacks and buffers of kernels are not in these figures"


NAMES = {"elementwise": "elementwise alone", "add": "additions in place", "depthwise": "depthwise in place"}
SAVINGS = {"elementwise": "", "add": "over an input, too", "depthwise": "channel by channel, too"}


def _steps(first: int, last: int) -> str:
    return f"{first}–{last}" if first != last else f"{first}"


ALIVE: tuple[Column[Alive], ...] = (
    Column(name="path", title="Tensor", value=lambda it: it.name, shown=lambda it: visible(it.name), rank=0, right=False, least=16),
    Column(name="what", title="What", value=lambda it: it.what, shown=lambda it: it.what, rank=3, right=False),
    Column(name="bytes", title="Bytes", value=lambda it: it.size, shown=lambda it: thousands(it.size), rank=1),
    Column(name="", title="", value=lambda it: it.size, shown=lambda it: binary(it.size) if it.size >= 1000 else "", rank=5, right=False),
    Column(name="first", title="From", value=lambda it: it.first, shown=lambda it: thousands(it.first), rank=2),
    Column(name="last", title="To", value=lambda it: it.last, shown=lambda it: thousands(it.last), rank=2),
)
LAYOUT: tuple[Column[Placed], ...] = (
    Column(name="path", title="Tensor", value=lambda it: it.name, shown=lambda it: visible(it.name), rank=0, right=False, least=16),
    Column(name="what", title="What", value=lambda it: it.what, shown=lambda it: it.what, rank=4, right=False),
    Column(name="offset", title="Offset", value=lambda it: it.offset, shown=lambda it: thousands(it.offset), rank=1),
    Column(name="bytes", title="Bytes", value=lambda it: it.size, shown=lambda it: thousands(it.size), rank=1),
    Column(name="end", title="End", value=lambda it: it.offset + it.size, shown=lambda it: thousands(it.offset + it.size), rank=3),
    Column(name="first", title="From", value=lambda it: it.first + 1, shown=lambda it: thousands(it.first + 1), rank=2),
    Column(name="last", title="To", value=lambda it: it.last + 1, shown=lambda it: thousands(it.last + 1), rank=2),
)
ORDER: tuple[Column[tuple[int, str]], ...] = (
    Column(name="step", title="Step", value=lambda it: it[0], shown=lambda it: thousands(it[0]), rank=1),
    Column(name="path", title="Layer", value=lambda it: it[1], shown=lambda it: visible(it[1]), rank=0, right=False, least=16),
)
