"""Settings of the tests: as many examples as time allows, the same ones everywhere; what several files share."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Benchmarks are run by their own command.
collect_ignore = ["benchmarks"]

settings.register_profile("archcalc", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("archcalc")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", default="0", help="what the comparison with PyTorch (-m oracle) draws its layers and networks from")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let what a test starts be interrupted, also where the tests themselves run in a shell's background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
