"""`python3 tests/benchmarks`: from a checkout, whether archcalc is installed or not."""

import sys
from pathlib import Path

if __name__ == "__main__":
    tests = Path(__file__).resolve().parent.parent
    sys.path[:1] = [str(tests), str(tests.parent)]

    from benchmarks.cli import app

    app(prog_name="benchmarks")
