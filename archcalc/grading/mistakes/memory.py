"""Mistakes in sums and peaks of memory: inputs left out, weights added, the largest map or the sum taken for the peak."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.calculators.activations import Activations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.grading.ledger import Asked, Ledger

__all__ = ["Guess", "guesses"]


class Guess(NamedTuple):
    """A wrong figure, and the mistake that leads to it."""

    id: str
    said: str
    value: int
    rank: int = 2


_JOINS = "only convolutions and dense layers are looked at, not what joins branches"


def guesses(quantity: str, asked: Asked, graph: Ledger) -> Iterator[Guess]:
    """Give the wrong figures of a line, or of the whole network, in elements."""
    if quantity == "activations":
        yield from _maps(asked, graph)
    elif quantity == "live":
        yield from _peak(asked, graph)
    elif quantity == "in_out":
        yield from _in_out(asked, graph)


def _inputs(graph: Ledger) -> int:
    return graph.run.settings.batch * sum(ref.tensor.size for ref in graph.run.network.inputs)


def _maps(asked: Asked, graph: Ledger) -> Iterator[Guess]:
    batch = graph.run.settings.batch
    rows, new = [part.row for part in asked.parts], sum(part.row.activations for part in asked.parts)
    every = batch * sum(part.step.op.size for part in asked.parts)
    copies = batch * sum(part.step.op.size for part in asked.parts if part.step.op.family != "view")
    if not asked.total:
        yield Guess("copies_counted", "what is written in place is counted again, and views as well", every)
        yield Guess("copies_counted", "what is written over its input is counted again", copies, 1)
        yield Guess("in_out_for_out", "the input is counted with the output", max((row.in_out for row in rows), default=0), 1)
        return
    whole, seen = graph.totals.activations, _inputs(graph)
    yield Guess("total_without_input", "the input is not counted", new, 0)
    yield Guess("copies_counted", "what is written over its input is counted again", copies + seen, 1)
    yield Guess("copies_counted", "what is written over its input is counted again, and the input is not", copies, 2)
    yield Guess("copies_counted", "every row is counted as a map of its own, views as well", every + seen, 2)
    weighted = sum(part.row.activations for part in asked.parts if part.step.op.loops)
    yield Guess("only_weighted", "only what convolutions, dense layers and products make is counted", weighted, 2)
    yield Guess("only_weighted", "only the input and what convolutions, dense layers and products make are counted", weighted + seen, 3)
    yield Guess("weights_added", "the parameters are added", whole + graph.totals.params, 2)
    yield Guess("twice", "everything is counted twice, as for a backward pass", 2 * whole, 2)
    yield Guess("total_is_peak", "that is the peak, not the sum", graph.totals.peak_activation, 2)


def _peak(asked: Asked, graph: Ledger) -> Iterator[Guess]:
    rows = [part.row for part in asked.parts]
    if not rows:
        return
    yield Guess("peak_is_max_out", "the output alone is counted", max(row.activations for row in rows), 1)
    if not asked.total:
        yield Guess("residual_ignored", "only input and output are counted, not what is kept for later", max(row.in_out for row in rows), 1)
        yield Guess("residual_ignored", _JOINS, _weighted(asked), 1)
        return
    totals = graph.totals
    batch = graph.run.settings.batch
    largest = batch * max(part.step.op.size for part in asked.parts)
    yield Guess("peak_is_max_out", "that is the largest map alone", max(largest, _inputs(graph)), 1)
    yield Guess("peak_is_sum", "that is the sum of all maps, not the most that are alive at once", totals.activations, 0)
    yield Guess(
        "peak_is_sum",
        "that is the sum of all maps but the input, not the most that are alive at once",
        totals.activations - _inputs(graph),
        2,
    )
    yield Guess("no_input_image", "the input is not counted", _without_input(graph)[0], 0)
    yield Guess("weights_added", "all parameters are added", totals.peak_activation + totals.params, 2)
    yield Guess("weights_added", "the parameters of the layer are added", max(row.live + row.params for row in rows), 2)
    yield Guess("residual_ignored", "only one layer's input and output are counted, not what is kept for later", totals.peak_in_out, 1)
    yield Guess("residual_ignored", _JOINS, _weighted(asked), 1)


def _in_out(asked: Asked, graph: Ledger) -> Iterator[Guess]:
    rows = [part.row for part in asked.parts]
    if not rows:
        return
    yield Guess("peak_is_max_out", "the output alone is counted", max(row.activations for row in rows), 0)
    yield Guess("in_alone", "the input alone is counted", max(row.in_out - row.activations for row in rows), 1)
    yield Guess("weights_added", "the parameters are added", max(row.in_out + row.params for row in rows), 2)
    yield Guess("live_for_in_out", "what is kept for later is counted as well", max(row.live for row in rows), 1)
    if asked.total:
        yield Guess("no_input_image", "the input is not counted", _without_input(graph)[1], 0)
        yield Guess("residual_ignored", _JOINS, _weighted(asked), 1)
        yield Guess("peak_is_sum", "that is the sum of all maps", graph.totals.activations, 1)


def _weighted(asked: Asked) -> int:
    return max((part.row.in_out for part in asked.parts if part.step.op.loops), default=0)


def _without_input(graph: Ledger) -> tuple[int, int]:
    """Work out the peaks of a network whose inputs take no memory."""
    run = graph.run
    memory = Activations(run.network, run.lasts, run.settings)
    for storage in memory.storages.values():
        storage.size = 0
    memory.total = memory.live = 0
    for part in graph.parts:
        memory.follow(part.step)
    end = memory.end()
    return end.peak * run.settings.batch, end.in_out * run.settings.batch
