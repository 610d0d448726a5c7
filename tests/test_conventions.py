"""Conventions against the tools themselves: every figure that nine of them give for 14 networks and 43 layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from helpers import calculate, net, recorded, rows, spec, wrong

from archcalc import load, zoo
from archcalc.conventions import known, reading
from archcalc.conventions import load as convention
from archcalc.conventions.convention import CAUSES, QUANTITIES
from archcalc.conventions.counting import Inventory
from archcalc.conventions.letters import LETTERS
from archcalc.conventions.seen import Sight
from archcalc.spec.diagnostics import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archcalc.api import Spec

RECORD = recorded("peers_golden.json.gz")
#: What the recording calls a tool -> our convention, and its figures -> our quantities.
TOOLS = {
    "torchinfo": ("torchinfo-1.8", {"macs": "macs", "params": "params"}),
    "torchinfo_main": ("torchinfo-main", {"macs": "macs", "params": "params"}),
    "fvcore": ("fvcore", {"flops": "macs", "params": "params"}),
    "ptflops_pt": ("ptflops-pytorch", {"macs": "macs", "params": "params"}),
    "ptflops_aten": ("ptflops-aten", {"macs": "macs", "params": "params"}),
    "thop": ("thop-0.1", {"macs": "macs", "params": "params"}),
    "uthop": ("thop-ultralytics-2.2", {"macs": "macs", "params": "params"}),
    "calflops": ("calflops-0.3", {"macs": "macs", "flops": "flops", "params": "params"}),
    "deepspeed": ("deepspeed", {"macs": "macs", "flops": "flops", "params": "params"}),
    "torchscan": ("torchscan-0.2", {"macs": "macs", "flops": "flops", "params": "params"}),
    "torchflop": ("paper", {"flops": "flops"}),
}
#: The network that was recorded: 28 pixels, padded to 32, and its fifth layer is dense.
LENET5 = """\
input: {image: [1, 28, 28]}
layers:
  - {conv: {out: 6, kernel: 5, padding: 2, act: tanh}}
  - avg_pool: 2
  - conv: {out: 16, kernel: 5, act: tanh}
  - avg_pool: 2
  - flatten
  - linear: {out: 120, act: tanh}
  - linear: {out: 84, act: tanh}
  - linear: 10
