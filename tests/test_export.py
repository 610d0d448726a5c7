"""Pictures and tables for papers and pages: graphs that keep what the network is, and text that stays text."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET  # what is read here was written by the program under test
from collections import Counter
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from helpers import archcalc, net, spec
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import load
from archcalc.drawing import DIRECTIONS, FORMATS, artist
from archcalc.drawing.detours import detoured
from archcalc.drawing.families import COLOURS
from archcalc.drawing.folding import folded
from archcalc.drawing.graph import Cluster, Edge, Graph, Node
from archcalc.drawing.level import STEP, Box, Level, Wire
from archcalc.drawing.svg import svg
from archcalc.report import renderer
from archcalc.report.fold import branches, entries, readable
from archcalc.report.view import EVERY_LEVEL, View, lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.api import Run

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
#: A network of each form, at a depth that shows it.
SHOWN = [
    ("lenet5", None), ("vgg16", None), ("resnet50", None), ("resnet18", EVERY_LEVEL), ("googlenet", EVERY_LEVEL), ("unet", None),
    ("unet", EVERY_LEVEL), ("transformer", 3), ("mobilenet_v2", 2), ("gpt2", 2),
]  # fmt: skip
RESIDUAL = net("""
  - conv: {out: 8, kernel: 3, padding: 1}
  - name: block
    layers:
      - residual:
          - conv: {out: 8, kernel: 3, padding: 1, norm: batch_norm, act: relu}
          - conv: {out: 8, kernel: 3, padding: 1, norm: batch_norm}
      - relu
  - global_avg_pool
  - linear: 10
""")


# specs at random


@st.composite
def bodies(draw: st.DrawFn, depth: int = 3) -> str:
    """Write a pipeline that keeps the shape (4, 8, 8), indented by nothing."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        simple = ["relu", "conv: {out: 4, kernel: 3, padding: 1, norm: batch_norm, act: relu}", "batch_norm"]
        kind = draw(st.sampled_from(["simple"] * 2 + (["residual", "branches", "group", "copies"] if depth else [])))
        if kind == "simple":
            found.append(f"- {draw(st.sampled_from(simple))}")
            continue
        inner = draw(bodies(depth - 1))
        if kind == "residual":
            found.append(f"- residual:\n{_indented(inner, 4)}")
        elif kind == "branches":
            other = draw(bodies(depth - 1))
            found.append(f"- branches:\n    a:\n{_indented(inner, 6)}\n    b:\n{_indented(other, 6)}\n  merge: add")
        elif kind == "group":
            found.append(f"- layers:\n{_indented(inner, 4)}")
        else:
            found.append(f"- repeat: {draw(st.integers(2, 3))}\n  layers:\n{_indented(inner, 4)}")
    return "\n".join(found)


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())


def random_specs() -> st.SearchStrategy[str]:
    return bodies().map(lambda text: net(_indented(text, 2), "{image: [4, 8, 8]}"))


DEPTHS = st.sampled_from([None, 1, 2, 3, EVERY_LEVEL])


def members(run: Run, graph: Graph) -> dict[str, list[int]]:
    """Say which steps are in which layer: nodes hold rows that follow each other."""
    found, start = {}, 0
    for node in graph.nodes:
        if node.kind in {"layer", "merge"}:
            found[node.id] = list(range(start, start + node.rows))
            start += node.rows
    assert start == len(list(run.network.steps()))
    return found


# laws


@given(random_specs(), DEPTHS)
@settings(max_examples=60)
def test_every_step_is_in_one_node_and_edges_are_what_steps_read(text: str, depth: int | None) -> None:
    run = spec(text).run()
    graph = folded(run, depth)
    steps = list(run.network.steps())
    home = {steps[i].out: node for node, inside in members(run, graph).items() for i in inside}
    assert len(home) == len(steps)
    home |= {ref.id: node.id for ref, node in zip(run.network.inputs, graph.nodes, strict=False)}
    read = {(home[tensor], home[step.out]) for step in steps for tensor in step.reads if home[tensor] != home[step.out]}
    ends = [node.id for node in graph.nodes if node.kind == "output"]
    read |= {(home[ref.id], end) for ref, end in zip(run.network.outputs, ends, strict=True)}
    assert {(edge.source, edge.target) for edge in graph.edges} == read
    assert len(graph.edges) == len(read)


