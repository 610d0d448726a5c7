"""Pages for the browser: what they are made of, and, where there is a Chromium, what they do in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from helpers import spec

from archcalc import load
from archcalc.cli import main
from archcalc.report.fold import blocks
from archcalc.report.page.network import network

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

#: Names that would be markup, end a script, turn the writing round, or leave an attribute.
HOSTILE = {
    "script": "</script><script>alert(1)</script>",
    "image": "<img/src=x/onerror=alert(1)>",
    "comment": "<!--<script>",
    "quotes": "\"'><svg/onload=alert(1)>",
    "entity": "&lt;b&gt;&amp;",
    "direction": "\u202egnp\u2066",
}
EMPTY = {"meta", "link", "input", "br", "wbr"}


class Page(HTMLParser):
    """A page as its elements; ends that do not match are refused."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.open = text, list[str]()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        assert len(given) == len(attrs), "an attribute twice"
        self.elements.append((tag, given))
        if tag not in EMPTY:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append((given, ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            given, before = self.scripts.pop()
            self.scripts.append((given, before + data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [given for name, given in self.elements if name == tag]

    def block(self, id_: str) -> Any:
        (found,) = (text for given, text in self.scripts if given.get("id") == id_)
        return json.loads(found)


Made: TypeAlias = "Callable[..., Page]"


@pytest.fixture
def page(tmp_path: Path) -> Made:
    def make(*args: str) -> Page:
        assert main(["report", *args, "-o", str(tmp_path / "page.html")]) == 0
        return Page((tmp_path / "page.html").read_text(encoding="utf-8"))

    return make


def hostile(text: str, folder: Path) -> str:
    """Write a spec that says something harmful wherever it may say what it likes."""
    name = re.sub(r"\s", "", text)  # names of layers and inputs have no spaces
    title, entry, given = json.dumps(text), json.dumps(name), json.dumps(f"{name}2")
    net = folder / "<b>'&\".yaml"
    net.write_text(
        f"name: {title}\nmeta: {{paper: {title}, url: {title}}}\ninput: {{{given}: [3, 8, 8]}}\nlayers:\n"
        f"  - {{conv: {{out: 4, kernel: 3, norm: batch}}, name: {entry}, expect: {{params: 1}}}}\n  - flatten\n  - linear: 2\n",
    )
    return str(net)


# ---- without a browser


@pytest.mark.parametrize("names", [("vgg16",), ("specs/resnet.yaml#resnet18",), ("lstm",), ("gpt2", "lenet5"), ("unet",)], ids=" ".join)
def test_the_data_of_a_page_are_the_contract(names: tuple[str, ...], page: Made, capsys: pytest.CaptureFixture[str]) -> None:
    made = page(*names)
    assert main(["summarize", *names, "--format", "json"]) == 0
    assert made.block("summary") == json.loads(capsys.readouterr().out)
    for one, shown in zip([made.block("summary")] if len(names) == 1 else made.block("summary"), made.block("shown"), strict=True):
        leaves = [line for line in shown["lines"] if "row" in line]
        assert [line["path"] for line in leaves] == [row["path"] for row in one["layers"]]
        assert all(line["formulas"] for line in leaves)
        assert [len(ranks) for ranks in shown["ranks"]] == [len(shown["lines"])] * len(shown["columns"])


def test_a_page_asks_for_nothing_and_allows_one_script(page: Made) -> None:
    made = page("resnet50", "vgg16")
    policy = next(given["content"] for given in made.all("meta") if given.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (script,) = (text for given, text in made.scripts if not given)
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
    assert {given.get("type") for given, _ in made.scripts} == {"application/json", None}
    for tag, given in made.elements:
        assert tag not in {"img", "iframe", "object", "embed", "base", "form", "audio", "video", "source", "image", "use"}
        assert not {key for key in given if key.startswith("on") or key in {"src", "srcset", "xlink:href", "background", "action"}}
        assert given.get("href", "#").startswith("#") or given == {"rel": "icon", "href": "data:,"}
    assert "@import" not in made.text
    assert set(re.findall(r"url\(([^)]*)\)", made.text)) <= {"#tip-0", "#tip-1"}
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|fetch\(|XMLHttp|localStorage", script)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_no_markup(name: str, page: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = HOSTILE[name]
    net = hostile(text, tmp_path)
    made, plain = page(net), page("lenet5")
    assert main(["summarize", net, "--format", "json"]) == 0
    assert made.block("summary") == json.loads(capsys.readouterr().out)
    assert len(made.scripts) == len(plain.scripts) == 3
    assert {tag for tag, _ in made.elements} <= {tag for tag, _ in plain.elements} | {"small", "wbr"}
    assert not {key for _, given in made.elements for key in given} & {"onerror", "onload", "src"}
    assert not {"<!--", "\u202e", "\u2066"} & set(re.findall(r"<!--|[\u202e\u2066]", made.text))


def test_names_stay_as_they_are_in_drawings(page: Made, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text('input: [3]\nlayers:\n  - {name: "#archcalc-tip", linear: 2}\n', encoding="utf-8")
    text = page(str(tmp_path / "net.yaml")).text
    assert ("#archcalc-tip" in text, 'id="tip-0"' in text, "url(#tip-0)" in text) == (True, True, True)
    assert "<title>#tip-0" not in text


def test_a_page_is_in_order(page: Made) -> None:
    made = page("resnet50", "lenet5")
    assert made.text.startswith('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">')
    levels = [int(tag[1]) for tag, _ in made.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    ids = [given["id"] for _, given in made.elements if "id" in given]
    assert len(ids) == len(set(ids))
    assert {given["href"][1:] for given in made.all("a")} | {given["for"] for given in made.all("label")} <= set(ids)
    assert {given["scope"] for given in made.all("th")} == {"row", "col"}
    assert all(given["type"] == "button" for given in made.all("button"))


def test_a_page_is_the_same_every_time(page: Made) -> None:
    assert page("mobilenet_v2").text == page("mobilenet_v2").text


@pytest.mark.parametrize("name", ["specs/resnet.yaml#resnet152", "vgg16"])
def test_a_page_is_no_larger_than_a_picture(name: str, page: Made) -> None:
    assert len(page(name).text.encode()) < 1_000_000


def test_what_is_too_much_is_left_out_and_said() -> None:
    run = spec("input: [3]\nlayers:\n" + "  - linear: 3\n" * 50 + "  - repeat: 50\n    layers: [linear: 3, relu]\n").run()
    whole = network("net", run)
    assert (whole.left_out, len(whole.layers)) == (0, 150)
    levels = network("net", run, enough=60)
    assert {block.level for block in levels.blocks} == {0}
    assert levels.left_out == 100
    assert levels.sums.layers == 150
    few = network("net", run, enough=10)
    assert len(few.layers) == 10
    assert few.left_out == 140
    assert not few.arithmetic.of


def test_networks_of_the_same_stages_are_drawn_alike(page: Made) -> None:
    def charts(*names: str) -> list[list[str]]:
        drawings = re.findall(r'<svg [^>]*class="chart".*?</svg>', page(*names).text)
        return [re.findall(r"<title>(.*?)[ :]", one) for one in drawings]

    deep, shallow = charts("resnet50")[0], charts("resnet152")[0]
    assert (len(deep), len(shallow)) == (20, 8)
    assert charts("resnet50", "resnet152") == [shallow] * 8
    assert charts("resnet50", "vgg16")[0] == deep, "others keep their own depth"


def test_blocks_hold_the_sums_of_what_is_below_them() -> None:
    found = load("resnet50").summary()
    every = list(blocks(found.layers, found.totals))
    assert [block.line.row for block in every if block.line.rows == 1] == list(found.layers)
    for level in range(3):
        inside: dict[int, list[int]] = {}
        for i, block in enumerate(every):
            if block.level == level:
                above = i
            elif block.level == level + 1:
                inside.setdefault(above, []).append(i)
        for i, below in inside.items():
            for figure in ("params", "macs", "activations"):
                assert getattr(every[i].line.row, figure) == sum(getattr(every[k].line.row, figure) for k in below)


def test_expectations_are_judged_where_the_file_speaks_of_the_same(page: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = tmp_path / "net.yaml"
    net.write_text("input: [3]\nlayers: [linear: 3]\nexpect: {params: 11, macs: 9}\n")
    made = page(str(net))
    assert "2 expectations. 1 of them does not hold." in made.text
    assert "params: expected 11, got 12" in made.text
    assert "params: expected 11" in capsys.readouterr().err
    assert "are not judged" in page(str(net), "--batch", "2").text


def test_a_convention_is_told(page: Made) -> None:
    made = page("lenet5", "--convention", "fvcore")
    assert made.block("summary")["convention"] == "fvcore"
    assert "formulas are those of the convention paper" in made.text
    assert not made.block("shown")[0]["formulas"]


def test_files_are_asked_for_and_replaced_at_one_stroke(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "lenet5"]) == 2
    assert "--output" in capsys.readouterr().err
    assert main(["report", "lenet5", "-o", "-"]) == 0
    Page(capsys.readouterr().out)
    old = tmp_path / "old.html"
    old.write_text("old")
    (tmp_path / "wrong.yaml").write_text("input: [3]\nlayers: [liner: 3]\n")
    assert main(["report", "lenet5", str(tmp_path / "wrong.yaml"), "-o", str(old)]) == 2
    assert old.read_text() == "old"


# ---- in a browser

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
)  # fmt: skip
PROGRAMS = [shutil.which(name) for name in ("chromium", "chromedriver")]


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    binary, driver = PROGRAMS
    if binary is None or driver is None:
        pytest.skip("needs Debian's chromium and chromium-driver")
    pytest.importorskip("selenium", reason="needs selenium")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=Service(driver)) as made:
        yield made


class Shown:
    """A page in a browser."""

    def __init__(self, chrome: Chrome, file: Path) -> None:
        self.chrome, self.file = chrome, file
        self.look(1280)
        self.log("browser")
        self.log("performance")
        chrome.get(file.as_uri())

    def look(self, width: int, scheme: str = "light", media: str = "") -> None:
        """Choose a width, and whether the system is light or dark."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def log(self, name: str) -> list[dict[str, Any]]:
        """Give what was logged since this was asked."""
        found: list[dict[str, Any]] = self.chrome.get_log(name)  # type: ignore[no-untyped-call]
        return found

    def run(self, script: str, *args: object) -> Any:
        return self.chrome.execute_script(f"return {script}", *args)

    def find(self, css: str) -> WebElement:
        return self.chrome.find_element("css selector", css)

    def press(self, css: str) -> None:
        self.chrome.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", self.find(css))
        self.find(css).click()

    def rows(self) -> list[str]:
        """Give the names of the lines of the first table, as they stand there."""
        found: list[str] = self.run("[...document.querySelectorAll('table.layers')[0].querySelectorAll('tbody tr[data-line]')].map("
                                    "row => row.querySelector('th bdi').textContent)")  # fmt: skip
        return found

    def column(self, k: int) -> list[int]:
        texts = self.run(f"[...document.querySelectorAll('table.layers tr[data-line]')].map(row => row.cells[{k}].textContent)")
        return [int(text.replace(",", "")) if text[:1].isdigit() else 0 for text in texts]

    def quiet(self) -> None:
        """Check that nothing was complained of, and that nothing but the page itself was asked for."""
        assert self.log("browser") == []
        events = (json.loads(entry["message"])["message"] for entry in self.log("performance"))
        asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
        assert {url for url in asked if not url.startswith("data:")} == {self.file.as_uri()}
        assert self.run("performance.getEntriesByType('resource').length") == 0


@pytest.fixture(scope="module")
def browse(chrome: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Shown]:
    def show(*specs: str) -> Shown:
        file = tmp_path_factory.mktemp("page") / "page.html"
        assert main(["report", *specs, "-o", str(file)]) == 0
        return Shown(chrome, file)

    return show


def test_tables_fold_and_unfold(browse: Callable[..., Shown]) -> None:
    shown = browse("resnet50")
    first = shown.rows()
    assert first[:4] == ["image", "conv_1", "max_pool_1", "stage[0]"]
    assert len(first) < 40
    shown.press(".unfold-all")
    summary = load("resnet50").summary()
    assert len(shown.rows()) == 1 + len(list(blocks(summary.layers, summary.totals)))
    shown.press(".fold-all")
    assert shown.rows() == ["image", "conv_1", "max_pool_1", *(f"stage[{i}]" for i in range(4)), "global_avg_pool_1", "linear_1"]
    fold = "tr[data-line='1'] button.fold"
    assert shown.find(fold).get_attribute("aria-expanded") == "false"
    shown.find(fold).send_keys("\ue007")  # Enter
    assert shown.rows()[1:5] == ["conv_1", "conv_1", "norm", "act"]
    assert shown.find(fold).get_attribute("aria-expanded") == "true"
    assert shown.run("document.activeElement === arguments[0]", shown.find(fold)), "the focus stays"
    shown.quiet()


def test_tables_sort_and_filter(browse: Callable[..., Shown]) -> None:
    shown = browse("vgg16")
    heading = "table.layers th[data-column='{}']"
    order = shown.rows()
    shown.press(heading.format(5) + " button")  # MACs
    assert shown.find(heading.format(5)).get_attribute("aria-sort") == "descending"
    assert (macs := shown.column(5)) == sorted(macs, reverse=True)
    assert shown.rows()[0] == "conv_2"
    shown.press(heading.format(5) + " button")
    assert shown.find(heading.format(5)).get_attribute("aria-sort") == "ascending"
    assert [n for n in shown.column(5) if n] == sorted(n for n in macs if n)
    shown.press(heading.format(5) + " button")
    assert shown.rows() == order
    assert shown.find(heading.format(5)).get_attribute("aria-sort") is None
    shown.press(heading.format(0) + " button")
    assert shown.rows() == sorted(order)
    assert shown.find(heading.format(0)).get_attribute("aria-sort") == "ascending"
    shown.press(".unsort")
    assert shown.rows() == order
    shown.find(".controls input").send_keys("Linear")
    assert shown.rows() == ["linear_1", "linear_2", "linear_3"]
    assert shown.find(".controls output").text == "3 of 56 lines"
    shown.find(".controls input").send_keys("?")
    assert shown.rows() == []
    shown.quiet()


def test_filters_find_what_is_folded_away(browse: Callable[..., Shown]) -> None:
    shown = browse("resnet50")
    shown.press(".fold-all")
    shown.find(".controls input").send_keys("shortcut")
    assert [name for name in shown.rows() if "shortcut" in name] == ["shortcut.conv_1"] * 4
    assert shown.rows()[:3] == ["stage[0]", "block[0].Bottleneck_1", "residual_1"]


def test_rows_show_their_arithmetic(browse: Callable[..., Shown], capsys: pytest.CaptureFixture[str]) -> None:
    shown = browse("lenet5")
    shown.press(".unfold-all")
    shown.press("tr[data-line='2'] button.tell")
    text = shown.find("tr.telling pre").text
    assert text.startswith("(c 1, h 32, w 32) -> (c 6, h 28, w 28)\n")
    assert main(["explain", "lenet5", "conv_1"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert all(" ".join(line.split()) in said for line in text.splitlines() if line.startswith(("params", "MACs", "FLOPs")))
    assert shown.find(".place").text == "specs/lenet5.yaml:6, in conv_1"
    shown.press("tr[data-line='2'] button.tell")
    assert not shown.run("document.querySelector('tr.telling')")
    shown.quiet()


def test_drawings_lead_to_rows(browse: Callable[..., Shown]) -> None:
    shown = browse("resnet50")
    shown.press(".fold-all")
    shown.find(".controls input").send_keys("linear")
    shown.press("figure.chart g[data-row='25']")
    name = shown.run("document.querySelector('tr.found').dataset.line")
    assert name == "25"
    assert shown.run("document.activeElement.closest('tr').dataset.line") == "25"
    assert shown.run("document.querySelector('tr.found').getBoundingClientRect().top > 0")
    shown.press(".fold-all")
    node = "figure.graph g.node[data-row='25']"
    shown.press(node)
    assert shown.run("document.querySelector('tr.found').dataset.line") == "25"
    every = set(shown.run("[...document.querySelectorAll('figure.graph [data-row]')].map(node => node.dataset.row)"))
    assert len(every) > 15
    shown.press("button.link[data-place]")
    assert shown.run("document.querySelector('tr.found').classList.contains('peak')")
    shown.quiet()


def test_drawings_say_what_they_show_by_pointer_and_by_keys(browse: Callable[..., Shown]) -> None:
    from selenium.webdriver import ActionChains

    shown = browse("vgg16")
    bar = shown.find("figure.chart g[data-row='4'] rect")
    shown.chrome.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", bar)
    ActionChains(shown.chrome).move_to_element(bar).perform()
    assert "conv_2" in shown.find("#tip").text
    assert "1,849,688,064" in shown.find("#tip").text
    assert shown.run("[...document.querySelectorAll('tr.lit')].map(row => row.dataset.line)") == ["4"]
    box = shown.find("figure.chart .scroll")
    box.send_keys("\ue015")  # down
    assert "conv_1" in shown.find("#tip").text
    box.send_keys("\ue015\ue015\ue007")
    assert shown.run("document.querySelector('tr.found th').textContent") == "max_pool_1"
    assert not shown.find("#tip").is_displayed()
    shown.quiet()


@pytest.mark.parametrize("name", HOSTILE)
def test_names_do_nothing(name: str, browse: Callable[..., Shown], tmp_path: Path) -> None:
    shown = browse(hostile(HOSTILE[name], tmp_path))
    shown.press(".unfold-all")
    shown.press("button.tell")
    assert shown.run("document.querySelectorAll('script').length") == 3
    assert not shown.run("document.querySelectorAll('img, main script, [onload], [onerror]').length")
    if name == "script":
        assert HOSTILE[name] in shown.find("h1").text
        assert HOSTILE[name] in shown.rows()
    shown.quiet()


def test_pages_may_not_run_anything_else(browse: Callable[..., Shown]) -> None:
    shown = browse("lenet5")
    shown.run("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))")
    shown.run("document.body.append(Object.assign(document.createElement('img'), {src: 'https://example.org/x.png'}))")
    assert shown.run("window.ran") is None
    assert len([entry for entry in shown.log("browser") if "Content Security Policy" in entry["message"]]) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("names", [("resnet50",), ("vgg16", "lenet5")], ids=" ".join)
def test_pages_are_seen_and_reached_by_all(names: tuple[str, ...], width: int, scheme: str, browse: Callable[..., Shown]) -> None:
    shown = browse(*names)
    shown.look(width, scheme)
    shown.press("button.fold")
    shown.press("button.tell")
    shown.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert shown.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    seen = base64.b64decode(shown.chrome.get_screenshot_as_base64())
    assert len(seen) > 20_000, "a page that is blank takes less"
    dark = shown.run("getComputedStyle(document.documentElement).backgroundColor") == "rgb(15, 19, 24)"
    assert dark == (scheme == "dark")
    assert violations(shown) == []
    shown.press("#theme")
    assert dark != (shown.run("getComputedStyle(document.documentElement).backgroundColor") == "rgb(15, 19, 24)")
    assert violations(shown, "color-contrast") == []
    shown.quiet()


def violations(shown: Shown, *rules: str) -> list[str]:
    """Ask axe what keeps people from using the page, by all its rules or by some."""
    shown.chrome.execute_script((files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8"))
    asked = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = shown.chrome.execute_async_script("axe.run(document, arguments[0]).then(arguments[1])", asked)
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


def test_tables_keep_their_first_column_in_sight(browse: Callable[..., Shown]) -> None:
    shown = browse("vgg16")
    shown.look(390)
    box = "document.querySelector('section.layers .scroll')"
    assert shown.run(f"{box}.scrollWidth > {box}.clientWidth")
    shown.run(f"{box}.scrollLeft = 300")
    left = "document.querySelector('table.layers tbody th').getBoundingClientRect().left"
    assert shown.run(f"{left} - {box}.getBoundingClientRect().left") == pytest.approx(0, abs=1)


def test_prints_have_all_and_nothing_to_press(browse: Callable[..., Shown]) -> None:
    shown = browse("vgg16")
    shown.look(1280, "dark", "print")
    shown.run("window.dispatchEvent(new Event('beforeprint'))")
    assert not shown.find("#theme").is_displayed()
    assert not shown.find(".controls").is_displayed()
    assert shown.run("document.querySelectorAll('details:not([open])').length") == 0
    box = "document.querySelector('section.layers .scroll')"
    assert shown.run(f"getComputedStyle({box}).overflow") == "visible"
    assert shown.run("getComputedStyle(document.querySelector('.layers thead th')).position") == "static"
    shown.run("window.dispatchEvent(new Event('afterprint'))")
    assert shown.run("document.querySelectorAll('details:not([open])').length") == 2
    pdf = base64.b64decode(shown.chrome.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    assert pdf.startswith(b"%PDF")
    shown.look(1280)


def test_pages_are_read_without_scripts(browse: Callable[..., Shown]) -> None:
    shown = browse("vgg16")
    shown.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    shown.chrome.get(shown.file.as_uri())
    shown.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "conv_13" in shown.find("table.layers").text
    assert not shown.find(".controls").is_displayed()
