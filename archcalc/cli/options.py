"""What can be said on the command line, and how it is read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archcalc.report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from fractions import Fraction

    from archcalc.report.columns import Column
    from archcalc.report.fold import Line

__all__ = [
    "AllowOutside", "Batch", "Charts", "Convention", "Device", "Efficiency", "Format", "Inputs", "MaxLayers", "OneSpec", "Output",
    "Precision", "Sets", "Strict", "charts", "choice", "columns", "completed", "conventions", "depth", "device_names", "duration",
    "efficiencies", "grid", "inputs", "one_column", "one_of", "pairs", "share", "spec_names", "whole", "written",
]  # fmt: skip


_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """Read `name=value`, given any number of times.

    >>> pairs(["depth=50", "expr=a=b"], "--set")
    {'depth': '50', 'expr': 'a=b'}
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise typer.BadParameter(f"write {option} name=value, not {text!r}")
        if name in found:
            raise typer.BadParameter(f"{option} sets {name!r} twice")
        found[name] = value
    return found


def inputs(texts: list[str]) -> dict[str, str]:
    """Read `image=3,256,256`; sizes without a name are those of the first input, here under the name `""`.

    >>> inputs(["3,256,256", "mask=1,256,256"])
    {'': '3,256,256', 'mask': '1,256,256'}
    """
    nameless = [text for text in texts if "=" not in text]
    if len(nameless) > 1:
        raise typer.BadParameter("only one --input can do without a name")
    return {**dict.fromkeys([""] * len(nameless), *nameless), **pairs([text for text in texts if "=" in text], "--input")}


def grid(text: str) -> tuple[int, ...]:
    """Read a number of patches along each axis: one for all, or each apart.

    >>> grid("4"), grid("4x2")
    ((4,), (4, 2))
    """
    parts = text.split("x")
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts) or len(parts) > 3:
        raise typer.BadParameter(f"write --patches 4, or --patches 4x2 for rows and columns, not {text!r}")
    return tuple(map(int, parts))


def depth(text: str | None) -> int | None:
    """Read a number of levels, or `all`."""
    if text is None:
        return None
    if text == "all":
        from archcalc.report.view import EVERY_LEVEL

        return EVERY_LEVEL
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise typer.BadParameter("--depth takes a number from 1, or all")
    return int(text)


def columns(text: str | None) -> tuple[Column[Line], ...]:
    """Read a list of columns."""
    from archcalc.report.columns import UnknownColumn, pick

    try:
        return pick(text) if text is not None else ()
    except UnknownColumn as error:
        raise typer.BadParameter(str(error)) from None


def one_column(text: str | None) -> Column[Line] | None:
    """Read the name of a column."""
    from archcalc.report.columns import UnknownColumn, find

    try:
        return find(text) if text is not None else None
    except UnknownColumn as error:
        raise typer.BadParameter(str(error)) from None


def charts(texts: list[str]) -> tuple[str, ...]:
    """Read lists of charts.

    >>> charts(["rf,macs", "params"])
    ('receptive_field', 'macs', 'params')
    """
    if not texts:
        return ()
    from archcalc.report.charts import UnknownChart, pick

    try:
        return pick(",".join(texts))
    except UnknownChart as error:
        raise typer.BadParameter(str(error)) from None


def chart_names(incomplete: str) -> list[str]:
    """Complete the name of a chart."""
    from archcalc.report.charts import ALL, CHARTS

    return [name for name in (*CHARTS, ALL) if name.startswith(incomplete)]


def spec_names(incomplete: str) -> list[str]:
    """Complete a zoo name, or the path of a spec or of a folder."""
    from archcalc import zoo
    from archcalc.spec.diagnostics import SpecError

    typed = Path(incomplete)
    folder = typed if incomplete.endswith(("/", os.sep)) else typed.parent
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"} or path.is_dir())
        shipped = zoo.names()
    except (OSError, SpecError):  # while somebody types, silence is best
        return []
    paths = [f"{path}/" if path.is_dir() else str(path) for path in found if not path.name.startswith(".")]
    return [name for name in (*shipped, *paths) if name.startswith(incomplete)]


def device_names(incomplete: str) -> list[str]:
    """Complete the name of a device."""
    from archcalc.devices import known

    return [name for name in known() if name.startswith(incomplete)]


def whole(text: str, option: str) -> int:
    """Read a count as people write it.

    >>> whole("1.4T", "--tokens"), whole("300e9", "--tokens")
    (1400000000000, 300000000000)
    """
    from archcalc.grading.amounts import COUNTS, Unreadable, amount

    try:
        found = amount(text, COUNTS).value
    except Unreadable as error:
        raise typer.BadParameter(f"{option}: {error.message}") from None
    if found.denominator != 1 or not 1 <= found <= 10**24:
        raise typer.BadParameter(f"{option} takes a whole number of at least 1, 300e9 or 1.4T, not {text!r}")
    return int(found)