@given(random_specs(), DEPTHS)
@settings(max_examples=60)
def test_edges_lead_forward_and_sums_stay(text: str, depth: int | None) -> None:
    run = spec(text).run()
    graph = folded(run, depth)
    place = {node.id: i for i, node in enumerate(graph.nodes)}
    assert all(place[edge.source] < place[edge.target] for edge in graph.edges)
    totals = run.totals()
    assert (sum(n.params or 0 for n in graph.nodes), sum(n.macs or 0 for n in graph.nodes)) == (totals.params, totals.macs)


@given(random_specs(), DEPTHS)
@settings(max_examples=60)
def test_clusters_nest_and_stand_together(text: str, depth: int | None) -> None:
    graph = folded(spec(text).run(), depth)
    ids = {cluster.id: cluster for cluster in graph.clusters}
    for cluster in graph.clusters:
        inside = [i for i, node in enumerate(graph.nodes) if cluster.id in graph.chains[node.id]]
        assert inside == list(range(inside[0], inside[-1] + 1))
        assert all(graph.nodes[i].path.startswith(f"{cluster.path}.") for i in inside)
        assert cluster.parent is None or cluster.path.startswith(f"{ids[cluster.parent].path}.")
    for node in graph.nodes:
        if node.cluster:
            assert node.path == f"{ids[node.cluster].path}.{node.label}"


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda edge: edge[0] < edge[1])))
def test_a_skip_is_an_edge_with_a_longer_way_beside_it(edges: set[tuple[int, int]]) -> None:
    after = {a: {b for c, b in edges if c == a} for a in range(10)}

    def reaches(a: int, b: int) -> bool:
        return a == b or any(reaches(c, b) for c in after[a])

    assert detoured(edges, 10) == {(a, b) for a, b in edges if any(c != b and reaches(c, b) for c in after[a])}


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda edge: edge[0] < edge[1])), st.data())
def test_wires_pass_no_box(edges: set[tuple[int, int]], data: st.DataObject) -> None:
    sizes = st.tuples(st.integers(1, 200), st.integers(1, 80))
    level = Level([Box(f"{i}", *data.draw(sizes)) for i in range(10)], [Wire(f"{a}", f"{a}", f"{b}") for a, b in edges])
    boxes = list(level.boxes.values())
    spans = {box.id: (box.at - box.across / 2, level.top(box), box.at + box.across / 2, level.top(box) + box.along) for box in boxes}
    assert not any(_cover(spans[a.id], spans[b.id]) for a, b in combinations(boxes, 2))
    for wire in level.wires:
        points = list(level.route(wire))
        assert all(a.along <= b.along + 1e-6 for a, b in pairwise(points))
        for a, b in pairwise(points):
            straight = abs(a.across - b.across) < 1e-6
            assert straight or b.along - a.along == pytest.approx(STEP)
            hull = (min(a.across, b.across), a.along, max(a.across, b.across), b.along)
            assert not any(_cover(hull, spans[box.id], touch=0.5) for box in boxes), (wire, a, b)


def _cover(a: tuple[float, ...], b: tuple[float, ...], *, touch: float = 1e-6) -> bool:
    """Tell whether two rectangles, or a line and one, have more in common than a border."""
    return all(a[i] < b[i + 2] - touch and b[i] + touch < a[i + 2] + 2e-6 for i in (0, 1))


# folding


def test_pictures_fold_as_the_table_does() -> None:
    for name, depth in SHOWN:
        run = load(name).run()
        rows = list(run.rows())
        graph = folded(run, depth)
        layers = [node.path for node in graph.nodes if node.kind in {"layer", "merge"}]
        if depth is None:
            assert layers == [line.row.path for line in lines(rows, run.totals(), View()).shown]
            assert graph.depth == readable(rows)
        else:
            assert layers == [line.row.path for line in entries(rows, run.totals(), depth)]


