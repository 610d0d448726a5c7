"""The README's generated parts; `python tests/test_readme.py` writes them anew, and with `figures` what benchmarks measure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def kinds() -> str:
    from archcalc.layers.reference import markdown

    return markdown()


def printed(*args: str, language: str = "") -> str:
    command = [sys.executable, "-m", "archcalc", *args]
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, encoding="utf-8")
    return f"```{language}\n{done.stdout.rstrip()}\n```"


def charts() -> str:
    """Give the charts without what stands above and below them."""
    first, *parts, _ = printed("summarize", "mobilenet_v2", "--depth", "1", "--chart", "activations,params,rf").split("\n\n")
    assert first.startswith("```")
    return "```\n" + "\n\n".join(parts) + "\n```"


def blocks() -> str:
    from archcalc.spec.shelf import markdown

    return markdown()


def measured() -> str:
    """Give what benchmarks print; their bar is seen meanwhile."""
    command = [sys.executable, "tests/benchmarks", "--format", "markdown"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout.rstrip()


SECTIONS: dict[str, Callable[[], str]] = {
    "table": lambda: printed("summarize", "specs/vgg16.yaml"),
    "chart": charts,
    "mermaid": lambda: printed("export", "lenet5", "--to", "mermaid", language="mermaid"),
    "memory": lambda: printed("memory", "mobilenet_v2", "--dtype", "int8", "--in-place", "depthwise"),
    "estimate": lambda: printed("estimate", "mobilenet_v2", "--device", "t4", "--dtype", "fp16", "--top", "5"),
    "kinds": kinds,
    "blocks": blocks,
}
#: What takes minutes, and comes out a little different each time: written only where it is asked for by name.
MEASURED: dict[str, Callable[[], str]] = {"figures": measured}


def written(text: str, name: str) -> re.Match[str]:
    match = re.search(rf"<!-- begin {name} -->\n(.*?)\n?<!-- end {name} -->", text, re.DOTALL)
    assert match, f"the README has no section {name}"
    return match


@pytest.mark.parametrize("name", SECTIONS)
def test_generated_sections_are_up_to_date(name: str) -> None:
    section = written(README.read_text(encoding="utf-8"), name)[1]
    assert section == SECTIONS[name](), "run `python tests/test_readme.py`"


def test_the_commands_of_ci_stand_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    for marker in ("run", "test"):
        assert re.search(rf"<!-- {marker} -->\n```sh\npython3 .*\n```", text)


def specs() -> list[str]:
    """The README's complete examples: those with an input and layers."""
    blocks: list[str] = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in blocks if "input:" in block and "layers:" in block]


@pytest.mark.parametrize("text", specs())
def test_examples_calculate(text: str, tmp_path: Path) -> None:
    from archcalc import load

    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    assert load(path).summary().warnings == ()


def test_there_are_examples() -> None:
    assert len(specs()) >= 2


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    for section in sys.argv[1:] or SECTIONS:
        match = written(text, section)
        made = (SECTIONS | MEASURED)[section]()
        text = text.replace(match[0], f"<!-- begin {section} -->\n{made}\n<!-- end {section} -->")
    README.write_text(text, encoding="utf-8")
