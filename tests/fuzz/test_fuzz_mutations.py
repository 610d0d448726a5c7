"""Specs of the zoo with exactly one thing changed: what comes is a result, or an error that says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from oracle import COMMANDS, budget, judged
from trees import mutated, specs, written

from archcalc.spec.diagnostics import Source
from archcalc.spec.source import parse

if TYPE_CHECKING:
    import pytest


def test_a_spec_written_from_its_tree_is_the_same() -> None:
    for name, tree in specs().items():
        assert parse(Source(name, written(tree).decode())).data() == tree


@budget(60)
@given(st.data(), st.sampled_from(sorted(specs())), st.sampled_from([*COMMANDS]))
def test_one_mutation(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str, command: str) -> None:
    tree = data.draw(mutated(specs()[name]))
    judged(command, written(tree), tmp_path_factory.getbasetemp() / "net.yaml")
