"""The columns: what each holds, how it is written, and which give way first where there is little room."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Generic, TypeVar

from archcalc.record import Record
from archcalc.report.numbers import at_least, percent, thousands
from archcalc.report.shapes import DASH, extents, shape
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcalc.report.fold import Line

__all__ = [
    "ALL",
    "COLUMNS",
    "NOTHING",
    "PLAIN",
    "REMARK",
    "SHARES",
    "STREAMED",
    "UNKNOWN",
    "Column",
    "UnknownColumn",
    "find",
    "order",
    "pick",
    "plain",
    "ranks",
]

UNKNOWN, NOTHING = "n/a", DASH
#: All columns at once.
ALL = "all"
#: Columns up to this rank make a plain table, where no terminal says how much room there is.
PLAIN = 8
#: The rank of columns that tables show where they are asked for; files of rows always hold them.
REMARK = 40
#: Columns sorted from A to Z.
TEXTS = frozenset({"path", "type"})

T = TypeVar("T")


class UnknownColumn(ValueError):
    """There is no such column."""


class Column(Record, Generic[T], kw_only=True):
    """One column of a table of `T`."""

    name: str  #: in files and on the command line
    title: str  #: above the column
    value: Callable[[T], object]  #: an integer, text, or numbers per axis; `None` where it is not known
    shown: Callable[[T], str]  #: how people read it
    rank: int  #: the highest go first where there is little room
    right: bool = True  #: whether it is set flush right
    least: int = 0  #: characters it can be cut to; 0 = it is not cut
    aliases: tuple[str, ...] = ()


def plain(value: object) -> str:
    """Write a value for machines.

    >>> plain({"image": (3, 8, 8)})
    'image=3x8x8'
    >>> plain(1792), plain((1, 7)), plain((None, 7)), plain(((3, 8, 8), (3, 8, 8))), plain(None), plain(Fraction(1, 2))
    ('1792', '1x7', 'allx7', '3x8x8;3x8x8', 'n/a', '1/2')
    """
    if type(value) is int:  # most are
        return str(value)
    if value is None:
        return UNKNOWN
    if isinstance(value, dict):
        return ";".join(f"{visible(name)}={plain(sizes)}" for name, sizes in value.items())
    if not isinstance(value, tuple):
        return visible(str(value))
    if value and isinstance(value[0], tuple):
        return ";".join(map(plain, value))
    return ALL if value and set(value) == {None} else "x".join(ALL if v is None else str(v) for v in value)


def pick(names: str) -> tuple[Column[Line], ...]:
    """Read a list of columns; the layer comes first where it is not asked for.

    >>> [column.name for column in pick("macs, rf")]
    ['path', 'macs', 'receptive_field']
    """
    if names.strip().lower() == ALL:
        return COLUMNS
    picked = [find(name) for name in names.split(",")]
    return tuple(dict.fromkeys(picked if COLUMNS[0] in picked else [COLUMNS[0], *picked]))


def find(name: str) -> Column[Line]:
    """Find a column by its name, its title or one of its aliases.

    >>> find("MACs").name
    'macs'
    """
    known = {word.lower(): column for column in COLUMNS for word in (column.name, column.title, *column.aliases)}
    word = name.strip().lower()
    column = known.get(word) or known.get(word.replace("-", "_").replace(" ", "_"))
    if column is None:
        from archcalc.layers import meant

        help_ = meant(word, known) or f"there are {', '.join(column.name for column in COLUMNS)}"
        raise UnknownColumn(f"no column is called `{visible(name.strip())}`: {help_}")
    return column


def order(column: Column[Line], lines: Sequence[Line]) -> list[Line]:
    """Sort lines by a column: numbers from the largest down, what is not known last; texts from A to Z."""
    if column.name in TEXTS:
        return sorted(lines, key=lambda line: plain(column.value(line)))
    return sorted(lines, key=lambda line: _weight(column.value(line)), reverse=True)  # in reverse, too, equals keep their order


def ranks(column: Column[Line], lines: Sequence[Line]) -> list[int | None]:
    """Give each line its place in this order, the same to those that are equal; `None` where nothing is known."""
    values = [column.value(line) for line in lines]
    keys = [plain(value) if column.name in TEXTS else _weight(value) for value in values]
    places = {key: i for i, key in enumerate(sorted(set(keys), reverse=column.name not in TEXTS))}
    return [None if value is None or value == "" else places[key] for value, key in zip(values, keys, strict=True)]


def _weight(value: object) -> float | Fraction:
    """Put a value on one scale, shapes by their elements; a whole axis is more than any number, and nothing is less than any."""
    if isinstance(value, tuple):
        sizes = [n for v in value for n in (v if isinstance(v, tuple) else (v,))]
        return float("inf") if None in sizes else prod(sizes)
    return value if isinstance(value, (int, float, Fraction)) else float("-inf")


def _layer(line: Line) -> str:
    return visible(line.row.path)


def _type(line: Line) -> str:
    return visible(line.row.type)


def _inputs(line: Line) -> str:
    return ", ".join(map(shape, line.row.inputs)) or NOTHING


def _output(line: Line) -> str:
    return shape(line.row.output)


def _place(line: Line) -> str:
    file = line.row.source_file
    number = str(line.row.line or "")
    return f"{visible(file)}:{number}" if file else number


def _count(name: str, title: str, rank: int, *aliases: str) -> Column[Line]:
    """Make a column of numbers that add up."""

    def value(line: Line) -> int | None:
        n: int = getattr(line.row, name)
        return None if name in line.row.incomplete else n

    def shown(line: Line) -> str:
        row = line.row
        unknown, n = name in row.incomplete, getattr(row, name)
        if n == 0:
            return UNKNOWN if unknown else "tied" if row.tied and name in {"params", "trainable"} else NOTHING
        text = at_least(thousands(n), bound=unknown)
        return f"*{text}" if row.declared else text

    return Column(name=name, title=title, value=value, shown=shown, rank=rank, aliases=aliases)


def _share(name: str, title: str, rank: int, *aliases: str) -> Column[Line]:
    """Make a column of percentages of the total."""

    def value(line: Line) -> float | None:
        return None if name in line.row.incomplete else float(percent(getattr(line.row, name), getattr(line.of, name)) or 0)

    def shown(line: Line) -> str:
        n = value(line)
        return UNKNOWN if n is None else f"{n:.2f}" if getattr(line.row, name) else NOTHING

    return Column(name=f"{name}_percent", title=title, value=value, shown=shown, rank=rank, aliases=aliases)


def _extents(name: str, title: str, rank: int, *aliases: str) -> Column[Line]:
    """Make a column of extents on the input, one per axis."""

    def value(line: Line) -> object:
        return None if name in line.row.incomplete else getattr(line.row, name) or ""

    def shown(line: Line) -> str:
        row, most = line.row, value(line)
        if not isinstance(most, tuple):
            return UNKNOWN if most is None else NOTHING
        if name != "receptive_field":
            return NOTHING if set(most) == {None} else extents(most)
        return extents(most, row.receptive_field_min) + ("" if row.aligned else "~")

    return Column(name=name, title=title, value=value, shown=shown, rank=rank, aliases=aliases)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else visible(str(value or ""))


def _remark(name: str, title: str) -> Column[Line]:
    """Make a column of something said of a row rather than counted."""

    def shown(line: Line) -> str:
        return _word(getattr(line.row, name))

    return Column(name=name, title=title, value=shown, shown=shown, rank=REMARK, right=False, least=4)


#: In the order they stand in. Those of rank 0 to 5 are what the calculator is for.
COLUMNS: tuple[Column[Line], ...] = (
    Column(name="path", title="Layer", value=lambda line: line.row.path, shown=_layer, rank=0, right=False, least=16, aliases=("name",)),
    Column(name="type", title="Type", value=lambda line: line.row.type, shown=_type, rank=5, right=False, least=8, aliases=("kind",)),
    Column(
        name="inputs", title="Input", value=lambda line: line.row.inputs, shown=_inputs, rank=13, right=False, least=11, aliases=("in",)
    ),
    Column(name="output", title="Output", value=lambda line: line.row.output, shown=_output, rank=1, right=False, aliases=("out", "shape")),
    _count("params", "Params", 2, "param", "parameters", "weights"),
    _share("params", "Params %", 10, "params%", "param_share", "params_share"),
    _count("trainable", "Trainable", 16),
    _count("frozen", "Frozen", 17),
    _count("buffers", "Buffers", 15, "buffer"),
    _count("model_size_bytes", "Size (B)", 18, "size", "bytes", "model_size"),
    _count("macs", "MACs", 3, "mac", "mult_adds", "madds"),
    _share("macs", "MACs %", 11, "macs%", "mac_share", "macs_share"),
    _count("flops", "FLOPs", 14, "flop"),
    _extents("receptive_field", "RF", 4, "field", "receptive"),
    _extents("effective_stride", "Stride", 8, "jump"),
    _extents("effective_padding", "Padding", 9, "pad"),
    _count("activations", "Activations", 7, "activation", "acts"),
    _count("activations_bytes", "Act. (B)", 20, "act_bytes"),
    _count("live", "Live", 12, "alive", "peak", "peak_activation"),
    _count("in_out", "In+out", 19, "inout", "peak_in_out"),
    Column(name="rows", title="Rows", value=lambda line: line.rows, shown=lambda line: thousands(line.rows), rank=22),
    Column(name="line", title="Line", value=lambda line: line.row.line, shown=_place, rank=21, aliases=("source", "lines")),
    _remark("group", "Group"),
    _remark("tied", "Tied"),
    _remark("declared", "Declared"),
    _extents("receptive_field_min", "Least RF", REMARK),
    Column(
        name="aligned", title="Aligned", value=lambda line: _word(line.row.aligned), shown=lambda line: _word(line.row.aligned), rank=REMARK
    ),
    _remark("source_file", "File"),
)
#: Shown with `--shares`.
SHARES = tuple(column for column in COLUMNS if column.name.endswith("_percent"))
#: What a file of rows holds unless other columns are asked for; `rows` would be 1 throughout, shares need the totals first.
STREAMED = tuple(column for column in COLUMNS if column not in SHARES and column.name != "rows")