def test_copies_are_drawn_once_where_the_table_does() -> None:
    layers = [*(f"  - {{name: n{i}, relu: }}" for i in range(30)), "  - {repeat: 5, linear: 32}"]
    graph = folded(spec(net("\n".join(layers), "{x: [32]}")).run())
    assert [(node.path, node.type) for node in graph.nodes][-2] == ("linear_1[0..4]", "5 × linear")
    assert [edge.source for edge in graph.edges if edge.target == graph.nodes[-2].id] == [graph.nodes[-3].id]


def test_rows_of_a_group_stay_together_at_every_depth() -> None:
    graph = folded(load("gpt2").run(), EVERY_LEVEL)
    assert {node.family for node in graph.nodes if node.type == "attention"} == {"attention"}
    assert [node.type for node in folded(spec(RESIDUAL).run(), EVERY_LEVEL).nodes][2] == "conv + batch_norm + relu"


def test_a_residual_has_a_skip() -> None:
    graph = folded(spec(RESIDUAL).run(), EVERY_LEVEL)
    skips = [(graph.named[edge.source].path, graph.named[edge.target].path) for edge in graph.edges if edge.skip]
    assert skips == [("conv_1", "block.residual_1.add")]
    assert [node.path for node in graph.nodes if node.kind == "merge"] == ["block.residual_1.add"]


def test_a_unet_has_a_skip_for_each_resolution() -> None:
    graph = folded(load("unet").run())
    assert [edge.shapes for edge in graph.edges if edge.skip] == [((n, s, s),) for n, s in ((512, 64), (256, 136), (128, 280), (64, 568))]


def test_every_input_and_output_is_drawn() -> None:
    graph = folded(load("transformer").run())
    assert [node.path for node in graph.nodes if node.kind == "input"] == ["source", "target"]
    several = net("  - {name: a, relu: }\n  - {name: b, relu: }\n", head="output: [a, b]\n")
    found = folded(spec(several).run())
    assert [(node.path, node.kind) for node in found.nodes][-2:] == [("a", "output"), ("b", "output")]


def test_every_family_has_a_colour() -> None:
    kinds = {node.family for name, depth in SHOWN for node in folded(load(name).run(), depth).nodes}
    assert kinds <= set(COLOURS)
    assert len(kinds) > 8


def test_many_rows_take_linear_time() -> None:
    def seconds(copies: int) -> float:
        layers = f"  - repeat: {copies}\n    layers: [{{residual: [relu, relu]}}]"
        run = spec(net(layers, "{x: [2, 4, 4]}")).run()
        start = time.perf_counter()
        for depth in (1, EVERY_LEVEL):
            artist("mermaid")(folded(run, depth))
        svg(folded(run, 1))
        return time.perf_counter() - start

    seconds(10)
    assert seconds(1600) < 20 * seconds(200) + 1  # eight times as many


# what is written


@pytest.mark.parametrize("to", ["mermaid", "dot"])
@pytest.mark.parametrize("name", ["lenet5", "residual"])
def test_golden(name: str, to: str) -> None:
    run = load(name).run() if name == "lenet5" else spec(RESIDUAL).run()
    text = artist(to)(folded(run, None if name == "lenet5" else EVERY_LEVEL))
    path = GOLDEN / f"export_{name}.{to}"
    if os.environ.get("UPDATE"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


HOSTILE = [
    'a"b', "]]>", "</svg><script>alert(1)</script>", "a --> b", "x\ny", "-- %% {", "%%{init: {}}%%", "end", "#quot;", "&lt;", "\\N", "\\",
    "`code`", "*a* _b_ ~~c~~", "1. one", "- item", "fa:fa-car", "style: #a;", "classDef: #a;", "click n1", "]", "}", "|", "@{shape: x}",
    "\x00\x1b[31m", "\u202e", "\ud800", "\ufffe", "畳み込み", "𝒳", "", " ", "a" * 5000,
]  # fmt: skip


def hostile(text: str) -> Graph:
    """Put a text wherever one can be."""
    nodes = [
        Node(id="n1", path=text, label=text, type=text, output=(3,), kind="input", family="input"),
        Node(id="n2", path=f"{text}.{text}", label=text, type=text, output=(4,), family="conv", params=None, rows=3, cluster="c1"),
    ]
    return Graph(text, 1, tuple(nodes), (Edge(source="n1", target="n2", shapes=((5,),)),), (Cluster(id="c1", path=text, label=text),))


TAME = Graph(
    "t", 1,
    (Node(id="n1", path="t", label="t", type="t", output=(3,), kind="input", family="input"),
     Node(id="n2", path="t.t", label="t", type="t", output=(4,), family="conv", params=None, rows=3, cluster="c1")),
    (Edge(source="n1", target="n2", shapes=((5,),)),), (Cluster(id="c1", path="t", label="t"),),
)  # fmt: skip


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30)))
@settings(max_examples=200)
def test_names_are_data_in_svg(text: str) -> None:
    drawn, tame = (ET.fromstring(svg(graph)) for graph in (hostile(text), TAME))  # noqa: S314 - written here
    assert [element.tag for element in drawn.iter()] == [element.tag for element in tame.iter()]
    assert not [name for element in drawn.iter() for name in element.attrib if name.startswith(("on", "href"))]


