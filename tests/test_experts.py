"""Experts: what a mixture holds and computes, against its body alone; where it may stand, and what is said of one that can't be."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from helpers import calculate, net, refused, rows, spec, wrong
from hypothesis import given
from hypothesis import strategies as st

from archcalc import load
from archcalc.calculators.parameters import active_params

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.api import Run
    from archcalc.report.result import Row, Summary

TOKENS = "{x: {n: 5, d: 8}}"
BODY = "experts: [linear: {out: 16, act: relu}, linear: 8], count: 4, active: 2"
OF_BODY = 8 * 16 + 16 + 16 * 8 + 8  #: parameters of that body
OF_ROUTER = 8 * 4
MIXTRAL = dedent("""\
    vars: {d: 4096, heads: 32, kv_heads: 8, ff: 14336, vocab: 32000, experts: 8, active: 2}
    input: {tokens: {seq: 1}}
    blocks:
      SwiGLU:
        args: {hidden: int}
        vars: {width: x.d}
        layers:
          - branches: {gate: [linear: {out: hidden, bias: false, act: silu}], up: [linear: {out: hidden, bias: false}]}
            merge: multiply
          - linear: {out: width, bias: false}
    layers:
      - embedding: {vocab: vocab, dim: d}
      - name: layer
        repeat: 32
        layers:
          - residual: [rms_norm, attention: {heads: heads, kv_heads: kv_heads, rotary: true, causal: true, bias: false, window: 4096}]
          - residual: [rms_norm, {experts: [SwiGLU: ff], count: experts, active: active}]
      - rms_norm
      - linear: {out: vocab, bias: false}
