"""Every shipped spec is a test by being there: it keeps its promises, and says where it comes from."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers import net, spec

import archcalc
from archcalc import load, zoo
from archcalc.spec.files import read_text
from archcalc.spec.grammar import read
from archcalc.spec.library import SHIPPED, Library

if TYPE_CHECKING:
    from archcalc.api import Run

ROOT = Path(__file__).parent.parent
ENTRIES = list(zoo.entries())

#: What is not known of a node: the graph says what it sees.
FIELD = {"receptive_field", "effective_stride", "effective_padding"}

#: What people will type.
NAMES = [
    "mlp", "lenet5", "lenet5_1998", "neocognitron", "alexnet", "two_towers", "one_tower", "caffe_227", "vgg11",
    "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "googlenet", "inception_v3", "resnet18",
    "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "mobilenet_v1", "mobilenet_v2",
    "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4", "efficientnet_b5",
    "efficientnet_b6", "efficientnet_b7", "densenet121", "squeezenet1_0", "convnext_tiny", "fbnet", "unet",
    "autoencoder", "r3d_18", "conv_pool_fc", "nested", "alexnet#torchvision", "vgg#vgg11",
    "transformer_base", "transformer_big", "bert_base", "bert_large", "t5_base", "gpt2", "gpt2_medium", "gpt2_large", "gpt2_xl", "gpt3",
    "llama_7b", "llama_13b", "llama_33b", "llama_65b", "llama2_7b", "llama2_13b", "llama2_70b", "llama3_8b", "mistral_7b", "mixtral_8x7b",
    "deepseek_v2_236b", "deepseek_v2_lite", "deepseek_v3_671b",
    "vit_b_16", "vit_b_32", "vit_l_16", "swin_t", "swin_s", "swin_b", "detr", "sam_vit_b", "efficientvit",
    "rnn", "lstm", "gru", "bilstm", "seq2seq", "gcn", "gat",
]  # fmt: skip


def unexplained(run: Run) -> dict[str, set[str]]:
    """Give the figures that are not known, by row, but for what nodes of a graph see, and what is made of them."""
    rows, of_graph, found = list(run.rows()), set[int](), {}
    for row, step in zip(rows, run.network.steps(), strict=True):
        if step.op.family == "scatter" or of_graph.intersection(step.reads):
            of_graph.add(step.out)
        if missing := set(row.incomplete) - (FIELD if step.out in of_graph else set()):
            found[row.path] = missing
    return found


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_spec_keeps_its_promises(entry: zoo.Entry) -> None:
    run = load(entry.name).run()
    rows = list(run.rows())
    assert [warning.message for warning in run.warnings()] == []
    assert unexplained(run) == {}
    assert run.totals().params == sum(row.params for row in rows) > 0


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_spec_promises_something_and_says_where_it_is_from(entry: zoo.Entry) -> None:
    spec = load(entry.name)
    promised = {promise.expectation.key for promise in spec.promises}
    assert {"params", "output"} <= promised
    assert {"paper", "year", "url"} <= set(spec.meta)


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*")), ids=lambda path: path.name)
def test_every_file_in_specs_is_in_the_zoo(path: Path) -> None:
    assert path in {entry.path for entry in ENTRIES}


@pytest.mark.parametrize("name", NAMES)
def test_names_resolve(name: str) -> None:
    assert load(name).name


def test_what_nodes_of_a_graph_see_is_not_known_and_nothing_else_is_excused() -> None:
    last = [set(list(load(name).run().rows())[-1].incomplete) for name in ("gcn", "gat")]
    assert last == [FIELD, FIELD]
    beside = """
  - {name: nodes, graph_conv: {out: 5, edges: 9}}
  - {name: other, from: words, custom: {output: {n: 6, d: 5}}}
  - relu
  - add: [nodes, other]"""
    assert unexplained(spec(net(beside, "{words: {n: 6, d: 5}}")).run()) == {"other": FIELD, "relu_1": FIELD}


def test_short_files_stay_short() -> None:
    lines = {path.stem: path.read_text(encoding="utf-8").count("\n") for path in zoo.files()}
    assert lines["lenet5"] <= 12
    assert lines["resnet"] <= 60


def test_the_zoo_is_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {"specs": "archcalc/specs"}


def test_the_library_is_in_the_wheel() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    files = sorted(SHIPPED.glob("*.yaml"))
    assert files
    assert SHIPPED.parent == Path(archcalc.__file__).parent, "inside the package"
    assert build["targets"]["wheel"]["packages"] == ["archcalc"]
    assert not {"exclude", "only-include"} & {*build, *build["targets"]["wheel"]}


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_file_of_the_library_has_blocks_and_nothing_to_run(path: Path) -> None:
    borrowed = read(read_text(str(path)), Library(path.parent))
    assert borrowed.blocks
    assert borrowed.body == ()
