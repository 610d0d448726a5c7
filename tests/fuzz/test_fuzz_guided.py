"""A short run of the coverage-guided fuzzer, from the corpus."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import ROOT


def test_guided(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="there is no atheris for this system")
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "guided.py"), str(tmp_path), "-runs=60", "-seed=1", f"-artifact_prefix={tmp_path}/"],
        capture_output=True, text=True, check=False, timeout=300, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert not list(tmp_path.glob("crash-*"))