#: Mermaid's flowcharts, as far as they are written here: a label holds nothing that could end it, begin an entity, or be more than text.
LABEL = r'"(?:[^"#;:%{}<>&`|*~@\\\n]|#\d+;|<br/>)*"'
GRAMMAR = re.compile(
    rf"flowchart (TB|LR)\n(?: +(?:n\d+(?:\[{LABEL}\]|\({LABEL}\)|\(\[{LABEL}\]\)):::[a-z]+|subgraph c\d+\[{LABEL}\]|end"
    rf"|n\d+ -->(?:\|{LABEL}\|)? n\d+|classDef [a-z]+ fill:#\w{{6}},stroke:#\w{{6}},color:#\w{{6}})\n)+"
)


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30)))
@settings(max_examples=200)
def test_names_are_data_in_mermaid(text: str) -> None:
    drawn, tame = (artist("mermaid")(graph) for graph in (hostile(text), TAME))
    assert GRAMMAR.fullmatch(drawn)
    assert re.sub(LABEL, '""', drawn) == re.sub(LABEL, '""', tame)


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30)))
@settings(max_examples=200)
def test_names_are_data_in_dot(text: str) -> None:
    quoted = r'"(?:[^"\\\n]|\\["\\n])*"'
    drawn, tame = (re.sub(quoted, '""', artist("dot")(graph)) for graph in (hostile(text), TAME))
    assert drawn == tame


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed: `apt-get install graphviz`")
def test_graphviz_reads_it() -> None:
    for name, depth in SHOWN:
        graph = folded(load(name).run(), depth)
        assert _graphviz(artist("dot")(graph)) == (len(graph.nodes), len(graph.edges), len(graph.clusters))
    for text in HOSTILE:
        assert _graphviz(artist("dot")(hostile(text))) == (2, 1, 1)


def _graphviz(text: str) -> tuple[int, int, int]:
    """Let Graphviz count nodes, edges and clusters."""
    done = subprocess.run(["dot", "-Tdot_json"], input=text, capture_output=True, check=True, encoding="utf-8")  # noqa: S607
    assert done.stderr == ""
    read = json.loads(done.stdout)
    return len(read["objects"]) - read["_subgraph_cnt"], len(read.get("edges", [])), read["_subgraph_cnt"]


PARSE = """
import { JSDOM } from "jsdom";
globalThis.window = new JSDOM("").window;
globalThis.document = window.document;
const mermaid = (await import("mermaid")).default;
const texts = JSON.parse((await import("fs")).readFileSync(0, "utf8"));
const found = [];
for (const text of texts) {
  await mermaid.parse(text);
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  found.push([db.getVertices().size, db.getEdges().length, db.getSubGraphs().length]);
}
console.log(JSON.stringify(found));
"""