"""
MHA = "meta: {{mha: {way}}}\ninput: {{x: {{n: 10, d: 64}}}}\nlayers: [attention: {{heads: 4}}]\n"
MAPS, ROW, STEPS = "{image: [8, 4, 4]}", "{x: [16]}", "{x: {n: 5, d: 8}}"
MATRICES = "{a: {h: 2, n: 5, k: 4}, b: {h: 2, k: 4, m: 5}}"


def one(layers: str, given: str = MAPS) -> str:
    return f"input: {given}\nlayers: [{layers}]\n"


#: The layers that were recorded, as specs.
LAYERS = {
    "conv3x3_bias 3->8 s1p1 in8x8": one("conv: {out: 8, kernel: 3, padding: 1}", "{image: [3, 8, 8]}"),
    "conv3x3_nobias": one("conv: {out: 8, kernel: 3, padding: 1, bias: false}", "{image: [3, 8, 8]}"),
    "dwconv3x3 8ch nobias": one("depthwise_conv: {kernel: 3, padding: 1, bias: false}", "{image: [8, 8, 8]}"),
    "convT 8->4 k2s2 bias in4x4": one("conv_transpose: {out: 4, kernel: 2, stride: 2}"),
    "convT 8->4 k2s2 nobias": one("conv_transpose: {out: 4, kernel: 2, stride: 2, bias: false}"),
    "linear 16->8 bias (1,16)": one("linear: 8", ROW),
    "linear 16->8 nobias": one("linear: {out: 8, bias: false}", ROW),
    "linear3d 16->8 bias (1,5,16)": one("linear: 8", "{x: {n: 5, d: 16}}"),
    "bn2d affine eval 8x4x4": one("batch_norm"),
    "bn2d noaffine": one("batch_norm: {affine: false}"),
    "ln affine (5,16)": one("layer_norm", "{x: {n: 5, d: 16}}"),
    "gn affine 8x4x4": one("group_norm: 4"),
    "relu 8x4x4": one("relu"),
    "relu6": one("relu6"),
    "gelu": one("gelu"),
    "silu": one("silu"),
    "sigmoid": one("sigmoid"),
    "tanh": one("tanh"),
    "leakyrelu": one("leaky_relu"),
    "prelu": one("prelu: {shared: true}"),
    "softmax(dim1) 16": one("softmax", ROW),
    "maxpool2 8x4x4": one("max_pool: 2"),
    "avgpool2 8x4x4": one("avg_pool: 2"),
    "adaptiveavgpool1 8x4x4": one("adaptive_avg_pool: 1"),
    "upsample nearest x2 8x4x4": one("upsample: 2"),
    "upsample bilinear x2 8x4x4": one("upsample: {scale: 2, mode: bilinear}"),
    "dropout": one("dropout: 0.5"),
    "flatten": one("flatten"),
    "conv1x1 3->8 nobias + F.relu 4x4": one("{conv: {out: 8, kernel: 1, bias: false, act: relu}, impl: functional}", "{image: [3, 4, 4]}"),
    "res: conv3x3 8->8 nobias + x, 4x4": one("residual: [conv: {out: 8, kernel: 3, padding: 1, bias: false}]"),
    "matmul (1,2,5,4)x(1,2,4,5)": one("matmul: [a, b]", MATRICES),
    "@ matmul": one("{matmul: [a, b], impl: none}", MATRICES),
    "einsum": one("{matmul: [a, b], impl: fused}", MATRICES),
    "F.sdpa (1,2,5,4)": one(
        "{scaled_dot_product_attention: {heads: 2}, from: [q, k, v]}", "{q: {n: 5, d: 8}, k: {n: 5, d: 8}, v: {n: 5, d: 8}}"
    ),
    "MHA E64 H4 T10 need_weights=True": MHA.format(way="fast_path"),
    "MHA need_weights=False": MHA.format(way="fast_path"),
    "rnn 8->16 T5 1L": one("rnn: {hidden: 16}", STEPS),
    "lstm 8->16 T5 1L": one("lstm: {hidden: 16}", STEPS),
    "lstm 8->16 T5 2L bidir": one("lstm: {hidden: 16, layers: 2, bidirectional: true}", STEPS),
    "gru 8->16 T5 1L": one("gru: {hidden: 16}", STEPS),
    "embedding 100x16 T5": one("embedding: {vocab: 100, dim: 16}", "{ids: [5]}"),
    "tied emb+head 100x16 T5": one("{name: e, embedding: {vocab: 100, dim: 16}}, {tie: e, linear: {out: 100, bias: false}}", "{ids: [5]}"),
    "shared linear 16->16 x2": one("{name: a, linear: 16}, {tie: a, linear: 16}", ROW),
}
#: The same where the fast path was off.
SLOWLY = {
    "MHA E64 H4 T10 need_weights=True": MHA.format(way="explicit"),
    "MHA need_weights=False": MHA.format(way="sdpa"),
}
HOLDER = "the recording's wrapper has one parameter of its own, to be a module at all"
FUSED = "PyTorch's counter has no formula for the fused kernel; `paper` counts it as the same layer written out"
TIED = "two modules that share a table; a spec does not say whether code calls one module twice"
WEIGHTS = "attention's weights are averaged over its heads on the fast path, too; a spec tells that of `explicit` alone"
FUNCTIONS = ("matmul (1,2,5,4)x(1,2,4,5)", "@ matmul", "einsum", "F.sdpa (1,2,5,4)")
WEIGHTLESS = (
    "bn2d noaffine", "relu 8x4x4", "relu6", "gelu", "silu", "sigmoid", "tanh", "leakyrelu", "softmax(dim1) 16", "maxpool2 8x4x4",
    "avgpool2 8x4x4", "adaptiveavgpool1 8x4x4", "upsample nearest x2 8x4x4", "upsample bilinear x2 8x4x4", "dropout", "flatten",
)  # fmt: skip
#: Figures that differ: (layer, tool, figure) -> the tool's less ours, and why.
ODD: dict[tuple[str, str, str], tuple[int, str]] = {
    **{(name, tool, "params"): (1, HOLDER) for name in FUNCTIONS for tool in TOOLS if tool not in {"thop", "torchflop"}},
    **{(name, tool, "params"): (1, HOLDER) for name in WEIGHTLESS for tool in ("calflops", "deepspeed")},
    ("vit_b_16", "torchflop", "flops"): (-12_585_406_464, FUSED),
    ("MHA E64 H4 T10 need_weights=True", "torchflop", "flops"): (-353_280, FUSED),
    ("MHA need_weights=False", "torchflop", "flops"): (-353_280, FUSED),
    ("lstm 8->16 T5 1L", "torchflop", "flops"): (-15_360, FUSED),
    ("lstm 8->16 T5 2L bidir", "torchflop", "flops"): (-92_160, FUSED),
    ("MHA E64 H4 T10 need_weights=True", "torchscan", "flops"): (400, WEIGHTS),
    ("tied emb+head 100x16 T5", "torchinfo", "params"): (1600, TIED),
    ("tied emb+head 100x16 T5", "thop", "params"): (1600, TIED),
}
#: Recorded with ptflops' `count_functional` off: modules alone.
MODULES = {
    "alexnet#torchvision": 715_561_896, "vgg16": 15_503_523_304, "resnet18": 1_822_177_768, "resnet50": 4_121_925_096,
    "mobilenet_v2": 320_237_288,
}  # fmt: skip


class Case(NamedTuple):
    """A recorded network or layer, and how a spec says it."""

    name: str
    record: dict[str, Any]
    spec: str  #: a name of the zoo, or a text
    way: str = ""  #: of nn.MultiheadAttention, where the spec says another one

    @property
    def loaded(self) -> Spec:
        return spec(self.spec) if "\n" in self.spec else load(self.spec)


def cases() -> Iterator[Case]:
    ours = {"lenet5": LENET5, "alexnet": "alexnet#torchvision"}
    slow = RECORD["mha_fastpath_off"]
    yield from (Case(name, record, ours.get(name, name)) for name, record in RECORD["models"].items())
    yield from (Case(name, record, LAYERS[name]) for name, record in RECORD["layers"].items())
    yield Case("vit_b_16 slowly", slow["vit_b_16"], "vit_b_16", "sdpa")
    yield from (Case(f"{name} slowly", slow[name], text) for name, text in SLOWLY.items())


def inventory(loaded: Spec, way: str = "") -> Inventory:
    run = loaded.run()
    return Inventory.of(run.network, {**loaded.meta, "mha": way} if way else loaded.meta, run.settings.batch)


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_the_figures_of_the_tools(case: Case) -> None:
    made = inventory(case.loaded, case.way)
    for tool, (name, figures) in TOOLS.items():
        for figure, quantity in figures.items():
            told = case.record[tool][figure]
            partial, figure_told = isinstance(told, list), told[1] if isinstance(told, list) else told
            got = made.sum(convention(name), quantity)
            odd, _ = ODD.get((case.name, tool, figure), (0, ""))
            assert (figure_told - got.total, partial) == (odd, bool(got.unknown)), (tool, figure)


def test_what_is_recorded_is_compared() -> None:
    compared = [(case.name, tool, figure) for case in cases() for tool, (_, figures) in TOOLS.items() for figure in figures]
    assert set(RECORD["layers"]) == set(LAYERS)
    assert set(RECORD["mha_fastpath_off"]) == {"vit_b_16", *SLOWLY}
    assert set(ODD) <= set(compared)
    assert all(n for n, _ in ODD.values())
    reasons = [reason for _, reason in ODD.values()]
    assert {reason: reasons.count(reason) for reason in reasons} == {HOLDER: 68, FUSED: 5, TIED: 2, WEIGHTS: 1}
    assert (len(compared), len(compared) - len(ODD)) == (1440, 1364)


@pytest.mark.parametrize(("name", "total"), MODULES.items())
def test_modules_alone(name: str, total: int) -> None:
    assert inventory(load(name)).sum(convention("ptflops-pytorch-module"), "macs").total == total


EVERY = known()


def test_paper_comes_first_and_every_file_has_its_place() -> None:
    assert EVERY[0] == "paper"
    assert EVERY == reading.ORDER


@pytest.mark.parametrize("name", EVERY)
def test_a_convention_says_whose_it_is(name: str) -> None:
    made = convention(name)
    assert made.tool
    assert made.url.startswith("https://")
    assert made.version or name == "paper"
    assert set(made.figures) <= set(QUANTITIES)
    assert set(made.rules) <= {*made.figures, "macs"}


def test_no_letter_cause_or_quirk_is_idle() -> None:
    rules = [rule for name in EVERY for of in convention(name).rules.values() for rule in of.values() if rule]
    used = {use.name for rule in rules for expression in rule.terms.values() for use in expression.uses}
    assert used == set(LETTERS)
    causes = {cause for rule in rules for cause in rule.terms} | {"no rule"}
    assert causes - {quirk for name in EVERY for quirk in convention(name).quirks} == set(CAUSES)
    for name in EVERY:
        assert not set(convention(name).quirks) & set(CAUSES)


@pytest.mark.parametrize("name", zoo.names())
def test_causes_add_up_and_paper_as_data_is_paper_as_code(name: str) -> None:
    loaded, base = load(name), convention("paper")
    made, totals = inventory(loaded), loaded.summary().totals
    assert [made.sum(base, quantity).total for quantity in QUANTITIES] == [totals.macs, totals.flops, totals.params]
    for one in map(convention, EVERY):
        for quantity in one.figures:
            mine, theirs = made.sum(one, quantity), made.sum(base, quantity)
            assert sum(made.difference(one, base, quantity).values()) == mine.total - theirs.total
            assert not theirs.unknown


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("network", ["lenet5_1998", "efficientnet_b0", "vit_b_16", "swin_t", "lstm", "gat", "sam_vit_b"])
def test_rows_add_up_to_the_inventory(network: str, name: str) -> None:
    made, one = load(network).summary(convention=name, batch=3), convention(name)
    counted = Inventory.of(load(network).run().network, load(network).meta, 3)
    for quantity in QUANTITIES:
        found = counted.sum(one, quantity)
        assert getattr(made.totals, quantity) == found.total == sum(getattr(row, quantity) for row in made.layers)
        assert (quantity in made.totals.incomplete) == bool(found.unknown) == any(quantity in row.incomplete for row in made.layers)
    assert made.totals.params == made.totals.trainable + made.totals.frozen == sum(row.trainable + row.frozen for row in made.layers)
    assert made.header.convention == name


def test_the_batch_multiplies_work_alone() -> None:
    one, many = (load("vit_b_16").summary(convention="thop-0.1", batch=n).totals for n in (1, 8))
    assert (many.macs, many.flops, many.params) == (8 * one.macs, 8 * one.flops, one.params)


def test_what_keras_counts() -> None:
    totals = load("resnet50").summary(convention="keras").totals
    assert (totals.params, totals.trainable, totals.frozen) == (25_557_032 + 53_120, 25_557_032, 53_120)
    assert totals.incomplete == ("macs", "flops")


def test_what_has_no_rule_is_not_known() -> None:
    made = rows(net("  - {name: c, conv: {out: 8, kernel: 3, act: silu}}"), convention="torchscan-0.2")
    assert made["c.act"].incomplete == ("macs", "flops")
    assert not made["c"].incomplete
    totals = calculate(net("  - conv: {out: 8, kernel: 3, act: silu}"), convention="torchscan-0.2").totals
    assert totals.incomplete == ("macs", "flops")
    assert totals.macs == 30 * 30 * 8 * 27


def test_what_several_calculators_do_not_know_is_put_together() -> None:
    text = net("  - conv_transpose: {out: 3, kernel: 3, stride: 5000}\n  - silu", "{image: [3, 2, 2]}")
    row = calculate(text, convention="torchscan-0.2").layers[-1]
    assert {"macs", "flops", "receptive_field"} <= set(row.incomplete)


def test_strictly_that_is_an_error_which_says_where() -> None:
    text = net("  - conv: {out: 8, kernel: 3, act: silu}\n  - {repeat: 3, layers: [gelu]}\n  - relu")
    found = wrong(text, convention="torchscan-0.2", strict=True)
    assert found.codes == ["E613", "E613"]
    assert [found.at(i) for i in (0, 1)] == ["conv", "gelu"]
    assert "torchscan-0.2 has no rule for `act:silu`" in found.words()
    assert calculate(text, convention="fvcore", strict=True).totals.macs
    assert calculate(text, strict=True).totals.macs


def test_an_unknown_convention_is_refused() -> None:
    found = wrong(net("  - relu"), convention="thopp-0.1")
    assert found.codes == ["E610"]
    assert "did you mean `thop-0.1`?" in found.words()


def test_expectations_speak_of_paper() -> None:
    assert load("resnet50").summary(convention="thop-0.1").warnings == ()


def impls(text: str) -> dict[str, tuple[str, bool, str, str]]:
    """Say how each operation is seen: by which call, whether in attention, by which way of it, and how that multiplies."""
    loaded = spec(text)
    network = loaded.run().network
    sight = Sight(network, loaded.meta)
    found = {step.path: sight(step) for step in network.steps()}
    return {path: (one.impl, one.attention, one.mha, one.products) for path, one in found.items()}


def test_beside_a_dressed_layer_impl_speaks_of_the_activation() -> None:
    made = impls(net("  - {name: c, conv: {out: 8, kernel: 3, norm: batch, act: relu}, impl: functional}\n  - {relu: , impl: functional}"))
    assert [made[path][0] for path in ("c", "c.norm", "c.act", "relu_1")] == ["module", "module", "functional", "functional"]


def test_kinds_that_code_calls_as_functions_throughout() -> None:
    head = "meta: {functional: 'relu, avg_pool'}\n"
    made = impls(net("  - {name: c, conv: {out: 8, kernel: 3, act: relu}}\n  - avg_pool: 2\n  - max_pool: 2", head=head))
    assert [made[path][0] for path in ("c", "c.act", "avg_pool_1", "max_pool_1")] == ["module", "functional", "functional", "module"]


@pytest.mark.parametrize(
    ("meta", "impl", "seen"),
    [
        ("", "module", ("module", True, "", "sdpa")),
        ("", "fused", ("fused", True, "", "sdpa")),
        ("", "functional", ("functional", True, "", "matmul")),
        ("meta: {mha: fast_path}\n", "module", ("module", True, "fast_path", "fast_path")),
        ("meta: {mha: sdpa}\n", "module", ("module", True, "sdpa", "sdpa")),
        ("meta: {mha: explicit}\n", "module", ("module", True, "explicit", "matmul")),
        ("meta: {mha: explicit}\n", "functional", ("functional", True, "", "matmul")),
    ],
)
def test_how_attention_is_written(meta: str, impl: str, seen: tuple[str, bool, str, str]) -> None:
    made = impls(net(f"  - {{name: a, attention: {{heads: 4}}, impl: {impl}}}\n  - linear: 8", "{x: {n: 10, d: 64}}", meta))
    assert [one for path, one in made.items() if path.startswith("a.")] == [seen] * 7
    assert made["linear_1"] == ("module", False, "", "")


def test_there_is_no_other_way_of_attention() -> None:
    found = wrong(net("  - relu", head="meta: {mha: fast}\n"), convention="fvcore")
    assert found.codes == ["E612"]
    assert calculate(net("  - relu", head="meta: {mha: fast}\n")).totals.layers == 1


def test_the_most_specific_rule_wins() -> None:
    network = spec(net("  - batch_norm\n  - layer_norm: {axis: 0}\n  - relu")).run().network
    sight = Sight(network)
    batch, layer, relu = (sight(step) for step in network.steps())
    every = convention("torchscan-0.2").rules["macs"]
    rules = {"norm:batch": every["norm:batch"], "norm": every["conv"], "*": every["linear"]}
    made = replace(convention("fvcore"), rules={"macs": rules})
    assert [made.rule("macs", one) for one in (batch, layer, relu)] == list(rules.values())


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("conv: {convolutions: 2*mac}", "unknown name `mac`"),
        ("conv: {convolution: macs}", "`convolution` is neither a cause nor a quirk"),
        ("conv: {convolutions: 2 macs}", "is not an expression"),
    ],
)
def test_a_rule_that_can_not_be_read(rule: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text(f"tool: mine\nfigures: {{macs: MACs}}\nrules: {{macs: {{{rule}}}}}\n", encoding="utf-8")
    monkeypatch.setattr(reading, "FOLDER", tmp_path)
    with pytest.raises(SpecError) as caught:
        convention.__wrapped__("mine")
    assert caught.value.diagnostics[0].code == "E611"
    assert said in str(caught.value)


@pytest.mark.parametrize(("term", "code"), [("macs / 11", "E305"), ("macs / 0", "E305")])
def test_a_count_that_can_not_be(term: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text(f"figures: {{macs: MACs}}\nrules: {{macs: {{conv: {{convolutions: {term}}}}}}}\n", encoding="utf-8")
    monkeypatch.setattr(reading, "FOLDER", tmp_path)
    made = convention.__wrapped__("mine")
    monkeypatch.undo()
    with pytest.raises(SpecError) as caught:
        inventory(spec(net("  - conv: {out: 64000, kernel: 5}"))).sum(made, "macs")
    assert caught.value.diagnostics[0].code == code
    assert "convention mine, `conv`" in str(caught.value)


def test_each_token_meets_the_bias_of_its_own_expert() -> None:
    text = net("  - {experts: [linear: 16], count: 8, active: 2, router: false}", "{x: {n: 5, d: 16}}")
    made = inventory(spec(text)).sum(convention("ptflops-aten"), "macs")
    assert made.causes == {"dense layers": 5 * 2 * 16 * 16, "bias": 5 * 2 * 16}
