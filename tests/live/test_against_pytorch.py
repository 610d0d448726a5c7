"""Random layers and networks: what PyTorch answers on its meta device, and what archcalc answers. Run by `-m oracle` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from live.answers import Answer, PyTorch, compared
from live.cases import alone
from live.draw import Draw, simplest
from live.networks import network
from live.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from live.cases import Case

pytestmark = pytest.mark.oracle

LAYERS, NETWORKS = 20_000, 2_000  #: that are drawn at least
PARTS = 20  #: tests that the networks are shared among
SHARES = sum(row.share for row in TABLE.values())


@pytest.fixture(scope="module")
def torch() -> PyTorch:
    return PyTorch(pytest.importorskip("torch", reason="needs PyTorch: pip install '.[oracle]'"))


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> str:
    return str(pytestconfig.getoption("--seed"))


def tried(seeds: Sequence[str], make: Callable[[Draw], Case], torch: PyTorch) -> int:
    """Draw from each seed and compare; show the first difference, as simple as it gets; count what both accept."""
    accepted = 0
    for seed in seeds:
        draw = Draw(seed)
        case = make(draw)
        theirs, ours, why = compared(case, torch)
        if why:
            case, why = smallest(draw.drawn, make, torch)
            pytest.fail(f"{case}---\n{why}\n(the simplest found; drawn from {seed!r}, by `--seed {seed.partition(' ')[0]}`)", pytrace=False)
        accepted += isinstance(theirs, Answer) and theirs == ours
    return accepted


def smallest(drawn: Sequence[int], make: Callable[[Draw], Case], torch: PyTorch) -> tuple[Case, str]:
    """Give the simplest case that differs, and how."""

    def differs(values: Sequence[int]) -> bool:
        return compared(make(Draw(values)), torch)[2] != ""

    case = make(Draw(simplest(drawn, differs)))
    return case, compared(case, torch)[2]


def test_a_difference_is_shown_as_small_as_it_gets(torch: PyTorch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archcalc.layers.norm.running", lambda axis: {"running_mean": axis, "running_var": axis})
    with pytest.raises(pytest.fail.Exception) as caught:
        tried([f"0 batch_norm {i}" for i in range(50)], lambda draw: alone(draw, TABLE["batch_norm"]), torch)
    for line in ("  - {batch_norm: {}}\n", "\nlayer = nn.BatchNorm1d(1).eval()\n", "buffers=3", "buffers=2", "--seed 0"):
        assert line in str(caught.value)


@pytest.mark.parametrize("name", TABLE)
def test_layers(name: str, torch: PyTorch, seed: str) -> None:
    row = TABLE[name]
    many = -(-LAYERS * row.share // SHARES)
    accepted = tried([f"{seed} {name} {i}" for i in range(many)], lambda draw: alone(draw, row), torch)
    assert accepted >= many // 4, "most of these layers are refused, so little is compared"


@pytest.mark.parametrize("part", range(PARTS))
def test_networks(part: int, torch: PyTorch, seed: str) -> None:
    many = -(-NETWORKS // PARTS)
    accepted = tried([f"{seed} network {part} {i}" for i in range(many)], lambda draw: network(draw, torch), torch)
    assert accepted >= many // 2, "most of these networks are refused, so little is compared"
