"""What is alive while each task runs, task by task: linear in time, in any order."""

from __future__ import annotations

from dataclasses import field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from archcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from archcalc.memory.graph import Bits, Graph, Task

__all__ = ["WORKSPACE", "Moment", "Storage", "in_out", "mcunet", "moments", "peak", "stored"]

#: What a workspace is called among the tensors that are alive.
WORKSPACE = "workspace"
#: Tasks that are looked at to find out which can write over what they read; beyond so many the listed order says.
WORK = 2_000_000
#: Families that MCUNet's rule looks at.
MCUNET = frozenset({"conv", "linear"})


class Storage(Record, frozen=False, eq=False):
    """A piece of memory that one value lives in, or several, one after another."""

    name: str  #: of the value that it was made for
    what: str
    bits: Bits
    first: int  #: the place in the order where it is made; -1 of what is there before
    last: int  #: the last place where it is needed
    names: list[str] = field(default_factory=list)  #: all the values that lived in it
    most: Bits = 0  #: its largest size


class Moment(NamedTuple):
    """What is alive while a task runs."""

    task: Task
    bits: Bits  #: all together, its workspace included
    new: Bits  #: of these, in new storage
    storages: Collection[Storage]  #: valid until the next moment
    reused: int | None  #: the value whose place was taken


class _Residents:
    """Follows storages through tasks."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.left = [len(readers) + value.out for readers, value in zip(graph.readers, graph.values, strict=True)]
        self.of: dict[int, Storage] = {}
        self.alive: dict[int, Storage] = {}  #: by their own identity, in the order they were made
        self.live: Bits = 0
        self.done: list[Storage] = []
        for value in graph.inputs:
            self.make(value, -1)

    def make(self, value: int, at: int) -> None:
        it = self.graph.values[value]
        storage = self.of[value] = Storage(it.name, it.what, it.bits, at, at, [it.name], it.bits)
        self.alive[id(storage)] = storage
        self.live += it.bits

    def run(self, task: Task, at: int) -> Moment:
        """Run a task; what it read for the last time stays until `settle`."""
        for read in task.reads:
            self.left[read] -= 1
            if read in self.of:
                self.of[read].last = at
        before = self.live
        taken = next((v for v in task.over if self.left[v] == 0 and task.fits(self.graph.values[v].bits, self.of[v].bits)), None)
        for i, value in enumerate(task.makes):
            if taken is not None and i == 0:
                storage = self.of[value] = self.of.pop(taken)
                storage.names.append(self.graph.values[value].name)
            else:
                self.make(value, at)
        return Moment(task, self.live + task.room(taken=taken is not None), self.live - before, self.alive.values(), taken)

    def settle(self, task: Task, at: int, *, taken: bool) -> None:
        """Let go of what nobody needs any more."""
        if taken and task.shrinks:
            made = task.makes[0]
            storage = self.of[made]
            self.live -= storage.bits - self.graph.values[made].bits
            storage.bits = self.graph.values[made].bits
        for value in (*task.reads, *task.makes):
            if self.left[value] == 0 and value in self.of:
                self.free(value, at)

    def free(self, value: int, at: int) -> None:
        storage = self.of.pop(value)
        storage.last = max(storage.last, at)
        self.live -= storage.bits
        del self.alive[id(storage)]
        self.done.append(storage)


def moments(graph: Graph, order: Sequence[int] | None = None) -> Iterator[Moment]:
    """Run the tasks in an order, the listed one if none is given."""
    residents = _Residents(graph)
    for at, i in enumerate(order if order is not None else range(len(graph.tasks))):
        task = graph.tasks[i]
        moment = residents.run(task, at)
        yield moment
        residents.settle(task, at, taken=moment.reused is not None)


def peak(graph: Graph, order: Sequence[int] | None = None) -> Bits:
    """Give the most that is alive at once; where nothing runs, the inputs."""
    return max((moment.bits for moment in moments(graph, order)), default=sum(graph.values[v].bits for v in graph.inputs))


def stored(graph: Graph) -> list[Storage]:
    """Give every storage with the places in the listed order where it is first and last needed, in the order they are made."""
    residents, end = _Residents(graph), len(graph.tasks) - 1
    for at, task in enumerate(graph.tasks):
        moment = residents.run(task, at)
        residents.settle(task, at, taken=moment.reused is not None)
        if task.room(taken=moment.reused is not None):
            name = f"{task.name} ({WORKSPACE})"
            residents.done.append(Storage(name, WORKSPACE, task.workspace, at, at, [name], task.workspace))
    for storage in residents.alive.values():
        storage.last = end
    return sorted([*residents.done, *residents.alive.values()], key=lambda storage: storage.first)


def in_out(graph: Graph) -> tuple[Bits, str]:
    """Give the largest inputs + output of a task, and its name: the course's rule, which no order can go below.

    A task that can write over what it reads in some order makes nothing new.
    """
    most: Bits = 0
    name = ""
    over = replacing(graph)
    for i, task in enumerate(graph.tasks):
        made = sum(graph.values[v].bits for v in (task.makes[1:] if i in over else task.makes))
        size = task.touched + made + task.room(taken=i in over)
        if size > most:
            most, name = size, task.name
    return most, name


def replacing(graph: Graph) -> set[int]:
    """Give the tasks that write over what they read in some order: no other reader of it depends on them."""
    found: set[int] = set()
    asked: dict[int, list[int]] = {}
    for i, task in enumerate(graph.tasks):
        for v in task.over:
            asked.setdefault(v, []).append(i)
    work = 0
    for v, tasks in asked.items():
        readers = graph.readers[v]
        if graph.values[v].out:
            continue
        work += readers[-1] - readers[0]
        if work > WORK:  # as in the listed order
            found.update(i for i in tasks if i == readers[-1])
        else:
            found.update(tasks if len(readers) == 1 else set(tasks) - _awaited(graph, readers))
    return found


def _awaited(graph: Graph, readers: Sequence[int]) -> set[int]:
    """Give those readers of a value that another one depends on."""
    place = {reader: k for k, reader in enumerate(readers)}
    comes: dict[int, int] = {}  #: of values, the readers that they come of, as bits of a number
    found = 0
    for i in range(readers[0], readers[-1] + 1):
        task = graph.tasks[i]
        of = reduce(or_, (comes.get(read, 0) for read in task.reads), 0)
        if i in place:
            found, of = found | of, of | 1 << place[i]
        if of:
            comes.update(dict.fromkeys(task.makes, of))
    return {reader for reader, k in place.items() if found >> k & 1}


def mcunet(graph: Graph) -> Bits:
    """Give the peak by MCUNet's rule (`count_peak_activation_size` of its authors' code): the inputs, the output and what a residual
    keeps, of convolutions and dense layers alone; the one whose output is added to what is kept does not count the latter.
    """
    most: Bits = 0
    for moment in moments(graph):
        task = moment.task
        if task.kind.partition(":")[0] in MCUNET:
            kept = sum(graph.values[v].bits for v in _added(graph, task.makes[0]) if v not in task.reads)
            most = max(most, moment.bits - kept)
    return most


def _added(graph: Graph, value: int) -> tuple[int, ...]:
    """Give what a value is added to, if that is what becomes of it."""
    while len(graph.readers[value]) == 1:
        task = graph.tasks[graph.readers[value][0]]
        if task.kind == "merge:add":
            return tuple(v for v in task.reads if v != value)
        if task.over != (value,):
            break
        value = task.makes[0]
    return ()
