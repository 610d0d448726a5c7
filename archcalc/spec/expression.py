"""Expressions: the arithmetic that may stand in a field.

Python's grammar, a short list of nodes, and bounds at every node. Nothing is ever handed to `eval`: an expression becomes a chain
of functions over an environment of numbers, booleans, texts, lists and tensors.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from archcalc.algebra import LARGEST, Tensor
from archcalc.layers import meant
from archcalc.record import Record
from archcalc.spec.functions import FUNCTIONS
from archcalc.spec.scalars import short

__all__ = ["LONGEST_LIST", "Expression", "ExpressionError", "Unclear", "Use", "expression", "leaves"]

LONGEST = 200  #: characters
EXPONENT, BASE = 64, 10**9  #: of a power
LONGEST_LIST = 10_000  #: values in a list, those in lists inside it included

Env = Mapping[str, object]
Evaluator = Callable[[Env], object]


class ExpressionError(Exception):
    """What is wrong with an expression, and where in its text."""

    def __init__(self, code: str, message: str, start: int = 0, end: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.hint = code, message, start, end, hint


class Unclear(Record):
    """What a name stands for that could mean several things: whoever reads it is told, and told what to write."""

    message: str
    hint: str


class Use(Record):
    """A name that an expression reads: a variable, or one size of a tensor (`x.c`)."""

    name: str
    attribute: str | None
    start: int
    end: int


class Expression(Record):
    """A compiled expression: `expression("2 * d")({"d": 64})` is 128."""

    text: str
    uses: tuple[Use, ...]
    run: Evaluator

    def __call__(self, env: Env) -> object:
        """Evaluate it."""
        return self.run(env)

    @property
    def constant(self) -> bool:
        """Whether it reads no name."""
        return not self.uses

    def check(self, names: Mapping[str, object]) -> None:
        """Refuse names that nothing defines."""
        for use in self.uses:
            if use.name not in names:
                _unknown(use, names)


def _unknown(use: Use, names: Mapping[str, object]) -> NoReturn:
    outside = getattr(names, "outside", ())
    hint = "a block does not see the file's variables: give it an argument of that name" if use.name in outside else meant(use.name, names)
    raise ExpressionError("E301", f"unknown name `{use.name}`", use.start, use.end, hint or _known_names(names))


def _known_names(names: Mapping[str, object]) -> str:
    shown = [name for name in names if name != "x"]
    return f"known here: {', '.join(sorted(shown)[:12])}" if shown else ""


def _divide(a: float, b: float) -> float:
    """Divide; a whole number stays one, and exact."""
    return a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else a / b


_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], object]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: _divide,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], object]] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}


@lru_cache(maxsize=4096)
def expression(text: str, largest: float = LARGEST) -> Expression:
    """Compile an expression, of whose values none may be beyond `largest`.

    >>> expression("divisible(c * 0.5) if wide else 7 // 2")({"c": 64, "wide": True})
    32
    """
    if len(text) > LONGEST:
        raise ExpressionError("E302", f"an expression of {len(text)} characters; {LONGEST} are allowed", 0, LONGEST)
    source = text.strip()
    indent = len(text) - len(text.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "invalid decimal literal" and its like are our business below
            tree = ast.parse(source, mode="eval")
    except SyntaxError as error:
        at = indent + (error.offset or 1) - 1
        _syntax(text, source, at)
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("E302", f"`{short(text)}` is not an expression", 0, len(text)) from None
    compiler = _Compiler(indent, source, largest)
    run = compiler.compile(tree.body)
    return Expression(text, tuple(compiler.uses), run)


def _syntax(text: str, source: str, at: int) -> NoReturn:
    hint = ""
    if re.fullmatch(r"0\d+", source):
        hint = "write numbers in decimal"
    elif "$" in source or "{" in source:
        hint = "write names alone here, without `$` or braces: the field is an expression"
    elif "&&" in source or "||" in source or "!" in source.replace("!=", ""):
        hint = "write `and`, `or`, `not`"
    raise ExpressionError("E302", f"`{short(text)}` is not an expression", min(at, max(len(text) - 1, 0)), len(text), hint)


class _Compiler:
    """Turns the nodes that are allowed into functions of an environment, and notes the names they read."""

    def __init__(self, indent: int, source: str, largest: float) -> None:
        self.uses: list[Use] = []
        self.indent = indent
        self.source = source
        self.largest = largest

    def place(self, node: ast.expr) -> tuple[int, int]:
        """Give the characters of a node; `ast` counts bytes."""
        raw = self.source.encode()
        start, end = len(raw[: node.col_offset].decode()), len(raw[: node.end_col_offset].decode())
        return self.indent + start, self.indent + end

    def refuse(self, node: ast.expr, message: str, hint: str = "", code: str = "E303") -> NoReturn:
        raise ExpressionError(code, message, *self.place(node), hint)

    def bounded(self, value: object, start: int, end: int) -> object:
        if isinstance(value, int | float) and not -self.largest <= value <= self.largest:
            raise ExpressionError("E305", "the value is beyond 10^18", start, end)
        if isinstance(value, complex):
            raise ExpressionError("E305", "the value is not a real number", start, end)
        return value

    def compile(self, node: ast.expr) -> Evaluator:  # noqa: C901, PLR0911 - one line a node
        match node:
            case ast.Constant(value=bool() | str() as value):
                return lambda _: value
            case ast.Constant(value=int() | float() as value):
                return self.constant(node, value)
            case ast.Name():
                return self.name(node)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                return self.attribute(node, name, attribute)
            case ast.BinOp():
                return self.binary(node)
            case ast.UnaryOp():
                return self.unary(node)
            case ast.BoolOp():
                return self.boolean(node)
            case ast.Compare():
                return self.compare(node)
            case ast.IfExp():
                test, then, other = self.compile(node.test), self.compile(node.body), self.compile(node.orelse)
                return lambda env: then(env) if test(env) else other(env)
            case ast.List() | ast.Tuple():
                return self.listed(node)
            case ast.Subscript():
                return self.subscript(node)
            case ast.Call():
                return self.call(node)
        return self.refuse(node, f"`{short(ast.unparse(node))}` is not allowed in an expression")

    def constant(self, node: ast.expr, value: float) -> Evaluator:
        at = self.place(node)
        written = self.source[at[0] - self.indent : at[1] - self.indent]
        if re.match(r"0[xob]", written, re.IGNORECASE):
            self.refuse(node, f"`{written}` is no number here", "write numbers in decimal")
        self.bounded(value, *at)
        number = int(value) if float(value).is_integer() and "." not in written else value  # 5e4 is whole
        return lambda _: number

    def name(self, node: ast.Name) -> Evaluator:
        name, (start, end) = node.id, self.place(node)
        if name in {"true", "false"}:
            return lambda _: name == "true"
        if name in FUNCTIONS:
            self.refuse(node, f"`{name}` is a function: write `{name}(…)`")
        use = Use(name, None, start, end)
        self.uses.append(use)

        def look_up(env: Env) -> object:
            try:
                value = env[name]
            except KeyError:
                _unknown(use, env)
            if type(value) is Unclear:
                raise ExpressionError("E301", value.message, start, end, value.hint)
            return value

        return look_up

    def attribute(self, node: ast.Attribute, name: str, attribute: str) -> Evaluator:
        start, end = self.place(node)
        use = Use(name, attribute, start, end)
        self.uses.append(use)

        def look_up(env: Env) -> object:
            if name not in env:
                _unknown(use, env)
            tensor = env[name]
            if not isinstance(tensor, Tensor):
                hint = "there is no single incoming tensor after `merge: none` or a layer with several results" if tensor is None else ""
                what = "is no tensor" if tensor is not None else "is not there"
                raise ExpressionError("E304", f"`{name}` {what}: only tensors have sizes", start, end, hint)
            found = _dim(tensor, attribute)
            if found is None:
                hint = f"its axes are {', '.join(tensor.names)}; `d` is always the last; `size` and `rank` work on every tensor"
                raise ExpressionError("E304", f"`{name}` has no axis `{attribute}`", start, end, hint)
            return found

        return look_up

    def binary(self, node: ast.BinOp) -> Evaluator:
        function = _BINARY.get(type(node.op))
        if function is None:
            self.refuse(node, "this operator is not allowed in an expression", "there are + - * / // % **")
        left, right, at = self.compile(node.left), self.compile(node.right), self.place(node)
        power = isinstance(node.op, ast.Pow)

        def run(env: Env) -> object:
            a, b = _number(left(env), *at), _number(right(env), *at)
            if power and (abs(b) > EXPONENT or abs(a) > BASE):
                raise ExpressionError("E305", f"`{a}**{b}` is too large a power", *at)
            try:
                return self.bounded(function(a, b), *at)
            except ZeroDivisionError:
                raise ExpressionError("E305", "division by zero", *at) from None

        return run

    def unary(self, node: ast.UnaryOp) -> Evaluator:
        function = _UNARY.get(type(node.op))
        if function is None:
            self.refuse(node, "this operator is not allowed in an expression", "write `not`")
        operand, at = self.compile(node.operand), self.place(node)
        if function is operator.not_:
            return lambda env: not operand(env)
        return lambda env: function(_number(operand(env), *at))

    def boolean(self, node: ast.BoolOp) -> Evaluator:
        parts = [self.compile(value) for value in node.values]
        if isinstance(node.op, ast.And):
            return lambda env: all(part(env) for part in parts)
        return lambda env: any(part(env) for part in parts)

    def compare(self, node: ast.Compare) -> Evaluator:
        functions = [_COMPARE.get(type(op)) for op in node.ops]
        if None in functions:
            self.refuse(node, "this comparison is not allowed in an expression", "there are == != < <= > >=")
        first, rest, at = self.compile(node.left), [self.compile(item) for item in node.comparators], self.place(node)

        def run(env: Env) -> object:
            left = first(env)
            for function, item in zip(functions, rest, strict=True):
                right = item(env)
                try:
                    if not function(left, right):  # type: ignore[misc]
                        return False
                except TypeError:
                    raise ExpressionError("E304", f"{_what(left)} can't be compared with {_what(right)}", *at) from None
                left = right
            return True

        return run

    def listed(self, node: ast.List | ast.Tuple) -> Evaluator:
        parts, at = [self.compile(item) for item in node.elts], self.place(node)

        def run(env: Env) -> object:
            items = [part(env) for part in parts]
            if leaves(items) > LONGEST_LIST:
                raise ExpressionError("E305", f"a list of more than {LONGEST_LIST:,} values", *at)
            return items

        return run

    def subscript(self, node: ast.Subscript) -> Evaluator:
        if isinstance(node.slice, ast.Slice):
            self.refuse(node, "slices are not allowed in an expression", "one item: `list[i]`")
        value, index, at = self.compile(node.value), self.compile(node.slice), self.place(node)

        def run(env: Env) -> object:
            items, i = value(env), index(env)
            if not isinstance(items, list | tuple) or type(i) is not int:
                raise ExpressionError("E304", f"`{ast.unparse(node)}` needs a list and a whole number", *at)
            if not -len(items) <= i < len(items):
                raise ExpressionError("E304", f"item {i} of a list of {len(items)}", *at, "the first item is 0")
            return items[i]

        return run

    def call(self, node: ast.Call) -> Evaluator:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        function = FUNCTIONS.get(name)
        if function is None:
            hint = meant(name, FUNCTIONS) or f"there are {', '.join(FUNCTIONS)}"
            self.refuse(node, f"unknown function `{short(ast.unparse(node.func))}`", hint)
        if any(word.arg != "d" or name != "divisible" for word in node.keywords) or any(isinstance(a, ast.Starred) for a in node.args):
            self.refuse(node, f"`{name}` takes plain arguments")
        parts, at = [self.compile(value) for value in node.args], self.place(node)
        named = {str(word.arg): self.compile(word.value) for word in node.keywords}

        def run(env: Env) -> object:
            values = [part(env) for part in parts]
            try:
                return self.bounded(function(*values, **{word: part(env) for word, part in named.items()}), *at)
            except (TypeError, ValueError, OverflowError, ZeroDivisionError):
                raise ExpressionError("E304", f"`{name}` has no value for {', '.join(map(_what, values))}", *at) from None

        return run


def leaves(items: object) -> int:
    """Count the values in nested lists, no further than matters: lists may hold each other many times over."""
    count, todo = 0, [items]
    while todo and count <= LONGEST_LIST:
        item = todo.pop()
        if isinstance(item, list | tuple):
            todo += item[: LONGEST_LIST + 1]
        count += 1
    return count


def _dim(tensor: Tensor, attribute: str) -> int | None:
    if attribute in tensor.names:
        return tensor.shape[tensor.names.index(attribute)]
    match attribute:
        case "d" | "last":
            return tensor.shape[-1] if tensor.shape else None
        case "size":
            return tensor.size
        case "rank":
            return len(tensor.shape)
    return None


def _number(value: object, start: int, end: int) -> float:
    if not isinstance(value, int | float):
        raise ExpressionError(
            "E304",
            f"{_what(value)} can't be calculated with",
            start,
            end,
            "sizes of tensors are `x.c`, `x.h`, `x.d` …" if isinstance(value, Tensor) else "",
        )
    return value


def _what(value: object) -> str:
    match value:
        case Tensor():
            return f"the tensor {value}"
        case str():
            return f"the text `{short(value)}`"
        case list() | tuple():
            return f"a list of {len(value)}"
        case None:
            return "nothing"
    return f"{value}"
