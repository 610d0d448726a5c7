"""Memory: laws of every plan, the best order against all orders, figures that were published, and networks that are too large."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from helpers import CROSSED, net, spec, wrong
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import load, zoo
from archcalc.memory import Graph, Task, Value
from archcalc.memory.arena import arena, extent
from archcalc.memory.graph import octets
from archcalc.memory.liveness import in_out, moments, peak, stored
from archcalc.memory.order import best_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcalc.memory import MemoryPlan
    from archcalc.memory.arena import Placed
    from archcalc.memory.graph import Bits
    from archcalc.options import MemoryOptions

EXAMPLES = 400


# random graphs, and a slow machine that runs them


@st.composite
def graphs(draw: st.DrawFn, most: int = 8) -> Graph:
    """Make a graph of tasks that make something new, write over one value, over one of several, or over one that shrinks."""
    sizes = st.sampled_from([8, 16, 24, 64, 128])
    inputs = draw(st.integers(1, 2))
    values = [Value(f"in{i}", draw(sizes), "input", kept=True, out=draw(st.booleans())) for i in range(inputs)]
    tasks: list[Task] = []
    for i in range(draw(st.integers(1, most))):
        latest = st.integers(max(0, len(values) - 5), len(values) - 1)
        reads = tuple(dict.fromkeys(draw(st.lists(latest, min_size=1, max_size=3))))
        kind = draw(st.sampled_from(["new", "new", "over", "any", "shrinks"]))
        size = draw(sizes) if kind == "new" else min(draw(sizes), values[reads[0]].bits)
        over = tuple(v for v in reads if not values[v].kept and (v == reads[0] if kind != "any" else values[v].bits == size))
        over = () if kind == "new" else over
        shrinks = kind == "shrinks"
        made = [len(values), *([len(values) + 1] if draw(st.integers(0, 5)) == 0 else [])]
        values += [Value(f"t{k}", size, out=draw(st.integers(0, 9)) == 0) for k in made]
        workspace = draw(st.sampled_from([0, size // 2])) if over or not shrinks else 0
        tasks.append(Task(f"op{i}", kind, reads, tuple(made), sum(values[v].bits for v in reads), over, workspace, shrinks))
    return Graph(values, tasks, range(inputs))


class Machine:
    """Runs a graph the slow way: who still needs a value is asked of all tasks, every time."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.start = {v: graph.values[v].bits for v in graph.inputs}

    def needed(self, value: int, ran: frozenset[int]) -> bool:
        return self.graph.values[value].out or any(value in task.reads for i, task in enumerate(self.graph.tasks) if i not in ran)

    def run(self, i: int, ran: frozenset[int], places: Mapping[int, Bits]) -> tuple[Bits, dict[int, Bits]]:
        """Run one task; `places` are the bits that each value holds. Gives the bits alive meanwhile, and what is held after it."""
        task, values, ran = self.graph.tasks[i], self.graph.values, ran | {i}
        held = dict(places)
        free = [v for v in task.over if not self.needed(v, ran) and (len(task.over) == 1 or held[v] == values[v].bits)]
        for k, value in enumerate(task.makes):
            held[value] = held.pop(free[0]) if free and k == 0 else values[value].bits
        during = sum(held.values()) + (task.workspace if free or not task.shrinks else 0)
        if free and task.shrinks:
            held[task.makes[0]] = values[task.makes[0]].bits
        gone = {v for v in (*task.reads, *task.makes) if not self.needed(v, ran)}
        return during, {v: bits for v, bits in held.items() if v not in gone}

    def peak(self, order: Iterable[int]) -> Bits:
        """Give the most that is alive at once in an order."""
        most: Bits = 0
        ran, places = frozenset[int](), dict(self.start)
        for i in order:
            during, places = self.run(i, ran, places)
            most, ran = max(most, during), ran | {i}
        return most

    def best(self) -> Bits:
        """Give the least peak of all orders in which every task runs after those it reads from; orders that are no better are left."""
        makers = {value: i for i, task in enumerate(self.graph.tasks) for value in task.makes}
        before = [{makers[v] for v in task.reads if v in makers} for task in self.graph.tasks]
        least = self.peak(range(len(before)))

        def go_on(ran: frozenset[int], places: Mapping[int, Bits], most: Bits) -> None:
            nonlocal least
            if len(ran) == len(before):
                least = min(least, most)
            for i in range(len(before)):
                if i not in ran and before[i] <= ran:
                    during, after = self.run(i, ran, places)
                    if max(most, during) < least:
                        go_on(ran | {i}, after, max(most, during))

        go_on(frozenset(), self.start, 0)
        return least


