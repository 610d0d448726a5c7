"""Coverage-guided fuzzing: inputs that reach lines of archcalc which none reached before are kept, and changed further.

`python tests/fuzz/guided.py FOLDER -max_total_time=600` goes on for ten minutes from the corpus and keeps what it finds in FOLDER; the
options are libFuzzer's. The first byte of an input chooses the command, and the rest is the file. An input that breaks something is
written to `crash-…`: its rest belongs into the corpus.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path


def seed(folder: Path) -> None:
    """Write the smallest files of the corpus and of the zoo as inputs."""
    from garbled import seeds

    for i, holds in enumerate(holds for holds in seeds() if len(holds) < 800):
        (folder / f"seed-{i}").write_bytes(bytes([i % 251]) + holds)


def main() -> None:
    """Fuzz until libFuzzer has had enough."""
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent), str(Path(__file__).parent.parent.parent)]
    with atheris.instrument_imports(include=["archcalc"], enable_loader_override=False):
        import archcalc

        for module in pkgutil.walk_packages(archcalc.__path__, "archcalc."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
        from oracle import COMMANDS, judged
    names = [*COMMANDS]
    with tempfile.TemporaryDirectory() as made:
        folder, path = Path(made) / "seeds", Path(made) / "net.yaml"
        folder.mkdir()
        seed(folder)

        def one(data: bytes) -> None:
            judged(names[data[0] % len(names)] if data else names[0], data[1:], path)

        # Of several folders the first is where new inputs go.
        options = [arg for arg in sys.argv[1:] if arg.startswith("-")]
        kept = [arg for arg in sys.argv[1:] if not arg.startswith("-")]
        atheris.Setup([sys.argv[0], "-timeout=60", "-rss_limit_mb=1024", "-report_slow_units=60", *options, *kept, str(folder)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
