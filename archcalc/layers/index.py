"""Write the index from kinds to modules, from the classes: `python -m archcalc.layers.index`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from archcalc.layers.base import Layer

HERE = Path(__file__).parent
TARGET = HERE / "_index.py"
HEAD = '"""Generated from the layer classes by `python -m archcalc.layers.index`; not written by hand."""\n\n'


def classes() -> list[type[Layer]]:
    """Give every layer class that has a kind, in order of the kinds."""
    for module in iter_modules([str(HERE)]):
        if not module.name.startswith("_") and module.name != "index":
            import_module(f"archcalc.layers.{module.name}")
    found, todo = [], [Layer]
    while todo:
        cls = todo.pop()
        todo.extend(cls.__subclasses__())
        if cls.kind and cls.__module__.startswith("archcalc.layers."):
            found.append(cls)
    return sorted(found, key=lambda cls: cls.kind)


def render() -> str:
    """Write the index as Python."""
    every = classes()
    kinds = "".join(f'    "{c.kind}": ("{c.__module__.rpartition(".")[2]}", "{c.__name__}"),\n' for c in every)
    aliases = "".join(f'    "{alias}": "{c.kind}",\n' for c in every for alias in sorted(c.aliases))
    roles = ""
    for role in sorted({c.role for c in every if c.role}):
        roles += f'    "{role}": (\n' + "".join(f'        "{c.kind}",\n' for c in every if c.role == role) + "    ),\n"
    return (
        f"{HEAD}KINDS: dict[str, tuple[str, str]] = {{\n{kinds}}}\n\n"
        f"ALIASES: dict[str, str] = {{\n{aliases}}}\n\n"
        f"ROLES: dict[str, tuple[str, ...]] = {{\n{roles}}}\n"
    )


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