@pytest.mark.skipif("ARCHCALC_MERMAID" not in os.environ, reason="ARCHCALC_MERMAID names no folder with `npm install mermaid@11 jsdom`")
def test_mermaid_reads_it(tmp_path: Path) -> None:
    graphs = [*(folded(load(name).run(), depth) for name, depth in SHOWN), *map(hostile, HOSTILE)]
    script = Path(os.environ["ARCHCALC_MERMAID"]) / f"{tmp_path.name}.mjs"
    script.write_text(PARSE, encoding="utf-8")
    try:
        texts = json.dumps([artist("mermaid")(graph) for graph in graphs])
        done = subprocess.run(["node", script], input=texts, capture_output=True, check=True, encoding="utf-8")  # noqa: S607
    finally:
        script.unlink()
    assert json.loads(done.stdout) == [[len(graph.nodes), len(graph.edges), len(graph.clusters)] for graph in graphs]


# pictures


class Rect(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


def rects(text: str, kind: str) -> list[Rect]:
    """Find the boxes of nodes or of clusters."""
    found = [g.find(f"{SVG}rect") for g in ET.fromstring(text).iter(f"{SVG}g") if g.get("class", "").split()[0] == kind]  # noqa: S314
    sizes = [[float(rect.get(name, "nan")) for name in ("x", "y", "width", "height")] for rect in found if rect is not None]
    return [Rect(x, y, x + w, y + h) for x, y, w, h in sizes]


def apart(a: Rect, b: Rect) -> bool:
    return a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top


def within(a: Rect, b: Rect) -> bool:
    return b.left <= a.left and b.top <= a.top and a.right <= b.right and a.bottom <= b.bottom


def check(graph: Graph, direction: str) -> None:
    """Nodes are apart, clusters are apart or nest, and all is in the picture."""
    text = svg(graph, direction=direction)
    box = ET.fromstring(text).get("viewBox", "").split()  # noqa: S314
    page = Rect(*map(float, box))
    nodes, clusters = rects(text, "node"), rects(text, "cluster")
    assert (len(nodes), len(clusters)) == (len(graph.nodes), len(graph.clusters))
    assert all(within(rect, page) for rect in (*nodes, *clusters))
    assert all(apart(a, b) for a, b in _near(nodes))
    assert all(apart(a, b) or within(a, b) or within(b, a) for a, b in _near([*nodes, *clusters]))
    places = {node.id: rect for node, rect in zip(graph.nodes, nodes, strict=True)}
    for cluster, rect in zip(graph.clusters, clusters, strict=True):
        inside = {node.id for node in graph.nodes if cluster.id in graph.chains[node.id]}
        assert {id_ for id_, place in places.items() if within(place, rect)} == inside
    points = [float(n) for path in ET.fromstring(text).iter(f"{SVG}path") if "edge" in path.get("class", "")  # noqa: S314
              for n in re.findall(r"-?[\d.]+", path.get("d", ""))]  # fmt: skip
    assert all(0 <= x <= page.right for x in points[::2])
    assert all(0 <= y <= page.bottom for y in points[1::2])


def _near(found: Sequence[Rect]) -> Iterator[tuple[Rect, Rect]]:
    """Pair rectangles that share some height."""
    ranked = sorted(found, key=lambda rect: rect.top)
    for i, a in enumerate(ranked):
        for b in ranked[i + 1 :]:
            if b.top >= a.bottom:
                break
            yield a, b


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("name", "depth"), SHOWN)
def test_nothing_overlaps(name: str, depth: int | None, direction: str) -> None:
    check(folded(load(name).run(), depth), direction)


@given(random_specs(), DEPTHS, st.sampled_from(DIRECTIONS))
@settings(max_examples=60)
def test_nothing_overlaps_in_any_network(text: str, depth: int | None, direction: str) -> None:
    check(folded(spec(text).run(), depth), direction)


def test_a_chain_is_one_column() -> None:
    nodes = rects(svg(folded(load("vgg16").run())), "node")
    assert len({round(rect.left + rect.right, 1) for rect in nodes}) == 1


def test_branches_stand_side_by_side() -> None:
    text = net("\n  - branches: {a: [relu], b: [relu], c: [relu], d: [relu]}")
    tops = Counter(rect.top for rect in rects(svg(folded(spec(text).run(), EVERY_LEVEL)), "node"))
    assert max(tops.values()) == 4


