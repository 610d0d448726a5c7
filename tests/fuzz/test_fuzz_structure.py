"""Documents of the language's keys, kinds and fields, right and wrong: what comes is a result, or an error that says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from documents import documents
from hypothesis import given
from hypothesis import strategies as st
from oracle import COMMANDS, budget, judged
from trees import written

if TYPE_CHECKING:
    import pytest


@budget(60)
@given(documents(), st.sampled_from([*COMMANDS]))
def test_documents(tmp_path_factory: pytest.TempPathFactory, document: object, command: str) -> None:
    judged(command, written(document), tmp_path_factory.getbasetemp() / "net.yaml")
