"""One level of a picture: boxes in ranks below each other, wires between them, and nothing on top of anything.

Ranks follow the longest way to each box. Within a rank, boxes are as near to those that they are wired to as there is room for; wires
that pass ranks find the nearest gap between the boxes. `across` runs along a rank, `along` from rank to rank.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import field
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from archcalc.drawing.detours import detoured
from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["Box", "Level", "Point", "Wire"]

#: Room between boxes of a rank, between a wire and a box or another wire, between ranks.
GAP, LANE, STEP = 22.0, 12.0, 30.0
#: How often boxes are moved towards what they are wired to.
SWEEPS = 10
#: How much a wire pulls that is the only one at both its ends, and one that gives way; others pull 1.
STRAIGHT, WEAK = 20.0, 0.01


class Point(NamedTuple):
    """A place in the picture."""

    across: float
    along: float


class Wire(NamedTuple):
    """What leads from one box to another, and the node that it comes from."""

    source: str
    start: str
    end: str


class Box(Record, frozen=False):
    """What takes room."""

    id: str
    across: float
    along: float
    edge: int = 0  #: -1 where it is a place on the upper edge of the level, 1 on the lower one
    starts: dict[str, float] = field(default_factory=dict)  #: where wires from a node leave it, from its middle
    ends: dict[str, float] = field(default_factory=dict)  #: where they enter it
    rank: int = 0
    at: float = 0.0  #: its middle along the rank


class Level:
    """Boxes in execution order, and wires that lead forward."""

    def __init__(self, boxes: Sequence[Box], wires: Iterable[Wire]) -> None:
        self.boxes = {box.id: box for box in boxes}
        self.wires = tuple(dict.fromkeys(wires))
        self.ins: dict[str, list[Wire]] = {box.id: [] for box in boxes}
        self.outs: dict[str, list[Wire]] = {box.id: [] for box in boxes}
        for wire in self.wires:
            self.outs[wire.start].append(wire)
            self.ins[wire.end].append(wire)
        self.ranks = self._ranked()
        places = {box: i for i, box in enumerate(self.boxes)}
        skips = detoured({(places[wire.start], places[wire.end]) for wire in self.wires}, len(places))
        self.skips = {wire for wire in self.wires if (places[wire.start], places[wire.end]) in skips}
        self.pulls = {wire: self._pull(wire) for wire in self.wires}
        self._settle()
        self.tops, self.bottoms = self._heights()
        self.lanes = self._lanes()

    def _ranked(self) -> list[list[Box]]:
        """Put each box below those that it is wired to; what nothing but an input leads to waits until it is read."""
        last = 0
        for box in self.boxes.values():
            box.rank = max((self.boxes[wire.start].rank + 1 for wire in self.ins[box.id]), default=1) if box.edge >= 0 else 0
            last = max(last, box.rank if box.edge == 0 else 0)
        free: set[str] = set()
        for box in self.boxes.values():
            if box.edge == 0 and all(wire.start in free and len(self.outs[wire.start]) == 1 for wire in self.ins[box.id]):
                free.add(box.id)
        for box in reversed(self.boxes.values()):
            if box.edge > 0:
                box.rank = last + 1
            elif box.id in free and self.outs[box.id]:
                box.rank = min(self.boxes[wire.end].rank for wire in self.outs[box.id]) - 1
        ranks: list[list[Box]] = [[] for _ in range(last + 2)]
        for box in self.boxes.values():
            ranks[box.rank].append(box)
        return ranks

    def _long(self, wire: Wire) -> bool:
        return self.boxes[wire.end].rank - self.boxes[wire.start].rank > 1

    def _weak(self, wire: Wire) -> bool:
        """Tell whether a wire follows the boxes: there is a longer way beside it, or it comes from an edge, which has room everywhere."""
        return wire in self.skips or self.boxes[wire.start].edge != 0 or self.boxes[wire.end].edge != 0

    def _pull(self, wire: Wire) -> float:
        """Say how much a wire pulls the boxes at its ends."""
        if self._weak(wire):
            return WEAK
        alone = all(other == wire or self._weak(other) for other in (*self.outs[wire.start], *self.ins[wire.end]))
        return STRAIGHT if alone else 1.0

    def _settle(self) -> None:
        """Move boxes towards those before them, those after them, and then both."""
        for rank in self.ranks:
            self._place(rank, self._before)
        for rank in reversed(self.ranks):
            self._place(rank, self._after)
        for i in range(SWEEPS):
            for rank in self.ranks if i % 2 == 0 else reversed(self.ranks):
                self._place(rank, lambda box: (*self._before(box), *self._after(box)))
        self.seats = {box.id: i for rank in self.ranks for i, box in enumerate(rank)}
        for strand in self._strands():
            self._straighten(strand)
        for rank in (self.ranks[0], self.ranks[-1]):
            self._place(rank, lambda box: (*self._before(box), *self._after(box)))

    def _strands(self) -> Iterator[list[Wire]]:
        """Give the wires that follow each other with nothing beside them."""
        straight = {wire.start: wire for wire in self.wires if self.pulls[wire] == STRAIGHT}
        inner = {wire.end for wire in straight.values()}
        for first in [box for box in straight if box not in inner]:
            strand = [straight[first]]
            while (last := strand[-1].end) in straight:
                strand.append(straight[last])
            yield strand

    def _straighten(self, strand: Sequence[Wire]) -> None:
        """Put the boxes of a strand below each other, in the middle of where they are, if their neighbours leave them the room."""
        boxes, bends = [self.boxes[strand[0].start]], [0.0]
        for wire in strand:
            boxes.append(self.boxes[wire.end])
            bends.append(bends[-1] + boxes[-2].starts.get(wire.source, 0.0) - boxes[-1].ends.get(wire.source, 0.0))
        rooms = [(low - bend, high - bend) for (low, high), bend in zip(map(self._room, boxes), bends, strict=True)]
        least, most = max(low for low, _ in rooms), min(high for _, high in rooms)
        if least <= most:
            middle = sum(box.at - bend for box, bend in zip(boxes, bends, strict=True)) / len(boxes)
            for box, bend in zip(boxes, bends, strict=True):
                box.at = min(max(middle, least), most) + bend

    def _room(self, box: Box) -> tuple[float, float]:
        """Say between which places a box can stand without moving its neighbours."""
        rank = self.ranks[box.rank]
        i = self.seats[box.id]
        low = rank[i - 1].at + (rank[i - 1].across + box.across) / 2 + GAP if i else -inf
        high = rank[i + 1].at - (rank[i + 1].across + box.across) / 2 - GAP if i + 1 < len(rank) else inf
        return low, high

    def _before(self, box: Box) -> tuple[tuple[float, float], ...]:
        """Say where the wires that lead to a box would have it, and how much they pull."""
        return tuple((self._leaves(wire) - box.ends.get(wire.source, 0.0), self.pulls[wire]) for wire in self.ins[box.id])

    def _after(self, box: Box) -> tuple[tuple[float, float], ...]:
        return tuple((self._enters(wire) - box.starts.get(wire.source, 0.0), self.pulls[wire]) for wire in self.outs[box.id])

    def _leaves(self, wire: Wire) -> float:
        box = self.boxes[wire.start]
        return box.at + box.starts.get(wire.source, 0.0)

    def _enters(self, wire: Wire) -> float:
        box = self.boxes[wire.end]
        return box.at + box.ends.get(wire.source, 0.0)

    def _place(self, rank: list[Box], pulls: Callable[[Box], Sequence[tuple[float, float]]]) -> None:
        """Place the boxes of a rank as near to where they are pulled as the others let them."""
        wanted = {}
        for box in rank:
            found = pulls(box)
            weight = sum(pull for _, pull in found)
            wanted[box.id] = (sum(at * pull for at, pull in found) / weight if found else box.at, weight or 0.01)
        rank.sort(key=lambda box: round(wanted[box.id][0], 3))
        offsets = list(_offsets(rank))
        targets = [(wanted[box.id][0] - offset, wanted[box.id][1]) for box, offset in zip(rank, offsets, strict=True)]
        for box, at, offset in zip(rank, _ascending(targets), offsets, strict=True):
            box.at = at + offset

    def _heights(self) -> tuple[list[float], list[float]]:
        """Say where ranks begin and end; the first and the last are edges, and have no height."""
        tops, bottoms, at = [0.0], [0.0], STEP / 2 if self.ranks[0] else 0.0
        for rank in self.ranks[1:-1]:
            tops.append(at)
            at += max((box.along for box in rank), default=0.0)
            bottoms.append(at)
            at += STEP
        end = bottoms[-1] + (STEP / 2 if self.ranks[-1] else 0.0)
        return [*tops, end], [*bottoms, end]

    def _lanes(self) -> dict[tuple[str, str], float]:
        """Find the gap through which the wires from one place pass other ranks, short wires first."""
        bundles: dict[tuple[str, str], Wire] = {}
        for wire in self.wires:
            key = (wire.source, wire.start)
            if self._long(wire) and (key not in bundles or self.boxes[wire.end].rank > self.boxes[bundles[key].end].rank):
                bundles[key] = wire
        taken: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
        lanes = {}
        for key, wire in sorted(bundles.items(), key=lambda item: self.boxes[item[1].end].rank - self.boxes[item[1].start].rank):
            passed = range(self.boxes[wire.start].rank + 1, self.boxes[wire.end].rank)
            boxes = ((box.at - box.across / 2 - LANE, box.at + box.across / 2 + LANE) for i in passed for box in self.ranks[i])
            others = (lane for i in passed for lane in taken[i])
            at = lanes[key] = _gap(self._leaves(wire), self._enters(wire), _merged([*boxes, *others]))
            for i in passed:
                taken[i].append((at - LANE, at + LANE))
        return lanes

    @property
    def reach(self) -> tuple[float, float]:
        """Say how far the level goes along its ranks."""
        lows = (*(box.at - box.across / 2 for box in self.boxes.values()), *self.lanes.values())
        highs = (*(box.at + box.across / 2 for box in self.boxes.values()), *self.lanes.values())
        return min(lows), max(highs)

    def top(self, box: Box) -> float:
        """Say where a box begins: it stands in the middle of its rank."""
        return (self.tops[box.rank] + self.bottoms[box.rank] - box.along) / 2

    def route(self, wire: Wire) -> Iterator[Point]:
        """Lead a wire from box to box: straight through ranks, and aside between them."""
        start, end = self.boxes[wire.start], self.boxes[wire.end]
        leaves, enters = self._leaves(wire), self._enters(wire)
        yield Point(leaves, self.top(start) + start.along)
        yield Point(leaves, self.bottoms[start.rank])
        if self._long(wire):
            lane = self.lanes[wire.source, wire.start]
            yield Point(lane, self.tops[start.rank + 1])
            yield Point(lane, self.bottoms[end.rank - 1])
        yield Point(enters, self.tops[end.rank])
        yield Point(enters, self.top(end))


def _offsets(rank: Sequence[Box]) -> Iterator[float]:
    """Say how far each box of a rank is at least from the first."""
    at = 0.0
    for i, box in enumerate(rank):
        at += (rank[i - 1].across + box.across) / 2 + GAP if i else 0.0
        yield at


def _ascending(wanted: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Give numbers that do not fall, as near to those wanted, each with its weight, as can be: neighbours that would are pooled.

    >>> list(_ascending([(1, 1), (5, 1), (3, 1), (9, 1)]))
    [1, 4.0, 4.0, 9]
    """
    pools: list[tuple[float, float, int]] = []
    for number, mass in wanted:
        at, weight, count = number, mass, 1
        while pools and pools[-1][0] > at:
            other, more, several = pools.pop()
            at, weight, count = (at * weight + other * more) / (weight + more), weight + more, count + several
        pools.append((at, weight, count))
    for at, _, count in pools:
        yield from [at] * count


def _merged(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Put spans that overlap together.

    >>> _merged([(5, 8), (0, 2), (1, 3)])
    [(0, 3), (5, 8)]
    """
    found: list[tuple[float, float]] = []
    for low, high in sorted(spans):
        if found and low < found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def _gap(start: float, end: float, blocked: Sequence[tuple[float, float]]) -> float:
    """Choose where to pass: on the shortest way that is free, near the start, on the right if that is the same.

    >>> _gap(0, 0, [(-50, 50)]), _gap(0, 90, [(-50, 50)]), _gap(0, 40, [(10, 50)])
    (50, 50, 0)
    """
    ways = [start, end, *(side for span in blocked for side in span)]
    free = [at for at in ways if not any(low < at < high for low, high in blocked)]
    return min(free, key=lambda at: (round(abs(at - start) + abs(at - end), 3), round(abs(at - start), 3), -at))
