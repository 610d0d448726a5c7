"""Bytes that were specs once, or never: what comes is a result, or an error that says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garbled import garbled
from hypothesis import given
from hypothesis import strategies as st
from oracle import COMMANDS, budget, judged

if TYPE_CHECKING:
    import pytest


@budget(100)
@given(garbled(), st.sampled_from([*COMMANDS]))
def test_bytes(tmp_path_factory: pytest.TempPathFactory, holds: bytes, command: str) -> None:
    judged(command, holds, tmp_path_factory.getbasetemp() / "net.yaml")