def share(text: str, option: str) -> Fraction:
    """Read a share above 0 and at most 1.

    >>> share("0.4", "--utilisation"), share("40%", "--utilisation")
    (Fraction(2, 5), Fraction(2, 5))
    """
    from fractions import Fraction

    number, percent = text.strip().removesuffix("%"), text.strip().endswith("%")
    found = Fraction(number) / (100 if percent else 1) if _DECIMAL.fullmatch(number) else Fraction(0)
    if not 0 < found <= 1:
        raise typer.BadParameter(f"{option} takes a share above 0 and at most 1, 0.4 or 40%, not {text!r}")
    return found


def duration(text: str, option: str) -> Fraction:
    """Read a time.

    >>> duration("5us", "--launch")
    Fraction(1, 200000)
    """
    from archcalc.devices.units import TIME, Unreadable

    try:
        return TIME(text)
    except Unreadable as error:
        raise typer.BadParameter(f"{option}: {error.message}; {error.advice}") from None


def efficiencies(text: str | None) -> tuple[Fraction | None, Fraction | None]:
    """Read shares of a device's peak and bandwidth, one for both or each apart.

    >>> efficiencies("0.6"), efficiencies("memory=0.8")
    ((Fraction(3, 5), Fraction(3, 5)), (None, Fraction(4, 5)))
    """
    if text is None:
        return None, None
    if "=" not in text:
        both = share(text, "--efficiency")
        return both, both
    found = pairs(text.split(","), "--efficiency")
    for name in found:
        if name not in {"compute", "memory"}:
            raise typer.BadParameter(f"--efficiency takes compute and memory, not {name!r}")
    shares = {name: share(value, "--efficiency") for name, value in found.items()}
    return shares.get("compute"), shares.get("memory")


def conventions(incomplete: str) -> list[str]:
    """Complete the name of a convention."""
    from archcalc.conventions import known

    return [name for name in known() if name.startswith(incomplete)]


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """Accept nothing but these words, as a callback of an option."""

    def read(text: str) -> str:
        if text not in words:
            from archcalc.layers import meant

            raise typer.BadParameter(meant(text, words) or f"takes {', '.join(words)}")
        return text

    return read


def completed(words: Iterable[str]) -> Callable[[str], list[str]]:
    """Complete one of these words."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete


def choice(name: str, words: Iterable[str], help: str) -> Any:
    """Make an option that takes one of these words."""
    known = tuple(words)
    return typer.Option(name, metavar="|".join(known), callback=one_of(known), autocompletion=completed(known), help=help)


def written(formats: Iterable[str]) -> Any:
    """Make the option that chooses between formats."""
    return typer.Option(
        "--format", "-f", metavar="|".join(formats), callback=one_of(formats), autocompletion=completed(formats),
        help="How the result is written.",
    )  # fmt: skip


Charts = Annotated[
    list[str] | None,
    typer.Option(
        "--chart", metavar="WHAT,...|all", autocompletion=chart_names,
        help="Draw bars in the place of the table: activations, params, macs, receptive_field; repeatable.",
    ),
]  # fmt: skip
Device = Annotated[
    str | None,
    typer.Option("--device", metavar="NAME", autocompletion=device_names, help="One of `archcalc devices`, or a file that describes one."),
]
Efficiency = Annotated[
    str | None,
    typer.Option("--efficiency", metavar="SHARES", help="Shares of peak and bandwidth reached: 0.6, or compute=0.5,memory=0.8."),
]
OneSpec = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", autocompletion=spec_names, help="A file, FILE#VARIANT, a name from `archcalc zoo`, or - for standard input."
    ),
]
Format = Annotated[str, written(FORMATS)]
Convention = Annotated[
    str,
    typer.Option(
        "--convention", "-c", metavar="NAME", autocompletion=conventions,
        help="Count MACs, FLOPs and parameters as a tool does: fvcore, thop-0.1, torchinfo-main and others; `archcalc reconcile` compares.",
    ),
]  # fmt: skip
Strict = Annotated[bool, typer.Option("--strict", help="Refuse what the convention has no rule for, instead of n/a.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file, which is replaced when all went well.")
]
MaxLayers = Annotated[
    int | None, typer.Option("--max-layers", min=1, metavar="N", help="Allow more layers than usual, for files one trusts.")
]
AllowOutside = Annotated[bool, typer.Option("--allow-outside", help="Let `use` read files outside the spec's folder.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a variable of the spec; repeatable.")]
Inputs = Annotated[
    list[str] | None, typer.Option("--input", metavar="[NAME=]SIZES", help="Set the sizes of an input, image=3,256,256; repeatable.")
]
Batch = Annotated[int, typer.Option("--batch", min=1, metavar="N", help="Samples at once; multiplies MACs and activations.")]
Precision = Annotated[
    str | None,
    typer.Option(
        "--dtype", metavar="TYPE",
        help="Precision, int8; or of each apart, weights=int4,activations=fp16,group=128,scale=fp16,zero=int4. As the file says, or fp32.",
    ),
]  # fmt: skip
