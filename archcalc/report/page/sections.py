"""What stands on a page before any script runs: figures, expectations, charts, and a table to be filled."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.drawing.svg import svg as picture
from archcalc.report.charts import CHARTS
from archcalc.report.charts.svg import svg
from archcalc.report.columns import UNKNOWN, plain
from archcalc.report.numbers import thousands
from archcalc.report.page.data import COLUMNS_SHOWN
from archcalc.report.page.markup import Markup, tag
from archcalc.report.totals import facts, origin, setting, spec_name
from archcalc.report.verdicts import plural
from archcalc.report.view import told
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.expectations import Outcome
    from archcalc.report.charts import Chart
    from archcalc.report.page.network import Network
    from archcalc.report.totals import Fact

__all__ = ["compared", "section"]

#: Copies that are drawn as one.
COPIES = re.compile(r"\[(\d+)\.\.\d+\]")
#: How many times the most of one network may be that of another, for their bars to be drawn at one scale.
APART = 20
#: The width that charts are drawn for, two beside each other.
WIDTH = 480


def section(network: Network, i: int, *, alone: bool) -> Markup:
    """Write all of a network; what is compared elsewhere is left out where it is not alone."""
    parts = [
        ("Totals", [_figures(network), *_sums(network)]),
        ("Expectations", list(_expectations(network))),
        ("Charts", _charts([network]) if alone else []),
        ("Layers", list(_layers(network, i))),
        ("Graph", list(_graph(network, i))),
    ]
    below = "h2" if alone else "h3"
    inside = [tag("section", tag(below, title), *written, class_=title.lower()) for title, written in parts if written]
    head = [] if alone else [tag("h2", network.name), about(network)]
    return tag("article", *head, *inside, id=f"network-{i}")


def about(network: Network) -> Markup:
    """Say where a network comes from, and what its figures are of."""
    lines = [visible(spec_name(network.header)), origin(network.header), setting(network.header)]
    return tag("p", *_joined([tag("bdi", line) for line in lines if line], tag("br")), class_="about")


def _joined(parts: Sequence[str], between: Markup) -> Iterator[str]:
    for i, part in enumerate(parts):
        yield from (between, part) if i else (part,)


# ---- figures


def _figures(network: Network) -> Markup:
    return tag("dl", *(_figure(network, fact) for fact in facts(network.header, network.sums)))


def _figure(network: Network, fact: Fact) -> Markup:
    short = fact.short or (fact.remark.partition(" (")[0] if fact.number.endswith(" B") else "")
    exact = [tag("dd", fact.number, class_="exact")] if short not in {"", fact.number} else []
    remark = [tag("dd", fact.remark, class_="remark")] if fact.remark else []
    path = [tag("dd", _link(network, network.sums.peak_at), class_="remark")] if fact.path else []
    return tag("div", tag("dt", fact.label.strip()), tag("dd", short or fact.number, class_="figure"), *exact, *remark, *path)


def _link(network: Network, path: str) -> Markup:
    """Write the path of a line as a button that goes there."""
    name, place = tag("bdi", *_joined(visible(path).replace(".", ".\n").split("\n"), tag("wbr"))), network.places.get(path)
    return name if place is None else tag("button", name, type="button", class_="link", data_place=place, title="Show it in the table")


def _sums(network: Network) -> Iterator[Markup]:
    """Show how the totals add up."""
    if network.arithmetic.totals:
        yield tag("details", tag("summary", "How they add up"), _text(network.arithmetic.totals, "Arithmetic of the totals"))


def _text(lines: Sequence[str], label: str) -> Markup:
    return tag("pre", "\n".join(lines), tabindex=0, role="group", aria_label=label)


def compared(networks: Sequence[Network]) -> Markup:
    """Write the totals of networks beside each other, and their charts."""
    found = [{fact.label.strip(): fact for fact in facts(one.header, one.sums)} for one in networks]
    labels = list(dict.fromkeys(label for some in found for label in some))
    names = [tag("th", tag("a", one.name, href=f"#network-{i}"), scope="col") for i, one in enumerate(networks)]
    head = tag("tr", tag("th", "Figure", scope="col"), *names)
    body = [tag("tr", tag("th", label, scope="row"), *(_cell(some.get(label)) for some in found)) for label in labels]
    box = _scrolling(tag("table", tag("thead", head), tag("tbody", *body), class_="compared"), "Totals side by side")
    return tag(
        "div", tag("section", tag("h2", "Side by side"), box), tag("section", tag("h2", "Charts"), *_charts(networks), class_="charts")
    )  # fmt: skip


def _cell(fact: Fact | None) -> Markup:
    if fact is None:
        return tag("td", "–")
    more = [text for text in (fact.short, "" if fact.short else fact.remark) if text]
    return tag("td", fact.number, *(tag("small", text) for text in more))


def _scrolling(table: Markup, label: str) -> Markup:
    """Let a table scroll in a box of its own, by keys too."""
    return tag("div", table, class_="scroll", tabindex=0, role="group", aria_label=label)


# ---- expectations


def _expectations(network: Network) -> Iterator[Markup]:
    """Say what is expected of a network, first what does not hold."""
    if network.changed:
        yield tag("p", "The file's expectations speak of another setting than this one, and are not judged.", class_="note")
    outcomes = sorted(network.outcomes, key=lambda one: one.held)
    if outcomes:
        missed = sum(not one.held for one in outcomes)
        verdict = f"{thousands(missed)} of them do{'es' if missed == 1 else ''} not hold." if missed else "All hold."
        yield tag("p", f"{plural(len(outcomes), 'expectation')}. {verdict}")
        head = tag("tr", *(tag("th", name, scope="col") for name in ("Verdict", "Of", "Figure", "Expected", "Is")))
        table = tag("table", tag("thead", head), tag("tbody", *(_outcome(network, one) for one in outcomes)))
        yield tag("details", tag("summary", "Each of them"), _scrolling(table, "Expectations"), open=bool(missed))


def _outcome(network: Network, one: Outcome) -> Markup:
    verdict = tag("td", "✓ holds" if one.held else "✗ does not hold", class_="held" if one.held else "missed")
    got = UNKNOWN if one.got is None else thousands(one.got) if isinstance(one.got, int) else plain(one.got)
    said = [] if one.held else [tag("small", visible(one.diagnostic.message))]
    expected = thousands(int(one.expected)) if re.fullmatch(r"[0-9]{1,99}", one.expected) else visible(one.expected)
    of = _link(network, one.path) if one.path else "the network"
    return tag("tr", verdict, tag("td", of), tag("td", one.key), tag("td", expected), tag("td", got, *said))


# ---- charts


def _charts(networks: Sequence[Network]) -> list[Markup]:
    """Draw the charts of networks, those of one kind beside each other; of networks with the same stages, as deep as the shallowest."""
    depths = [one.depth for one in networks]
    if len({tuple(block.line.row.path for block in one.unfolded(1)) for one in networks}) == 1:
        depths = [min(depths)] * len(networks)
    drawn = [(i, one, charts) for i, one in enumerate(networks) if (charts := one.charts(depths[i]))]
    return [tag("div", *_row([(i, one, charts[k]) for i, one, charts in drawn]), class_="row") for k in range(len(CHARTS)) if drawn]


def _row(drawn: Sequence[tuple[int, Network, Chart]]) -> Iterator[Markup]:
    """Draw charts of one kind, at one scale if the bars of all are seen at it."""
    charts = [chart for _, _, chart in drawn]
    limits = {chart.limit for chart in charts}
    most, least = max(chart.most for chart in charts), min(chart.most for chart in charts)
    shared = len(limits) == 1 and (None not in limits or most <= least * APART)
    if len(charts) > 1:
        yield tag("p", f"{charts[0].title}: " + ("at one scale" if shared else "each at its own scale"), class_="note")
    for i, network, one in drawn:
        yield _chart(replace(one, scale=most if shared and None in limits else None), network, i, charts)


def _chart(chart: Chart, network: Network, i: int, beside: Sequence[Chart]) -> Markup:
    name = [tag("figcaption", network.name)] if len(beside) > 1 else []
    bars = Markup(svg(chart, ids=_ids(network), width=WIDTH, beside=beside))
    return tag("figure", *name, _followed(bars, chart.title, "bars"), class_="chart", data_network=i)


def _graph(network: Network, i: int) -> Iterator[Markup]:
    if network.graph is not None:
        # one mark for the ends of edges to a page is not enough: each drawing has its own, by another name
        nodes = picture(network.graph, ids=_ids(network), tip=f"tip-{i}")
        yield tag("figure", _followed(Markup(nodes), f"Graph of {network.name}", "nodes"), class_="graph", data_network=i)


def _ids(network: Network) -> dict[str, str]:
    """Give paths the places of their lines; of copies that are drawn as one, that of the first."""
    graph = network.graph.nodes if network.graph else ()
    known = {path: str(place) for path, place in network.places.items()}
    return known | {node.path: known.get(COPIES.sub(r"[\1]", node.path), "") for node in graph if node.path not in known}


def _followed(drawing: Markup, title: str, what: str) -> Markup:
    """Let what is drawn be followed to rows, by keys too."""
    told = f"{title}. Arrow keys move along the {what}, Enter goes to a row."
    return tag("div", drawing, class_="scroll", tabindex=0, role="group", aria_label=told)


# ---- layers


def _layers(network: Network, i: int) -> Iterator[Markup]:
    """Write what the table is filled by and shown with, and the table itself; without scripts, the lines that are there at first."""
    yield _controls(i)
    head = tag("tr", *(_heading(k) for k in range(len(COLUMNS_SHOWN))))
    caption = tag("caption", f"Layers of {network.name}", class_="unseen")
    table = tag("table", caption, tag("thead", head), tag("tbody", *_still(network)), class_="layers")
    yield _scrolling(table, f"Layers of {network.name}")
    yield from (tag("p", text, class_="note") for text in _notes(network))


def _controls(i: int) -> Markup:
    """Write what shapes the table."""
    field = tag("input", type="search", placeholder="path or type", id=f"filter-{i}", autocomplete="off")
    return tag(
        "div",
        tag("label", "Filter ", field, for_=f"filter-{i}"),
        tag("button", "Fold all", type="button", class_="fold-all"),
        tag("button", "Unfold all", type="button", class_="unfold-all"),
        tag("button", "Network order", type="button", class_="unsort", disabled=True),
        tag("output", for_=f"filter-{i}"),
        class_="controls",
        hidden=True,
    )  # fmt: skip


def _heading(k: int) -> Markup:
    column = COLUMNS_SHOWN[k]
    return tag("th", column.title, scope="col", data_column=k, class_="right" if column.right else None)


def _still(network: Network) -> Iterator[Markup]:
    """Write the lines that are there at first, for whoever runs no scripts."""
    for block in (*(one for one in network.blocks if one.line.input), *network.shown):
        line = block.line
        cells = [told(column, line) for column in COLUMNS_SHOWN[1:]]
        sides = ["right" if column.right else None for column in COLUMNS_SHOWN[1:]]
        name = tag("th", tag("bdi", visible(line.row.path)), scope="row")
        figures = (tag("td", cell, class_=side) for cell, side in zip(cells, sides, strict=True))
        yield tag("tr", name, *figures, class_="peak" if line.peak else None)


def _notes(network: Network) -> Iterator[str]:
    """Say what the page leaves out, and what the letters of formulas mean."""
    spec = visible(network.spec)
    if network.left_out:
        yield f"{thousands(network.left_out)} of {thousands(network.sums.layers)} rows are left out of this page; the totals are of all."
    if network.graph is None:
        yield "There are too many lines here to be drawn."
    if network.header.convention != "paper":
        yield f"The formulas are those of the convention paper: archcalc explain {spec}"
    elif len(network.arithmetic.of) < network.sums.layers:
        yield f"Rows have their arithmetic as far as there is room; archcalc explain {spec} PATH gives it of any."
    yield from network.arithmetic.legend