""")


def mixture(entry: str, head: str = "", given_: str = TOKENS) -> dict[str, Row]:
    """Run one entry that is a mixture of experts."""
    return rows(net(f"  - {{{entry}}}", given_, head))


def params(made: dict[str, Row]) -> dict[str, int]:
    return {path: row.params for path, row in made.items() if row.params}


def active(run: Run) -> int:
    """Count the parameters that one token meets."""
    return sum(map(active_params, run.network.steps()))


def met(entry: str, head: str = "", given_: str = TOKENS) -> int:
    return active(spec(net(f"  - {{{entry}}}", given_, head)).run())


# what a mixture is


def test_rows_of_a_mixture() -> None:
    made = mixture(f"{BODY}, shared: [linear: 8]")
    assert {path: (row.type, row.output) for path, row in made.items()} == {
        "experts_1.router": ("linear", (5, 4)),
        "experts_1.router.softmax": ("softmax", (5, 4)),
        "experts_1.dispatch": ("dispatch", (10, 8)),
        "experts_1.linear_1": ("linear", (10, 16)),
        "experts_1.linear_1.act": ("relu", (10, 16)),
        "experts_1.linear_2": ("linear", (10, 8)),
        "experts_1.combine": ("combine", (5, 8)),
        "experts_1.shared.linear_1": ("linear", (5, 8)),
        "experts_1.add": ("add", (5, 8)),
    }
    assert made["experts_1.dispatch"].inputs == ((5, 8), (5, 4)), "scores say where a token goes"
    assert made["experts_1.combine"].inputs == ((10, 8), (5, 4)), "and weigh what comes back"
    assert made["experts_1.shared.linear_1"].inputs == ((5, 8),), "what is shared reads all tokens once"


def test_parameters_macs_and_activations() -> None:
    made = calculate(net(f"  - {{{BODY}}}", TOKENS)).totals
    assert made.params == 4 * OF_BODY + OF_ROUTER
    assert made.macs == 2 * 5 * (8 * 16 + 16 * 8) + 5 * OF_ROUTER
    assert made.activations == 5 * 8 + 5 * 4 + 2 * 5 * (8 + 16 + 8) + 5 * 8, (
        "input, scores, copies, hidden and outputs of each, and their sum"
    )


def test_a_mixture_without_a_router() -> None:
    made = mixture(f"{BODY}, router: false")
    assert list(made) == [f"experts_1.{role}" for role in ("dispatch", "linear_1", "linear_1.act", "linear_2", "combine")]
    assert sum(row.params for row in made.values()) == 4 * OF_BODY
    assert sum(row.macs for row in made.values()) == 2 * 5 * (8 * 16 + 16 * 8)
    assert made["experts_1.dispatch"].inputs == ((5, 8),)


@pytest.mark.parametrize(
    ("router", "head", "there"),
    [
        ("true", "", True),
        ("false", "", False),
        ("count > 3", "vars: {count: 4}\n", True),
        ("count > 4", "vars: {count: 4}\n", False),
        ("not x.d == 8", "", False),
    ],
)
def test_whether_there_is_a_router(router: str, head: str, there: bool) -> None:  # noqa: FBT001 - a table
    assert ("experts_1.router" in mixture(f"{BODY}, router: {router}", head)) is there


@pytest.mark.parametrize(
    ("shared", "extra"),
    [
        ("[]", 0),
        ("[linear: 8]", 72),
        ("[linear: x.d]", 72),
        ("[linear: 24, linear: 8]", 8 * 24 + 24 + 24 * 8 + 8),
        ("[{repeat: 2, linear: 8}]", 2 * 72),
        ("[{if: false, linear: 8}]", 0),
        ("[relu]", 0),
    ],
)
def test_what_is_shared_is_there_once(shared: str, extra: int) -> None:
    made = calculate(net(f"  - {{{BODY}, shared: {shared}}}", TOKENS)).totals
    assert made.params == 4 * OF_BODY + OF_ROUTER + extra


@pytest.mark.parametrize("body", ["", "[]", "[{if: false, linear: 8}]", "[{repeat: 0, linear: 8}]", "[identity]", "[relu]"])
def test_a_body_that_holds_nothing(body: str) -> None:
    made = calculate(net(f"  - {{experts: {body}, count: 4, active: 2}}", TOKENS))
    assert made.totals.params == OF_ROUTER
    assert made.outputs == {"experts_1": (5, 8)}


@pytest.mark.parametrize(
    ("told", "head", "count", "active"),
    [
        ("count: 4, active: 4", "", 4, 4),
        ("count: 1, active: 1", "", 1, 1),
        ("count: 2 * k, active: k // 2", "vars: {k: 4}\n", 8, 2),
        ("count: x.n, active: x.n - 1", "", 5, 4),
        ('count: "max(k, 6)", active: "min(k, 6)"', "vars: {k: 4}\n", 6, 4),
        ('count: "8", active: "2"', "", 8, 2),
        ("count: n, active: 1", "", 5, 1),
        ("count: 6 / 2, active: 1", "", 3, 1),
    ],
)
def test_how_many_may_be_an_expression(told: str, head: str, count: int, active: int) -> None:
    made = mixture(f"experts: [linear: 8], {told}", head)
    assert made["experts_1.router"].output == (5, count)
    assert made["experts_1.linear_1"].params == count * 72
    assert made["experts_1.linear_1"].output == (5 * active, 8)


def test_how_many_may_be_set() -> None:
    text = net("  - {experts: [linear: 8], count: k, active: a}", TOKENS, "vars: {k: 4, a: 2}\n")
    assert calculate(text, sets={"k": 16}).totals.params == 16 * (72 + 8)
    assert calculate(text, sets={"a": 3}).totals.macs == 3 * 5 * 64 + 5 * 8 * 4
    assert calculate(text, sets={"a": 3}).totals.params == calculate(text).totals.params


@pytest.mark.parametrize(
    "given_",
    [
        "{x: {n: 5, d: 8}}",
        "[5, 8]",
        "{x: {seq: 5, d: 8}}",
        "{x: {n: 5, width: 8}}",
        "{x: {sets: 5, K: 8}}",
        "{x: {experts: 5, sets: 8}}",
        "{x: {a: 1, b: 5, d: 8}}",
    ],
)
def test_tokens_are_all_axes_but_the_last(given_: str) -> None:
    made = calculate(net(f"  - {{{BODY}}}", given_))
    assert made.totals.params == 4 * OF_BODY + OF_ROUTER
    assert made.totals.macs == 2 * 5 * (8 * 16 + 16 * 8) + 5 * OF_ROUTER
    assert made.layers[-1].output == made.layers[0].inputs[0], "the shape stays"


def test_buffers_of_each_expert() -> None:
    turned = "[rearrange: n c -> c n, batch_norm, rearrange: c n -> n c]"
    made = mixture(f"experts: {turned}, count: 3, active: 2", given_="{x: {n: 5, c: 8}}")
    assert (made["experts_1.batch_norm_1"].params, made["experts_1.batch_norm_1"].buffers) == (3 * 16, 3 * (16 + 1)), "each has a counter"
    centres = mixture("experts: [rbf: 6], count: 3, active: 2")["experts_1.rbf_1"]
    assert (centres.params, centres.buffers) == (0, 3 * 6 * 8)
    declared = mixture("experts: [custom: {output: [10, 8], params: 5, buffers: 7, macs: 11}], count: 3, active: 2")["experts_1.custom_1"]
    assert (declared.params, declared.buffers, declared.macs) == (15, 21, 11)


def test_experts_in_experts() -> None:
    inner = "{experts: [linear: 8], count: 3, active: 2, shared: [linear: {out: 8, bias: false}]}"
    made = mixture(f"experts: [{inner}], count: 4, active: 2")
    assert params(made) == {
        "experts_1.router": 8 * 4,
        "experts_1.experts_1.router": 4 * 8 * 3,
        "experts_1.experts_1.linear_1": 4 * 3 * 72,
        "experts_1.experts_1.shared.linear_1": 4 * 64,
    }
    assert made["experts_1.experts_1.linear_1"].macs == 2 * 2 * 5 * 64
    assert made["experts_1.experts_1.shared.linear_1"].macs == 2 * 5 * 64, "shared by the inner ones, one for each outer expert"


def test_what_each_token_sees() -> None:
    assert {row.receptive_field for row in mixture(f"{BODY}, shared: [linear: 8]").values()} == {(1,)}
    after = calculate(net(f"  - attention: {{heads: 2}}\n  - {{{BODY}}}", TOKENS)).layers
    assert {row.receptive_field for row in after if row.path.startswith("experts")} == {(None,)}


def test_mixtral() -> None:
    made = calculate(MIXTRAL)
    assert made.totals.params == 46_702_792_704
    assert made.totals.macs == 12_748_849_152
    layer = 2 * 4096**2 + 2 * 4096 * 1024 + 2 * 4096 + 8 * 4096 + 2 * 3 * 4096 * 14336
    assert made.totals.macs == 32 * layer + 4096 * 32000, "by hand"
    assert calculate(MIXTRAL, sets={"active": 8}).totals.params == 46_702_792_704
    assert calculate(MIXTRAL, sets={"experts": 1, "active": 1}).totals.params == 7_241_732_096 + 32 * 4096, "Mistral 7B and routers of one"
    dense = calculate(MIXTRAL.replace("{experts: [SwiGLU: ff], count: experts, active: active}", "SwiGLU: ff"))
    assert dense.totals.params == 7_241_732_096


# where a mixture stands


def test_a_mixture_has_a_name_and_an_output() -> None:
    layers = "  - {name: moe, experts: [linear: 6], count: 4, active: 2}\n"
    layers += "  - linear: 10 * moe.d\n  - {from: moe, linear: 3}\n  - concat: [moe, x]"
    made = rows(net(layers, TOKENS))
    assert made["linear_1"].output == (5, 60)
    assert made["linear_2"].inputs == ((5, 6),)
    assert made["concat_1"].output == (5, 9)
    assert [path for path in made if path.startswith("moe.")] == [
        f"moe.{s}" for s in ("router", "router.softmax", "dispatch", "linear_1", "combine")
    ]


def test_names_inside_a_body_are_not_private() -> None:
    layers = "  - {experts: [{name: hidden, linear: 16}, relu, linear: 8], count: 4, active: 2}\n  - {from: hidden, linear: 3}"
    assert rows(net(layers, TOKENS))["linear_1"].inputs == ((10, 16),), "each token twice, as the experts have it"


def test_what_a_mixture_reads() -> None:
    layers = "  - {name: h, linear: 6}\n  - linear: 4\n  - {from: h, experts: [linear: x.d], count: 4, active: 2, shared: [linear: x.d]}"
    made = rows(net(layers, TOKENS))
    assert made["experts_1.router"].params == 6 * 4
    assert made["experts_1.linear_1"].params == 4 * (36 + 6)
    assert made["experts_1.shared.linear_1"].inputs == ((5, 6),)
    made = mixture("experts: [linear: 3], count: 4, active: 2, shared: [linear: 3]")
    assert made["experts_1.shared.linear_1"].inputs == ((5, 8),), "what comes in, not what the experts make"


def test_mixtures_in_loops() -> None:
    made = mixture("repeat: 2, experts: [linear: 8], count: 2 ** (i + 1), active: 1, shared: [{if: i > 0, linear: 8}]")
    assert params(made) == {
        "experts_1[0].router": 16, "experts_1[0].linear_1": 2 * 72,
        "experts_1[1].router": 32, "experts_1[1].linear_1": 4 * 72, "experts_1[1].shared.linear_1": 72,
    }  # fmt: skip
    made = mixture("for: {k: [2, 4]}, name: e, experts: [linear: 8], count: k, active: k // 2, router: k > 2")
    assert params(made) == {"e[0].linear_1": 2 * 72, "e[1].router": 32, "e[1].linear_1": 4 * 72}
    made = mixture("repeat: 2, name: moe$i, experts: [linear: 8], count: 3, active: 1")
    assert params(made) == {"moe0.router": 24, "moe0.linear_1": 216, "moe1.router": 24, "moe1.linear_1": 216}


def test_loops_in_a_body() -> None:
    assert params(mixture("router: false, experts: [{repeat: 3, linear: x.d // 2}], count: 4, active: 1")) == {
        "experts_1.linear_1[0]": 4 * (32 + 4), "experts_1.linear_1[1]": 4 * (8 + 2), "experts_1.linear_1[2]": 4 * (2 + 1),
    }  # fmt: skip


def test_mixtures_in_structures() -> None:
    text = net(f"  - residual: [{{{BODY}}}]", TOKENS)
    assert calculate(text).layers[-1].inputs == ((5, 8), (5, 8))
    text = net(f"  - branches: {{a: [{{{BODY}}}], b: [linear: 3]}}", TOKENS)
    assert calculate(text).layers[-1].output == (5, 11)
    text = net(f"  - {{residual: [linear: 8], shortcut: [{{{BODY}}}]}}", TOKENS)
    assert "residual_1.shortcut.experts_1.router" in rows(text)


def test_structures_in_a_body() -> None:
    gated = "branches: {gate: [linear: {out: 16, act: silu}], up: [linear: 16]}, merge: multiply"
    made = mixture(f"experts: [{{{gated}}}, residual: [linear: 16]], count: 3, active: 2")
    assert sum(row.params for row in made.values()) == 8 * 3 + 3 * (2 * (8 * 16 + 16) + 16 * 16 + 16)
    assert made["experts_1.residual_1.add"].output == (10, 16)


def test_mixtures_in_blocks() -> None:
    layers = "[{experts: [linear: hidden, linear: w], count: k, active: a}]"
    head = f"blocks: {{MoE: {{args: {{hidden: int, k: int, a: 1}}, vars: {{w: x.d}}, layers: {layers}}}}}\n"
    made = rows(net("  - MoE: [16, 4, 2]\n  - {name: last, repeat: 2, MoE: {hidden: 3, k: 2}}", TOKENS, head))
    assert params(made) == {
        "MoE_1.experts_1.router": 32, "MoE_1.experts_1.linear_1": 4 * 144, "MoE_1.experts_1.linear_2": 4 * 136,
        "last[0].experts_1.router": 16, "last[0].experts_1.linear_1": 2 * 27, "last[0].experts_1.linear_2": 2 * 32,
        "last[1].experts_1.router": 16, "last[1].experts_1.linear_1": 2 * 27, "last[1].experts_1.linear_2": 2 * 32,
    }  # fmt: skip
    assert made["MoE_1.experts_1.linear_1"].output == (10, 16)


def test_a_mixture_may_be_left_out() -> None:
    layers = "  - {if: x.d == 8, experts: [linear: 8], count: 4, active: 2}\n"
    layers += "  - {if: x.d != 8, experts: [linear: 8], count: 2, active: 1}\n  - relu"
    assert params(rows(net(layers, TOKENS))) == {"experts_1.router": 32, "experts_1.linear_1": 288}


def test_a_body_chooses_by_what_comes_in() -> None:
    made = mixture("experts: [{if: x.n == 5, linear: 3}, {if: x.n == 10, linear: 4}], count: 4, active: 2")
    assert "experts_1.linear_1" not in made, "inside, each token is there as often as it has experts"
    assert made["experts_1.linear_2"].output == (10, 4)


# frozen, tied, promised


def test_frozen_experts() -> None:
    made = mixture(f"freeze: true, {BODY}, shared: [linear: 8]")
    assert {row.params - row.frozen for row in made.values()} == {0}, "router and what is shared too"
    made = mixture("experts: [{freeze: true, linear: 8}, linear: 8], count: 4, active: 2, shared: [{freeze: true, linear: 8}]")
    assert {path: row.frozen for path, row in made.items() if row.frozen} == {"experts_1.linear_1": 288, "experts_1.shared.linear_1": 72}
    made = mixture("repeat: 2, freeze: i == 0, experts: [linear: 8], count: 4, active: 2")
    assert sum(row.frozen for row in made.values()) == 4 * 72 + 32


def test_tied_mixtures() -> None:
    body = "experts: [linear: 4, linear: 8], count: 3, active: 1, shared: [linear: 8]"
    made = rows(net(f"  - {{name: a, {body}}}\n  - {{tie: a, {body}}}", TOKENS))
    tied = {path: row for path, row in made.items() if path.startswith("experts_2")}
    assert sum(row.params for row in tied.values()) == 0
    assert [path for path, row in tied.items() if row.tied] == [
        f"experts_2.{s}" for s in ("router", "linear_1", "linear_2", "shared.linear_1")
    ]
    assert [row.macs for path, row in made.items() if path.startswith("a.")] == [row.macs for row in tied.values()]


@pytest.mark.parametrize(
    ("second", "own"),
    [
        ("experts: [linear: 4, linear: 8], count: 3, active: 2", 0),  # how many are active is no weight
        ("experts: [linear: 4, linear: 8], count: 3, active: 1, router: false", 0),
        ("experts: [linear: 4, linear: 8], count: 3, active: 1, shared: [linear: 8]", 72),
        ("experts: [linear: 4, linear: 9], count: 3, active: 1", 3 * (4 * 9 + 9)),
        ("experts: [linear: {out: 4, bias: false}, linear: 8], count: 3, active: 1", 0),
        ("experts: [linear: 4, relu, linear: 8], count: 3, active: 1", 0),  # roles count by kind
    ],
)
def test_what_mixtures_share(second: str, own: int) -> None:
    first = "name: a, experts: [linear: 4, linear: 8], count: 3, active: 1"
    made = calculate(net(f"  - {{{first}}}\n  - {{tie: a, {second}}}", TOKENS)).totals
    assert made.params == 8 * 3 + 3 * (36 + 40) + own


def test_ties_inside_a_body_and_shared_copies() -> None:
    tied = "experts: [{name: one, linear: 8}, {tie: one, linear: 8}], count: 3, active: 1, router: false"
    assert params(mixture(tied)) == {"experts_1.one": 216}
    copies = "experts: [{repeat: 3, shared: true, linear: 8}], count: 3, active: 1, router: false"
    assert params(mixture(copies)) == {"experts_1.linear_1[0]": 216}
    whole = "repeat: 3, shared: true, layers: [{experts: [linear: 8], count: 3, active: 1}]"
    assert sum(row.params for row in mixture(whole).values()) == 216 + 24


def test_a_matrix_inside_a_body_is_tied_transposed() -> None:
    body = "[{name: up, linear: {out: 16, bias: false}}, {tie: up, linear: {out: 8, bias: false}}]"
    assert params(mixture(f"experts: {body}, count: 3, active: 1, router: false")) == {"experts_1.up": 3 * 128}


def test_promises_of_mixtures() -> None:
    kept = [
        "experts: [linear: 8], count: 4, active: 2, expect: {params: 320, macs: 800, output: [5, 8], layers: 5}",
        "repeat: 2, experts: [linear: 8], count: 4, active: 2, expect: {params: 640, macs: 1600, layers: 10}",
        "experts: [{linear: 8, expect: {params: 288, macs: 640, output: [10, 8]}}], count: 4, active: 2",
        "experts: [linear: 8], count: 4, active: 2, shared: [{linear: 8, expect: {params: 72, output: [5, 8]}}]",
    ]
    for entry in kept:
        assert calculate(net(f"  - {{{entry}}}", TOKENS)).warnings == ()
    (warning,) = calculate(net(f"  - {{{kept[0].replace('320', '321')}}}", TOKENS)).warnings
    assert warning.startswith("experts_1: params: expected 321, got 320")
    (warning,) = calculate(net(f"  - {{{kept[2].replace('288', '72')}}}", TOKENS)).warnings
    assert warning.startswith("experts_1.linear_1: params: expected 72, got 288")


# what can't be

#: entries, with a mark around what is pointed at; the code; what is said
ERRORS: list[tuple[str, str, str]] = [
    ("{«experts»: [linear: 8], active: 2}", "E204", "`count` beside it"),
    ("{«experts»: [linear: 8], count: 2}", "E204", "`active` beside it"),
    ("{«experts»: [linear: 8]}", "E204", "`count` and `active` beside it"),
    ("{linear: 8, «count»: 4}", "E204", "`experts:`"),
    ("{linear: 8, «active»: 4}", "E204", "`experts:`"),
    ("{linear: 8, «router»: false}", "E204", "`experts:`"),
    ("{experts: [linear: 8], count: 4, «activ»: 2}", "E204", "`active`"),
    ("{experts: [linear: 8], count: 4, active: 2, «merge»: add}", "E204", "`branches:`"),
    ("{experts: [linear: 8], count: 4, active: 2, «shortcut»: true}", "E204", "`residual:`"),
    ("{experts: [linear: 8], count: 4, active: 2, «linear»: 8}", "E203", "two kinds"),
    ("{experts: «linear», count: 4, active: 2}", "E211", "list of entries"),
    ("{experts: «{linear: 8}», count: 4, active: 2}", "E211", "list of entries"),
    ("experts: «{count: 4, active: 2, layers: [linear: 8]}»", "E211", "`- {experts: [...], count: 8, active: 2}`"),
    ("{experts: [«rleu»], count: 4, active: 2}", "E201", "`relu`"),
    ("{experts: [linear: {«ot»: 8}], count: 4, active: 2}", "E231", "`out`"),
    ("{experts: [linear: 8], count: «cuont», active: 2}", "E301", "cuont"),
    ("{experts: [linear: 8], count: 4 * «k_», active: 2}", "E301", "`k`"),
    ("{experts: [linear: 8], count: 4, active: 2, router: «3»}", "E233", "`true` or `false`"),
    ("{experts: [linear: 8], count: 4, active: 2, router: «no»}", "E233", "`false`"),
    ("{experts: [linear: 8], count: 4, active: 2, router: «flase»}", "E301", "flase"),
    ("{experts: [linear: 8], count: 4, active: 2, router: «[linear: 4]»}", "E233", "`true` or `false`"),
    ("{experts: [linear: 8], count: 4, active: 2, router: «{linear: 4}»}", "E233", "not a mapping"),
    ("{experts: [linear: 8], count: 4, active: 2, shared: [linear: «wdith»]}", "E301", "wdith"),
    ("{experts: [linear: 8], count: 4, active: «5»}", "E233", "can't be 5: there are 4 experts"),
    ("{experts: [linear: 8], count: 4, active: «k»}", "E233", "can't be 9: there are 4 experts"),
    ("{experts: [linear: 8], count: 4, active: «10 ** 18»}", "E233", "there are 4 experts"),
    ("{experts: [linear: 8], count: «k - 9», active: 1}", "E233", "`count` of `experts`"),
    ("{experts: [linear: 8], count: 4, active: «0»}", "E233", "`active` of `experts` must be at least 1"),
    ("{experts: [linear: 8], count: 4, active: «[2]»}", "E233", "whole number"),
    ("{«experts»: [linear: 9], count: 4, active: 2, shared: [linear: 8]}", "E401", "d is 9 in one and 8 in the other"),
    ("{«experts»: [split: {parts: 2, axis: 1}], count: 4, active: 2}", "E307", "one tensor"),
    ("{«experts»: [{branches: {a: [relu], b: [relu]}, merge: none}], count: 4, active: 2}", "E307", "one tensor"),
    ("{experts: [«residual»: [linear: 9]], count: 4, active: 2}", "E401", "9"),
    ("{experts: [«add»: [image, x]], count: 4, active: 2}", "E401", "n is 5 in one and 10 in the other"),
    ("{name: «image», experts: [linear: 8], count: 4, active: 2}", "E209", "twice"),
    ("{from: [«image», x], experts: [linear: 8], count: 4, active: 2}", "E208", "one tensor"),
    ("{from: «imge», experts: [linear: 8], count: 4, active: 2}", "E310", "`image`"),
    ("{tie: «later», experts: [linear: 8], count: 4, active: 2}", "E310", "later"),
    ("{experts: [linear: 8], count: 4, active: 2, freeze: «1»}", "E233", "`true` or `false`"),
    ("{experts: [linear: 8], count: 4, active: 2, expect: {«parms»: 2}}", "E240", "params"),
    ("{experts: [linear: 8], count: «1000000000000000000», active: 2}", "E105", "18 digits"),
    ("{experts: [linear: 8], count: «0», active: 1}", "E233", "`count` of `experts`"),
    ("{experts: [linear: 8], count: «-1», active: 1}", "E233", "at least 1"),
    ("{experts: [linear: 8], count: «4.5», active: 2}", "E233", "whole number"),
    ("{experts: [linear: 8], count: «true», active: 2}", "E233", "whole number"),
    ("{experts: [linear: 8], count: «[4]», active: 2}", "E233", "whole number"),
    ("{experts: [linear: 8], count: 4, active: 2, shared: «relu»}", "E211", "list of entries"),
    ("{experts: [linear: 8], count: 4, active: 2, shared: «true»}", "E211", "list of entries"),
    ("{experts: [linear: 8], count: 4, active: 2, shared: «3 * k»}", "E211", "list of entries"),
    ("{experts: [linear: 8], count: 4, active: 2, shared: «{linear: 8}»}", "E211", "list of entries"),
    ("{«experts»: [{from: image, linear: 8}], count: 4, active: 2}", "E401", "(n 5, d 8) of (n 10, d 8)"),
    ("{«experts»: [rearrange: n d -> (n d) 1], count: 4, active: 2}", "E401", "one token at a time"),
    ("{«experts»: [mean: 1], count: 4, active: 2}", "E401", "one token at a time"),
    ("{experts: [{name: «router», linear: 8}], count: 4, active: 2}", "E209", "part of `experts`"),
    ("{experts: [{name: «dispatch», linear: 8}], count: 4, active: 2}", "E209", "part of `experts`"),
    ("{experts: [{name: «combine», linear: 8}], count: 4, active: 2}", "E209", "part of `experts`"),
    ("{experts: [{name: «shared», linear: 8}], count: 4, active: 2}", "E209", "part of `experts`"),
    ("{experts: [{name: «add», linear: 8}], count: 4, active: 2}", "E209", "part of `experts`"),
    ("{tie: «[]», experts: [linear: 8], count: 4, active: 2}", "E208", "empty"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "code", "says"), ERRORS, ids=[case[0] for case in ERRORS])
def test_errors(entry: str, code: str, says: str) -> None:
    refused(net(f"  - {entry}", "{image: {n: 5, d: 8}}", "vars: {k: 9}\n"), code, says)


def test_each_of_two_wrong_counts_is_pointed_at() -> None:
    found = wrong(net("  - {experts: [linear: 8], count: 0.5, active: -1}", TOKENS))
    assert [found.at(i) for i in range(len(found.found))] == ["0.5", "-1"]


@pytest.mark.parametrize("body", ["[linear: 8]", "[conv: {out: 3, kernel: 1}]", ""])
@pytest.mark.parametrize("more", ["", ", router: false"])
def test_an_image_has_no_tokens(body: str, more: str) -> None:
    refused(net(f"  - {{«experts»: {body}, count: 4, active: 2{more}}}", "[3, 8, 8]"), "E401", "`tokens`", "(c 3, h 8, w 8)")
    made = calculate(net(f"  - tokens\n  - {{experts: [linear: 3], count: 4, active: 2{more}}}", "[3, 8, 8]"))
    assert made.outputs == {"experts_1": (64, 3)}


def test_a_vector_has_no_tokens() -> None:
    refused(net("  - {«experts»: [linear: 8], count: 4, active: 2}", "[8]"), "E401", "(n, d)", "(d 8)")


def test_ties_of_mixtures_that_share_nothing() -> None:
    first = "  - {name: a, experts: [linear: 8], count: 4, active: 2, router: false}\n"
    refused(net(first + "  - {tie: «a», experts: [linear: 8], count: 8, active: 2}", TOKENS), "E311", "no weight that fits")
    refused(net(first + "  - {tie: «a», linear: 8}", TOKENS), "E311", "no weight that fits")
    inside = "  - {name: a, linear: 8}\n  - {experts: [{tie: «a», linear: 8}], count: 4, active: 2}"
    refused(net(inside, TOKENS), "E311", "no weight that fits")
    outside = "  - {experts: [{name: a, linear: 8}], count: 4, active: 2}\n  - {tie: «a», linear: 8}"
    refused(net(outside, TOKENS), "E311", "no weight that fits")
    copies = "  - {repeat: 2, shared: true, «layers»: [{experts: [linear: 8], count: 3 + i, active: 1}]}"
    refused(net(copies, TOKENS), "E311", "another shape")


def test_errors_in_a_body_say_where_it_stands() -> None:
    text = net("  - {name: moe, experts: [relu, {name: in, attention: {heads: 3}}], count: 4, active: 2}", TOKENS)
    found = wrong(text)
    assert found.codes == ["E401"]
    assert found.at() == "attention"
    assert found.found[0].notes[0] == "at moe.in, reading (n 10, d 8)"


def test_errors_of_a_mixture_in_a_block_name_the_call() -> None:
    head = "blocks:\n  MoE: {args: {k: int}, layers: [{experts: [linear: 8], count: 4, active: k}]}\n"
    found = wrong(net("  - MoE: 2\n  - MoE: 5", TOKENS, head))
    assert found.places() == [("E233", 2, 75)]
    assert found.found[0].notes[-1] == "in MoE called here: net.yaml:6:5"


def test_parts_of_a_mixture_can_be_written_out() -> None:
    layers = """
      - {name: w, routing: {count: 4, active: 2}}
      - {from: [x, w], dispatch: {count: 4, active: 2}}
      - linear: 8
      - {from: [x, w], combine: {count: 4, active: 2}}
    """
    made = calculate(net(layers.replace("from: [x, w], dispatch", "from: [t, w], dispatch"), "{t: {n: 5, d: 8}}"))
    assert [row.output for row in made.layers] == [(5, 4), (5, 4), (10, 8), (10, 8), (5, 8)]
    assert made.totals.params == 32 + 72, "one dense layer that all of them use"


MIXING = [
    "attention: {heads: 2}", "attention: {heads: 2, window: 3}", "latent_attention: {heads: 2, kv_rank: 4, nope: 2, rope: 2, v_dim: 2}",
    "lstm: {hidden: 8}", "rnn: {hidden: 8}", "prepend: 1",
    "slice: {start: 0, stop: 4}", "softmax: 0", "layer_norm: 2", "concat: {of: [x, x], axis: 0}", "mean: 0", "select: 0",
    "parameter: {shape: {n: 10, d: 8}}", "graph_conv: {out: 8, edges: 9}", "graph_attention: {out: 8, edges: 9}",
    "aggregate: {op: sum, edges: 9}",
]  # fmt: skip


@pytest.mark.parametrize("mixing", MIXING)
@pytest.mark.parametrize("more", ["", ", router: false"])
@pytest.mark.parametrize("inner", ["{}", "residual: [linear: 8, {}]", "B"])
def test_an_expert_sees_one_token_at_a_time(mixing: str, more: str, inner: str) -> None:
    kind = mixing.partition(":")[0]
    entry = mixing.replace(kind, f"«{kind}»", 1)
    head = f"blocks: {{B: {{layers: [{entry}]}}}}\n" if inner == "B" else ""
    text = net(f"  - {{experts: [{inner.format(entry)}], count: 4, active: 2{more}}}", TOKENS, head)
    refused(text, "E401", "one token at a time", kind, "before or after the experts")


@pytest.mark.parametrize("learned", ["positional_encoding: learned", "scale: 0"])
@pytest.mark.parametrize("given_", [TOKENS, "{x: {a: 2, b: 5, d: 8}}"])
def test_an_expert_has_no_weights_of_a_place(learned: str, given_: str) -> None:
    kind = learned.partition(":")[0]
    refused(net(f"  - {{experts: [{learned.replace(kind, f'«{kind}»')}], count: 4, active: 2}}", given_), "E401", "one token at a time")


def test_what_mixes_tokens_is_called_what_its_author_wrote() -> None:
    found = wrong(net("  - {experts: [attention: {heads: 2}], count: 4, active: 2}", TOKENS))
    assert "`attention` does not, at experts_1.attention_1.scores" in found.words()
    assert "`matmul`" not in found.words()


@pytest.mark.parametrize("inside", ["scale: 1", "scale: -1", "rearrange: n d -> d n, scale: 0, rearrange: d n -> n d"])
def test_an_expert_may_weigh_features(inside: str) -> None:
    entries = ", ".join(f"{{{one}}}" for one in inside.split(", "))
    assert calculate(net(f"  - {{experts: [{entries}], count: 4, active: 2, router: false}}", TOKENS)).totals.params == 4 * 8


# what a token meets


def test_a_token_meets_the_experts_that_it_goes_to() -> None:
    assert met(BODY) == 2 * OF_BODY + OF_ROUTER
    assert met(f"{BODY}, shared: [linear: 8]") == 2 * OF_BODY + OF_ROUTER + 72
    assert met(f"{BODY}, router: false") == 2 * OF_BODY
    assert met("experts: [linear: 8], count: 1, active: 1, router: false") == 72
    assert met("experts: [layer_norm, linear: 8], count: 4, active: 3, router: false") == 3 * (16 + 72)


def test_outside_of_a_mixture_it_meets_everything() -> None:
    assert met("linear: 8") == 72
    assert met("layers: [{linear: 8}, {experts: [linear: 8], count: 4, active: 1, router: false}, {linear: 8}]") == 3 * 72


def test_tied_weights_are_met_once() -> None:
    tied = "experts: [{name: one, linear: 8}, {tie: one, linear: 8}], count: 3, active: 2, router: false"
    assert met(tied) == 2 * 72
    assert met("repeat: 3, shared: true, layers: [{experts: [linear: 8], count: 3, active: 2}]") == 2 * 72 + 24
    assert met("repeat: 3, layers: [{experts: [linear: 8], count: 3, active: 2}]") == 3 * (2 * 72 + 24)


@pytest.mark.parametrize("name", ["active", "sets"])
def test_axes_may_be_called_as_those_of_experts_are(name: str) -> None:
    given_ = f"{{x: {{{name}: 5, d: 8}}}}"
    assert met("experts: [linear: 8], count: 4, active: 2, router: false", given_=given_) == 2 * 72
    assert calculate(net("  - {experts: [linear: 8], count: 4, active: 2, router: false}", given_)).totals.params == 4 * 72
    assert met("positional_encoding: learned", given_=given_) == 40


def test_what_a_token_of_mixtral_meets() -> None:
    layer = 2 * 4096 * 4096 + 2 * 4096 * 1024 + 4096 * 8 + 2 * 3 * 4096 * 14336 + 2 * 4096
    assert active(load("mixtral_8x7b").run()) == 32 * layer + 2 * 32000 * 4096 + 4096 == 12_879_925_248


# laws

#: entries that treat each token by itself; what is in braces is a number
PARTS = [
    "linear: {}", "linear: {{out: {}, bias: false, act: gelu}}", "linear: {{out: {}, norm: layer}}", "relu: ", "layer_norm: ", "rms_norm: ",
    "dropout: 0.1", "residual: [layer_norm, linear: x.d]", "branches: {{a: [linear: {0}], b: [linear: {0}, silu]}}, merge: multiply",
    "rbf: {}", "repeat: 2, linear: {}", "softmax: -1", "Gated: {}", "prelu: {{shared: true}}", "if: x.d > 3, linear: {}",
]  # fmt: skip
GATED = "[{branches: {a: [linear: h], b: [linear: h]}, merge: multiply}, linear: w]"
HEAD = f"blocks: {{Gated: {{args: {{h: int}}, vars: {{w: x.d}}, layers: {GATED}}}}}\n"
COUNTS = st.integers(1, 5).flatmap(lambda count: st.tuples(st.just(count), st.integers(1, count)))
BODIES = st.lists(st.tuples(st.sampled_from(PARTS), st.integers(1, 6)), max_size=4).map(
    lambda parts: [part.format(width) for part, width in parts]
)


def written(body: Sequence[str]) -> str:
    return ", ".join(f"{{{part}}}" for part in body)


def plain(body: Sequence[str], n: int) -> Summary:
    """Run a body by itself, after a layer that makes what it reads."""
    lines = "".join(f"\n  - {{{part}}}" for part in body)
    return calculate(net(f"  - linear: 6{lines}", f"{{x: {{n: {n}, d: 6}}}}", HEAD))


def mixed(body: Sequence[str], n: int, count: int, active: int, more: str = "router: false") -> Summary:
    """Run a mixture of experts that have this body."""
    entry = f"experts: [{written(body)}], count: {count}, active: {active}, {more}"
    return calculate(net(f"  - {{{entry}}}", f"{{x: {{n: {n}, d: 6}}}}", HEAD))


@given(BODIES, st.integers(1, 7), COUNTS)
def test_experts_are_the_body_so_many_times(body: list[str], n: int, counts: tuple[int, int]) -> None:
    count, active = counts
    once, many = plain(body, n).layers[1:], mixed(body, n, count, active).layers[1:-1]
    assert [row.type for row in once] == [row.type for row in many]
    for before, after in zip(once, many, strict=True):
        assert after.params == count * before.params
        assert after.buffers == count * before.buffers
        assert after.macs == active * before.macs
        assert after.activations == active * before.activations


@given(BODIES, st.integers(1, 7), COUNTS)
def test_experts_work_on_each_token_so_many_times(body: list[str], n: int, counts: tuple[int, int]) -> None:
    count, active = counts
    once, many = plain(body, n * active).layers[1:], mixed(body, n, count, active).layers[1:-1]
    for before, after in zip(once, many, strict=True):
        assert (after.inputs, after.output, after.activations, after.macs) == (
            before.inputs,
            before.output,
            before.activations,
            before.macs,
        )


@given(BODIES, st.integers(1, 7), COUNTS)
def test_a_router_adds_itself(body: list[str], n: int, counts: tuple[int, int]) -> None:
    count, active = counts
    without, having = mixed(body, n, count, active).totals, mixed(body, n, count, active, "router: true").totals
    assert having.params == without.params + 6 * count
    assert having.macs == without.macs + n * 6 * count
    assert having.activations == without.activations + n * count


@given(BODIES, st.integers(1, 7), COUNTS)
def test_what_is_shared_adds_itself(body: list[str], n: int, counts: tuple[int, int]) -> None:
    count, active = counts
    tail = ["linear: 6"]
    without = mixed([*body, *tail], n, count, active).totals
    having = mixed([*body, *tail], n, count, active, f"router: false, shared: [{written([*body, *tail])}]").totals
    once = plain([*body, *tail], n).totals
    assert having.params == without.params + once.params - 42, "without the layer in front"
    assert having.macs == without.macs + once.macs - n * 36
    assert having.buffers == without.buffers + once.buffers


@given(BODIES, st.integers(1, 7), COUNTS, COUNTS)
def test_nested_counts_multiply(body: list[str], n: int, outer: tuple[int, int], inner: tuple[int, int]) -> None:
    nested = f"experts: [{written(body)}], count: {inner[0]}, active: {inner[1]}, router: false"
    made = mixed([nested], n, *outer).totals
    flat = mixed(body, n, outer[0] * inner[0], outer[1] * inner[1]).totals
    assert (made.params, made.buffers, made.macs) == (flat.params, flat.buffers, flat.macs)
    outside = f"experts: [{{{nested}}}], count: {outer[0]}, active: {outer[1]}, router: false"
    assert met(outside, HEAD, f"{{x: {{n: {n}, d: 6}}}}") == outer[1] * inner[1] * sum(row.params for row in plain(body, n).layers[1:])


@given(BODIES, st.integers(1, 7), COUNTS, st.integers(2, 4))
def test_batch_and_ties(body: list[str], n: int, counts: tuple[int, int], batch: int) -> None:
    count, active = counts
    entry = f"experts: [{written([*body, 'linear: 6'])}], count: {count}, active: {active}"
    text = net(f"  - {{name: a, {entry}}}\n  - {{tie: a, {entry}}}", f"{{x: {{n: {n}, d: 6}}}}", HEAD)
    alone = calculate(net(f"  - {{{entry}}}", f"{{x: {{n: {n}, d: 6}}}}", HEAD)).totals
    made, many = calculate(text).totals, calculate(text, batch=batch).totals
    assert (made.params, made.macs) == (alone.params, 2 * alone.macs)
    assert (many.params, many.macs, many.activations) == (made.params, batch * made.macs, batch * made.activations)


def test_one_expert_without_a_router_is_its_body() -> None:
    body = ["linear: 4", "relu: ", "linear: 6"]
    many, once = mixed(body, 5, 1, 1), plain(body, 5)
    same = [row._replace(path="", line=0, live=0, group=None) for row in many.layers[1:-1]]
    assert same == [row._replace(path="", line=0, live=0, group=None) for row in once.layers[1:]]