@settings(max_examples=EXAMPLES)
@given(graphs(12))
def test_liveness_against_a_machine(graph: Graph) -> None:
    assert peak(graph) == Machine(graph).peak(range(len(graph.tasks)))


@settings(max_examples=EXAMPLES)
@given(graphs())
def test_the_best_order_against_all_orders(graph: Graph) -> None:
    found = best_order(graph)
    machine = Machine(graph)
    assert found.proven
    assert found.bits == machine.best()
    if found.order is None:
        assert found.bits == peak(graph)
    else:
        assert sorted(found.order) == list(range(len(graph.tasks)))
        assert found.bits == peak(graph, found.order) == machine.peak(found.order) < peak(graph)


def test_what_frees_as_much_as_it_takes_may_still_wait() -> None:
    """If `peek` runs before `half`, nobody but `half` needs `wide`, whose whole place it takes and keeps."""
    values = [Value("in0", 8, kept=True), Value("in1", 8, kept=True)]
    values += [Value(name, bits) for name, bits in [("wide", 16), ("narrow", 8), ("large", 64), ("peeked", 24), ("first", 24)]]
    wired = [("make", (1,)), ("half", (2,)), ("enlarge", (3, 0)), ("peek", (0, 2)), ("early", (1,))]
    tasks = [Task(name, "new", reads, (made,), over=(2,) if name == "half" else ()) for made, (name, reads) in enumerate(wired, 2)]
    graph = Graph(values, tasks, [0, 1])
    assert best_order(graph).bits == Machine(graph).best() == 80


def apart(placed: Sequence[Placed], align: int) -> None:
    """Check that tensors alive at once share no byte, and that each begins where it may."""
    assert all(one.offset % align == 0 for one in placed)
    for a, b in combinations(placed, 2):
        together = a.first <= b.last and b.first <= a.last and a.size and b.size
        assert not together or a.offset + a.size <= b.offset or b.offset + b.size <= a.offset, (a, b)


@settings(max_examples=EXAMPLES)
@given(graphs(12), st.sampled_from([1, 4, 16, 64]))
def test_each_figure_is_at_most_the_next(graph: Graph, align: int) -> None:
    placed, tight = arena(stored(graph), align), arena(stored(graph))
    assert placed is not None
    assert tight is not None
    apart(placed, align)
    apart(tight, 1)
    assert in_out(graph)[0] <= best_order(graph).bits <= peak(graph) <= 8 * extent(tight)
    assert extent(placed, align) % align == 0
    assert extent(placed, align) >= octets(peak(graph))
    assert extent(placed, align) >= max(one.offset + one.size for one in placed)


@given(graphs(12))
def test_storages_are_what_is_alive(graph: Graph) -> None:
    storages = stored(graph)
    made = [name for storage in storages for name in storage.names if storage.what != "workspace"]
    assert sorted(made) == sorted(value.name for value in graph.values), "each value lives in one storage"
    for at, moment in enumerate(moments(graph)):
        names = {storage.name for storage in storages if storage.first <= at <= storage.last and storage.what != "workspace"}
        assert names == {storage.name for storage in moment.storages}
        assert moment.bits == sum(s.bits for s in moment.storages) + moment.task.room(taken=moment.reused is not None)