def test_a_picture_needs_nothing_else() -> None:
    text = svg(folded(load("unet").run()))
    assert "prefers-color-scheme: dark" in text
    assert "<title>U-Net</title>" in text
    assert not re.search(
        r"<(script|image|foreignObject|use|a)\b|@import|url\((?!#archcalc-tip\))|https?://(?!www\.w3\.org/2000/svg\")", text
    )


def test_nodes_say_which_row_they_are() -> None:
    graph = folded(load("lenet5").run())
    assert 'data-row="classifier.linear_1"' in svg(graph)
    text = svg(graph, ids={"classifier.linear_1": "row-8"})
    assert 'data-row="row-8"' in text
    assert 'data-row="conv_1"' in text


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem)
def test_everything_that_is_shipped_can_be_drawn(path: Path) -> None:
    loaded = load(path)
    run = (loaded.of(loaded.variants[0]) if loaded.variants else loaded).run()
    for depth in (1, 2, EVERY_LEVEL):
        graph = folded(run, depth)
        assert GRAMMAR.fullmatch(artist("mermaid")(graph))
        assert artist("dot")(graph).count(" -> ") == len(graph.edges)
        if len(graph.nodes) < 300:
            check(graph, "TB")


def test_paths_split_where_others_branch_off() -> None:
    paths = ["a", "b.c.d", "b.c.e", "b.f"]
    assert [".".join(parts) for parts in branches(paths)] == paths


# tables


def table(form: str, *names: str, **more: object) -> str:
    out = io.StringIO()
    renderer(form).summary((load(name).run() for name in names), out, View(**more))  # type: ignore[arg-type]
    return out.getvalue()


