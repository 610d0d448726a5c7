"""Values in a file: expressions, texts, names of tensors and expectations, read with what is known of names."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archcalc.layers import meant
from archcalc.layers.fields import UNKNOWN
from archcalc.spec import expect as expectations
from archcalc.spec.diagnostics import MOST_ERRORS, SpecError
from archcalc.spec.document import Formula, Loop, Place, Promise, located
from archcalc.spec.expression import Expression, ExpressionError, expression
from archcalc.spec.functions import FUNCTIONS
from archcalc.spec.scope import word_or_expression
from archcalc.spec.template import template

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.spec.diagnostics import Diagnostic, Source
    from archcalc.spec.scope import Scope
    from archcalc.spec.source import Node

__all__ = ["NAME", "RESERVED", "Problems", "Values", "data_of", "kind_of", "misfit"]

#: What an entry, and the tensor it makes, may be called.
NAME = re.compile(r"[^\s.\[\]*]+")
#: Words that mean something in expressions, so that no variable is called so.
RESERVED = frozenset({*FUNCTIONS, "x", "and", "or", "not", "if", "else", "true", "false"})


class Problems:
    """Collects what is wrong, and stops when it is enough."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Diagnostic] = []

    def place(self, node: Node) -> Place:
        """Say where a node stands."""
        return Place(self.source, node.span)

    def add(self, *diagnostics: Diagnostic) -> None:
        """Note problems; more than enough of them end the reading."""
        self.found += [one for one in diagnostics if one not in self.found]
        if len(self.found) > MOST_ERRORS:  # one more tells that there are more
            self.stop()

    def report(self, code: str, message: str, where: Node | Place, hint: str = "") -> None:
        """Note one problem."""
        place = where if isinstance(where, Place) else self.place(where)
        self.add(place.problem(code, message, hint))

    def stop(self) -> None:
        """Raise what was found, if anything was."""
        if self.found:
            raise SpecError(tuple(self.found))