# an order that is better than the listed one: Liberis and Lane 2019, figure 2

LIBERIS = Graph(
    [
        Value("t0", 8 * 1568), Value("t1", 8 * 3136), Value("t2", 8 * 1568), Value("t3", 8 * 512), Value("t4", 8 * 512),
        Value("t5", 8 * 256), Value("t6", 8 * 256), Value("t7", 8 * 512, out=True),
    ],
    [
        Task(f"op{i}", "conv", reads, (i,), 0)
        for i, reads in enumerate([(0,), (1,), (2,), (1,), (3,), (4,), (5, 6)], 1)
    ],
    [0],
)  # fmt: skip


def test_the_published_order() -> None:
    assert [moment.bits // 8 for moment in moments(LIBERIS)] == [4704, 4704, 5216, 4160, 1280, 1024, 1024]
    found = best_order(LIBERIS)
    assert (found.bits // 8, found.proven) == (4960, True)
    assert found.order is not None
    assert Machine(LIBERIS).best() == Machine(LIBERIS).peak(found.order) == 8 * 4960


def test_the_published_order_of_a_spec() -> None:
    found = spec(CROSSED).memory(dtype="int8")
    assert (found.liveness, found.peak_at, found.best, found.proven) == (5216, "op3", 4960, True)
    assert found.order is not None
    assert found.order.index("op4") < found.order.index("op2"), "what is small and needed late is made first"
    assert [(alive.name, alive.size, alive.first, alive.last) for alive in found.alive] == [
        ("op1", 3136, 1, 4), ("op2", 1568, 2, 3), ("op3", 512, 3, 5),
    ]  # fmt: skip


def test_without_a_search_the_listed_order_stands() -> None:
    found = spec(CROSSED).memory(dtype="int8", search=0)
    assert (found.best, found.liveness, found.proven, found.order) == (5216, 5216, False, None)
    assert spec(net("  - conv: {out: 3, kernel: 1}\n  - relu")).memory(search=0).proven, "a chain has one order"


# laws of specs

KINDS = {
    "relu": "relu: ", "norm": "batch_norm: ", "conv": "conv: {out: 4, kernel: 1}", "depthwise": "depthwise_conv: {kernel: 3, padding: 1}",
    "pool": "max_pool: {kernel: 3, stride: 1, padding: 1}", "flat": "identity: ", "residual": "residual: [conv: {out: 4, kernel: 1}, relu]",
    "kept": "residual: [relu, conv: {out: 4, kernel: 1}]",
    "branches": "merge: add, branches: {a: [relu], b: [], c: [conv: {out: 4, kernel: 1}]}",
    "slice": "slice: {start: 1, stop: 3, axis: 0}", "add": "add: ", "multiply": "multiply: ", "concat": "concat: {axis: 0}",
}  # fmt: skip
#: What makes less or more channels, with a layer that may write over it before the convolution that makes the usual number.
UNEVEN = {"slice", "concat"}
JOINING = {"add", "multiply", "concat"}


@st.composite
def texts(draw: st.DrawFn, most: int = 9, *, ends: bool = False) -> str:
    """Write a spec whose tensors are all alike, so that anything can be wired to anything; with `ends` nothing is made in vain."""
    lines = []
    unread = {"t0"}
    for i in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(sorted(KINDS)))
        reads = [f"t{draw(st.integers(max(0, i - 4), i))}" for _ in range(draw(st.integers(2, 3)) if kind in JOINING else 1)]
        unread = unread - {*reads} | {f"t{i + 1}"}
        name = f"u{i + 1}" if kind in UNEVEN else f"t{i + 1}"
        lines.append(f"  - {{name: {name}, from: [{', '.join(reads)}], {KINDS[kind]}}}")
        if kind in UNEVEN:
            lines.append(f"  - {{name: v{i + 1}, from: {name}, {draw(st.sampled_from(['relu: ', 'identity: ']))}}}")
            lines.append(f"  - {{name: t{i + 1}, from: v{i + 1}, conv: {{out: 4, kernel: 1}}}}")
    outputs = f"output: [{', '.join(sorted(unread - {'t0'}))}]\n"
    return net("\n".join(lines), "{t0: [4, 4, 4]}") + (outputs if ends or draw(st.booleans()) else "")


def lawful(found: MemoryPlan) -> None:
    """Check what holds of every plan."""
    assert found.in_out <= found.best <= found.liveness
    assert (found.best < found.liveness) == (found.order is not None)
    assert found.proven or found.best == found.liveness
    assert found.reuse[found.rules.reuse] == found.liveness
    assert sum(alive.size for alive in found.alive) == found.liveness
    assert found.arena is not None
    assert found.liveness <= found.arena == extent(found.layout, found.align)
    apart(found.layout, found.align)
    at = found.alive[0].first if found.alive else 1
    assert all(alive.last >= max(at, alive.first) or alive.first > at for alive in found.alive)


RULES = st.fixed_dictionaries(
    {
        "input_tensors": st.sampled_from(["freed", "kept", "elsewhere"]),
        "indices": st.booleans(),
        "in_place": st.sampled_from(["elementwise", "add", "depthwise"]),
        "align": st.sampled_from([1, 16, 64]),
        "dtype": st.sampled_from(["fp32", "int8"]),
        "search": st.just(2_000),
    }
)


@settings(max_examples=EXAMPLES)
@given(texts(), RULES)
def test_laws_of_random_specs(text: str, rules: MemoryOptions) -> None:
    lawful(spec(text).memory(**rules))


@settings(max_examples=EXAMPLES)
@given(texts(ends=True))
def test_the_summary_says_the_same(text: str) -> None:
    found, totals = spec(text).memory(search=0), spec(text).summary().totals
    assert found.liveness == totals.peak_activation_bytes
    assert found.total == totals.activations_bytes
    assert found.in_out <= 4 * totals.peak_in_out, "in another order more may be written over"


@given(texts(5), RULES, st.integers(2, 5))
def test_batch_scales_all_but_weights(text: str, rules: MemoryOptions, batch: int) -> None:
    more: MemoryOptions = {**rules, "align": 1, "batch": batch}
    less: MemoryOptions = {**more, "batch": 1}
    one, many = spec(text).memory(**less), spec(text).memory(**more)
    for figure in ("total", "in_out", "best", "liveness", "mcunet", "arena"):
        assert getattr(many, figure) == batch * getattr(one, figure)
    assert many.reuse == {way: batch * n for way, n in one.reuse.items()}
    assert [place.offset for place in many.layout] == [batch * place.offset for place in one.layout]
    assert (many.weights, many.order, many.peak_at) == (one.weights, one.order, one.peak_at)


@pytest.mark.parametrize("name", [entry.name for entry in zoo.entries()])
def test_laws_of_the_zoo(name: str) -> None:
    found, totals = load(name).memory(), load(name).summary().totals
    lawful(found)
    assert found.liveness == totals.peak_activation_bytes
    assert found.in_out == 4 * totals.peak_in_out
    assert found.total == totals.activations_bytes
    assert found.weights == totals.model_size_bytes


# figures that were published


def fused(name: str) -> str:
    """Write a MobileNet as Pisarchyk and Lee counted it (https://arxiv.org/abs/2001.03288): 1001 classes, and a softmax."""
    path, _ = zoo.resolve(name) or pytest.fail(name)
    text = re.sub(r"(, )?expect: \{[^}]*\}", "", path.read_text(encoding="utf-8")).partition("\nexpect:")[0]
    text = text.replace("    expect: {receptive_field: [315, 315]}", "")
    ends = "  - {name: logits, linear: 1001}\n  - {name: chances, softmax: -1}\noutput: [logits, chances]\n"
    assert "  - linear: classes" in text
    return text.replace("  - linear: classes", ends)


@pytest.mark.parametrize(
    ("name", "tensors", "total", "offsets"), [("mobilenet_v1", 30, 19.248, 4.594), ("mobilenet_v2", 65, 26.313, 5.742)]
)
def test_published_plans(name: str, tensors: int, total: float, offsets: float) -> None:
    found = spec(fused(name)).memory(input_tensors="elsewhere", align=64)
    assert len([place for place in found.layout if place.size]) == tensors
    assert round(found.total / 2**20, 3) == total
    assert found.arena is not None
    assert round(found.arena / 2**20, 3) == round(found.liveness / 2**20, 3) == offsets
    assert found.arena == found.liveness, "greedy by size reaches the lower bound"


def test_published_peaks_of_mobilenet_v2() -> None:
    """MCUNetV2 (https://arxiv.org/abs/2110.15352): 1,372 kB, with depthwise convolutions in place; 539 kB after the first convolution."""
    plain, over = (load("mobilenet_v2").memory(dtype="int8", in_place=way) for way in ("elementwise", "depthwise"))
    assert plain.liveness == plain.in_out == plain.best == 1470 * 1024
    assert over.liveness == over.in_out == over.best == over.arena == 1372 * 1024
    assert plain.reuse == over.reuse == {"elementwise": 1_505_280, "add": 1_505_280, "depthwise": 1_404_928}
    text = net("  - conv: {out: 32, kernel: 3, stride: 2, padding: 1, act: relu6}", "{image: [3, 224, 224]}")
    assert spec(text).memory(dtype="int8").in_out == 539 * 1024


def test_the_published_rest_of_mobilenet_v2() -> None:
    """MCUNetV2's 172 kB: what isn't run in patches begins with blocks of 32 channels, 28 by 28, of which 192 are made."""
    block = "{conv: {out: 192, kernel: 1}}, relu6, {depthwise_conv: {kernel: 3, padding: 1}}, relu6, {conv: {out: 32, kernel: 1}}"
    text = net(f"  - identity\n  - residual: [{block}]\n  - residual: [{block}]", "{image: [32, 28, 28]}")
    found = spec(text).memory(dtype="int8", in_place="depthwise")
    assert (found.mcunet, round(found.mcunet / 1024, 1)) == (176_400, 172.3)
    assert found.liveness == 192 * 28**2 + 2 * 32 * 28**2, "the projection beside what the residual keeps"


@pytest.mark.parametrize(
    ("name", "total", "peak_", "added"),
    [
        ("alexnet#torchvision", 733_032, 344_128, 344_128),
        ("vgg16", 15_237_608, 6_422_528, 6_422_528),
        ("resnet18", 3_589_096, 1_003_520, 1_003_520),
        ("resnet34", 5_470_696, 1_003_520, 1_003_520),
        ("resnet50", 16_987_624, 2_408_448, 1_806_336),
        ("mobilenet_v2", 7_047_304, 1_505_280, 1_505_280),
    ],
)
def test_published_networks(name: str, total: int, peak_: int, added: int) -> None:
    found = load(name).memory()
    assert (found.total, found.in_out, found.liveness, found.reuse["add"]) == (4 * total, 4 * peak_, 4 * peak_, 4 * added)


@pytest.mark.parametrize(
    ("name", "bare", "with_indices"), [("alexnet#torchvision", 1_563_136, 1_936_384), ("vgg16", 26_292_224, 26_292_224)]
)
def test_peaks_measured_in_pytorch(name: str, bare: int, with_indices: int) -> None:
    """Storages alive in an eager forward pass of torchvision's networks; the caller keeps the input."""
    assert load(name).memory(input_tensors="kept").liveness == bare
    found = load(name).memory(input_tensors="kept", indices=True)
    assert found.liveness == with_indices


# what is large


def concatenated(count: int) -> Graph:
    """Make a chain of convolutions and activations, at whose end all that the convolutions made is read once more."""
    values, tasks, made = [Value("x", 64, "input", kept=True)], [], []
    for i in range(count):
        conv, act = len(values), len(values) + 1
        values += [Value(f"conv{i}", 64), Value(f"act{i}", 64)]
        tasks += [Task(f"conv{i}", "conv", (conv - 1,), (conv,), 64), Task(f"act{i}", "act", (conv,), (act,), 64, (conv,))]
        made.append(conv)
    tasks.append(Task("concat", "merge:concat", (*made, len(values) - 1), (len(values),), 64 * (count + 1)))
    return Graph([*values, Value("all", 64 * (count + 1), out=True)], tasks, [0])


def repeated(count: int) -> Graph:
    """Make the published graph many times over, each time read from the time before."""
    values, tasks = [LIBERIS.values[0]], []
    for _ in range(count):
        base = len(values) - 1
        values += [replace(value, out=False) for value in LIBERIS.values[1:]] + [Value("again", 8 * 1568)]
        for task in LIBERIS.tasks:
            reads, makes = (tuple(base + v for v in those) for those in (task.reads, task.makes))
            tasks += [replace(task, reads=reads, makes=makes)]
        tasks.append(Task("again", "conv", (base + 7,), (base + 8,)))
    return Graph(values, tasks, [0])


@pytest.mark.parametrize("graph", [concatenated(10_000), repeated(2_400)])
def test_large_graphs_take_seconds(graph: Graph) -> None:
    before = time.process_time()
    best, placed = best_order(graph), arena(stored(graph))
    assert in_out(graph)[0] <= best.bits <= peak(graph)
    assert placed is None or extent(placed) >= octets(peak(graph))
    assert time.process_time() - before < 20


def test_long_specs_take_seconds() -> None:
    before = time.process_time()
    text = net("  - repeat: 10000\n    layers: [{conv: {out: 4, kernel: 1}}, relu]", "[4, 8, 8]")
    found = spec(text).memory()
    assert (found.tasks, found.liveness, found.arena, found.proven) == (20_000, 2048, 2048, True)
    named = "\n".join(f"  - {{name: a{i}, from: image, conv: {{out: 4, kernel: 1}}}}" for i in range(1000))
    joined = f"  - {{from: [{', '.join(f'a{i}' for i in range(1000))}], concat: {{axis: 0}}}}"
    found = spec(net(f"{named}\n{joined}", "{image: [4, 8, 8]}")).memory()
    assert found.liveness == found.best == 2 * 1000 * 1024
    assert time.process_time() - before < 40


def test_huge_sizes_are_exact() -> None:
    wide, batch = 10**17, 10**18
    found = spec(f"input: [{wide}]\nlayers: [linear: {wide}, relu, linear: {wide}]\n").memory(batch=batch, dtype="int8")
    assert found.liveness == found.arena == found.in_out == 2 * wide * batch
    assert found.weights == 2 * wide * (wide + 1)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"input_tensors": "freeed"}, "did you mean `freed`?"),
        ({"in_place": "nothing"}, "there are elementwise, add, depthwise"),
        ({"align": 0}, "at least 1 byte, not 0"),
        ({"patches": (2,)}, "go together with `until`"),
        ({"until": "conv_1"}, "go together with `until`"),
    ],
)
def test_what_cannot_be_asked(told: MemoryOptions, says: str) -> None:
    found = wrong(lambda: load("lenet5").memory(**told))
    assert (found.codes, says in found.words()) == (["E603"], True)


def test_an_option_that_is_none() -> None:
    with pytest.raises(TypeError, match="no option alingment"):
        load("lenet5").memory(alingment=16)  # type: ignore[call-arg]