class Cells(HTMLParser):
    """Reads tables, and whether what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.rows: list[list[str]] = []
        self.tags: Counter[str] = Counter()
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag != "br":
            self.stack.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"th", "td"}:
            self.rows[-1].append("")
            assert tag == "td" or dict(attrs)["scope"] in {"row", "col"}

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] in {"th", "td"}:
            self.rows[-1][-1] += data


@pytest.mark.parametrize("name", ["lenet5", "resnet50", "gpt2"])
def test_html_has_the_numbers_of_json(name: str) -> None:
    facts = json.loads(table("json", name))
    read = Cells(table("html", name, depth=EVERY_LEVEL))
    head, *rows = read.rows
    assert (read.tags["table"], read.tags["caption"], read.tags["thead"], read.tags["tbody"], read.tags["tfoot"]) == (1,) * 5
    at = {title: i for i, title in enumerate(head)}
    by_path = {row[0]: row for row in rows}
    for layer in facts["layers"]:
        row = by_path[layer["path"]]
        assert row[at["Params"]] in ({f"{layer['params']:,}"} if layer["params"] else {"–", "tied"})
        assert row[at["MACs"]] == (f"{layer['macs']:,}" if layer["macs"] else "–")
        assert row[at["Output"]] == ("×".join(map(str, layer["output"])) or "1")
    totals = {row[0]: row[1].split(" ")[0].replace(",", "") for row in rows if len(row) == 2}
    for label, key in (("params", "params"), ("MACs", "macs"), ("activations", "activations"), ("layers", "layers")):
        assert int(totals[label]) == facts["totals"][key]


@pytest.mark.parametrize("name", ["lenet5", "resnet50", "gpt2"])
def test_latex_is_balanced_and_has_the_numbers_of_json(name: str) -> None:
    facts = json.loads(table("json", name))["totals"]
    text = table("latex", name)
    assert r"\usepackage{booktabs}" in text.splitlines()[0]
    _balanced(text)
    for label, key in (("params", "params"), ("MACs", "macs"), ("layers", "layers")):
        assert re.search(rf"^{label} & \\multicolumn{{\d+}}{{r}}{{{facts[key]:,}[ }}]", text, re.MULTILINE)


def _balanced(text: str) -> None:
    """Braces and environments close, and every row has the columns that are announced."""
    bare = re.sub(r"\\[\\{}%&_#$]", "", text)
    assert bare.count("{") == bare.count("}")
    assert re.findall(r"\\begin{(\w+)}", text) == re.findall(r"\\end{(\w+)}", text)[::-1]
    for sides, body in re.findall(r"\\begin{tabular}{([lr]+)}\n(.*?)\\end{tabular}", text, re.DOTALL):
        for line in body.splitlines():
            if line.endswith(r"\\"):
                wide = sum(int(n) - 1 for n in re.findall(r"\\multicolumn{(\d+)}", line))
                cells = len(re.findall(r"(?<!\\)&", line)) + 1 + wide
                assert cells == len(sides) or (cells, sides) == (1, "lr")  # layers alone, with room for the totals


def test_columns_and_lines_are_those_that_were_asked_for() -> None:
    from archcalc.report.columns import find, pick

    told = table("latex", "vgg16", columns=pick("output,macs"), sort=find("macs"), top=2)
    assert r"\begin{tabular}{llr}" in told
    assert r"\ldots{} 23 more" in told
    _balanced(told)
    _balanced(table("latex", "vgg16", columns=pick("layer")))
    assert Cells(table("html", "vgg16", columns=pick("layer,params"), top=3)).rows[0] == ["Layer", "Params"]


def test_several_networks_are_several_tables() -> None:
    assert Cells(table("html", "lenet5", "vgg16")).tags["table"] == 2
    assert table("latex", "lenet5", "vgg16").count(r"\begin{table}") == 2


def test_titles_are_data_in_tables() -> None:
    title = "<b>&]]> \\input{x} $ % _ # ^ ~ {"
    run = spec(net("  - relu\n", head=f"name: '{title}'\n")).run()
    for form in ("html", "latex"):
        out = io.StringIO()
        renderer(form).summary([run], out, View())
        text = out.getvalue()
        if form == "html":
            assert "<b>&lt;b&gt;&amp;]]&gt; " in text
            Cells(text)
        else:
            assert r"\input" not in text
            _balanced(text.replace(r"\textbackslash{}", "").replace(r"\textasciitilde{}", "").replace(r"\textasciicircum{}", ""))


# the command line


@pytest.mark.parametrize("to", FORMATS)
def test_export_writes_a_picture(to: str, tmp_path: Path) -> None:
    done = archcalc("export", "lenet5", "--to", to)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == artist(to)(folded(load("lenet5").run()))
    path = tmp_path / "picture"
    archcalc("export", "lenet5", "--to", to, "--output", str(path), "--direction", "LR", "--depth", "all")
    assert path.read_text(encoding="utf-8") == artist(to)(folded(load("lenet5").run(), EVERY_LEVEL), direction="LR")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--to", "png"), "takes mermaid, dot, svg"),
        (("--to", "mermade"), "mermaid"),
        (("--to", "svg", "--direction", "RL"), "takes TB, LR"),
        (("--to", "svg", "--depth", "0"), "a number from 1, or all"),
        ((), "--to"),
    ],
)
def test_what_is_wrong_is_said(args: tuple[str, ...], words: str) -> None:
    done = archcalc("export", "lenet5", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_a_spec_that_is_wrong_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    done = archcalc("export", "lenet55", "--to", "svg", "--output", str(path))
    assert (done.returncode, path.exists()) == (2, False)


def test_mermaid_that_is_too_large_is_said_so() -> None:
    done = archcalc("export", "deepseek_v3", "--to", "mermaid", "--depth", "all")
    assert done.returncode == 0
    assert done.stderr.startswith("note: Mermaid draws at most 500 edges")


@pytest.mark.parametrize("form", ["latex", "html"])
@pytest.mark.parametrize("args", [("summarize", "lenet5", "vgg16", "--totals"), ("zoo", "lenet"), ("devices",)])
def test_lists_are_tables_too(form: str, args: tuple[str, ...]) -> None:
    done = archcalc(*args, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    if form == "html":
        assert Cells(done.stdout).tags["table"] == 1
    else:
        _balanced(done.stdout)