class Values(Problems):
    """Reads the values of one file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.absent: dict[Diagnostic, tuple[str, Scope]] = {}  #: names that no tensor has by where they stand

    def formula(self, node: Node, scope: Scope, mode: str = "expression") -> Formula:
        """Read a value: `expression`, `text` (with `$`), or `value` (a lone unknown word is text, as in `vars`)."""
        place, value, quoted = self.place(node), node.value, not node.plain
        if isinstance(value, dict) or (mode == "text" and isinstance(value, list)):
            self.report("E212", f"takes a {'text' if mode == 'text' else 'value'}, not {kind_of(node)}", node)
            return Formula(None, place)
        if isinstance(value, list):
            return Formula(tuple(self.formula(item, scope, mode) for item in value), place)
        if not isinstance(value, str):
            return Formula(str(_yaml(value)) if mode == "text" else value, place)
        read: Callable[[str], object] = {
            "expression": lambda text: _checked(expression(text), scope),
            "text": lambda text: _checked(template(text), scope) if "$" in text else text,
            "value": lambda text: word_or_expression(text, scope),
        }[mode]
        try:
            return Formula(read(value), place, quoted)
        except ExpressionError as error:
            self.add(located(error, place, quoted=quoted))
            return Formula(None, place)

    def boolean(self, node: Node, scope: Scope) -> Formula:
        """Read a condition."""
        if isinstance(node.value, list | dict):
            self.report("E233", f"takes `true` or `false`, not {kind_of(node)}", node)
            return Formula(None, self.place(node))
        if isinstance(node.value, str) and node.value.lower() in {"no", "off", "yes", "on"}:
            word = "true" if node.value.lower() in {"yes", "on"} else "false"
            self.report("E233", f"`{node.value}` is text here, not a boolean", node, f"write `{word}`")
            return Formula(None, self.place(node))
        return self.formula(node, scope)

    def mapping(self, node: Node, what: str, shape: str = "name: …") -> dict[str, Node]:
        """Read a mapping; nothing counts as an empty one."""
        if isinstance(node.value, dict):
            return node.value
        if node.value is not None:
            self.report("E210", f"{what} is a mapping, not {kind_of(node)}", node, f"write `{shape}`")
        return {}

    def loop(self, node: Node, scope: Scope) -> Loop:
        """Read the columns of a `for`."""
        columns: list[tuple[tuple[str, ...], Formula]] = []
        for key, value in self.mapping(node, "`for`", "for: {width: [64, 128], depth: [2, 3]}").items():
            names = tuple(part.strip() for part in key.split(","))
            for name in names:
                self.variable(name, Place(self.source, node.at((key,), key=True)))
            columns.append((names, self.formula(value, scope, "value")))
        if not columns and isinstance(node.value, dict):
            self.report("E206", "`for` has no columns", node, "write `for: {width: [64, 128]}` or `for: {stage: 4}`")
        return Loop(tuple(columns), self.place(node))

    def variable(self, name: str, place: Place) -> None:
        """Check the name of a variable."""
        if not name.isidentifier():
            self.report(
                "E207", f"`{name}` can't be a name in expressions", place, "names are letters, digits and _, and don't start with a digit"
            )
        elif name in RESERVED:
            self.report("E207", f"`{name}` has a meaning of its own in expressions", place, "choose another name")

    def references(self, node: Node | None, scope: Scope) -> tuple[Formula, ...]:
        """Read one name of a tensor or several."""
        if node is None:
            return ()
        items = node.value if isinstance(node.value, list) else [node]
        if not items:
            self.report("E208", "an empty list of tensors", node)
        return tuple(self.reference(item, scope) for item in items)

    def reference(self, node: Node, scope: Scope, what: str = "a tensor") -> Formula:
        """Read one name of a tensor, or of the entry that made it, and check that it may exist by here."""
        if not isinstance(node.value, str | int) or isinstance(node.value, bool):
            self.report("E208", f"takes the name of {what}, not {kind_of(node)}", node)
            return Formula("x", self.place(node))
        made = self.formula(node, scope, "text")
        if isinstance(made.value, str):
            self.exists(made.value, node, scope)
        return made

    def exists(self, name: str, node: Node, scope: Scope) -> None:
        """Report a name that no earlier entry can have given."""
        if name == "x" or _given(name, scope):
            return
        if "*" in name:
            if not scope.tensors:
                self.report("E310", f"no tensor matches `{name}`", node)
            return
        literal = [pattern for pattern in scope.tensors if NAME.fullmatch(pattern) and "\\" not in pattern and "+" not in pattern]
        hint = meant(name, literal) or (
            "names given before this line: " + ", ".join(literal[:12]) if literal else "give an earlier entry a `name:`"
        )
        problem = self.place(node).problem("E310", f"no tensor is called `{name}` by here", hint)
        self.add(problem)
        self.absent[problem] = name, scope

    def stop(self) -> None:
        """Raise what was found, if anything was; by now it is known which names come too late."""
        late = {problem: name for problem, (name, scope) in self.absent.items() if _given(name, scope)}
        advice = "`{}` is known only after the entry that gives it"
        self.found = [replace(one, help=advice.format(late[one])) if one in late else one for one in self.found]
        super().stop()

    def promises(self, node: Node, scope: Scope, *, whole: bool = True) -> tuple[Promise, ...]:
        """Read expectations of a whole network, or of an entry."""
        made = []
        for key, item in self.mapping(node, "`expect`", "expect: {params: 61706}").items():
            shape = None
            value = item.data()
            if not whole and key in expectations.COSTS:
                hint = "expect it of the file or of a variant"
                self.report("E240", f"`{key}` is of a whole network", Place(self.source, node.at((key,), key=True)), hint)
                continue
            if isinstance(item.value, list) and isinstance(value, list):
                parts = [Formula("all", self.place(n)) if n.value == "all" else self.formula(n, scope) for n in item.value]
                shape = Formula(tuple(parts), self.place(item))
            try:
                made.append(Promise(expectations.parse(key, value), self.place(item), shape))
            except expectations.ExpectError as error:
                known_key = key in expectations.KEYS
                place = self.place(item) if known_key else Place(self.source, node.at((key,), key=True))
                self.report("E240", error.message, place, error.help)
        return tuple(made)


def _given(name: str, scope: Scope) -> bool:
    """Tell whether an entry has given a name, or one that this is a part of."""
    return scope.tensor(name) or scope.tensor(name.partition(".")[0])


def misfit(value: object, kind: str) -> str:
    """Say why a value is not of a type word, or nothing.

    >>> misfit(7.5, "int"), misfit([1], "list")
    ('takes a whole number, not 7.5', '')
    """
    if value is UNKNOWN:
        return ""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "int" if not (number and value.is_integer() if isinstance(value, float) else number):
            return f"takes a whole number, not {_plain(value)}"
        case "float" if not number:
            return f"takes a number, not {_plain(value)}"
        case "bool" if not isinstance(value, bool):
            return f"takes `true` or `false`, not {_plain(value)}"
        case "list" if not isinstance(value, list | tuple):
            return f"takes a list, not {_plain(value)}"
        case "str" if not isinstance(value, str):
            return f"takes a text, not {_plain(value)}"
    return ""


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return f"`{value}`" if isinstance(value, str) else str(_yaml(value))


def _yaml(value: object) -> object:
    return {True: "true", False: "false", None: "null"}.get(value, value) if isinstance(value, bool | None) else value


def _checked(made: Any, scope: Scope) -> Any:
    made.check(scope)
    if isinstance(made, Expression) and made.constant:
        return made({})
    return made


def data_of(node: Node) -> dict[str, object]:
    """Give a mapping as plain data."""
    data = node.data()
    return data if isinstance(data, dict) else {}


def kind_of(node: Node) -> str:
    """Say what a node is, for a message."""
    match node.value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return f"`{str(node.value).lower()}`"
    text = str(node.value)
    return f"`{text if len(text) <= 40 else text[:37] + '…'}`"
