"""Arithmetic to read: the same expression in letters, in numbers, as text and as LaTeX, and its value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, prod

__all__ = ["LATEX", "TEXT", "Expr", "Letter", "Number", "Product", "Ratio", "Rounded", "Sum", "Writer", "product", "total"]

#: How tightly an expression binds: a sum is put in brackets inside a product, and so on.
SUM, PRODUCT, ATOM = 1, 2, 3


class Expr:
    """An expression: `level` says how tightly it binds."""

    __slots__ = ()
    level = ATOM

    @property
    def value(self) -> int | Fraction:
        """What it comes to."""
        raise NotImplementedError

    def write(self, writer: Writer) -> str:
        """Write it down."""
        raise NotImplementedError

    def inside(self, writer: Writer, level: int) -> str:
        """Write it as a part of what binds as tightly as `level`."""
        written = self.write(writer)
        return writer.bracketed(written) if self.level < level else written


@dataclass(frozen=True, slots=True)
class Writer:
    """A way of writing: letters or numbers, plain text or LaTeX."""

    latex: bool = False
    letters: bool = True

    @property
    def numbers(self) -> Writer:
        """The same way, with numbers in the place of letters."""
        return Writer(self.latex, letters=False)

    def bracketed(self, text: str) -> str:
        """Put brackets around a text."""
        return rf"\left({text}\right)" if self.latex else f"({text})"

    def number(self, n: int | Fraction) -> str:
        """Write a number: thousands apart, a fraction as one.

        >>> TEXT.number(25088), LATEX.number(25088), TEXT.number(Fraction(1, 2))
        ('25,088', '25{,}088', '1/2')
        """
        if isinstance(n, Fraction) and n.denominator != 1:
            return rf"\frac{{{n.numerator}}}{{{n.denominator}}}" if self.latex else f"{n.numerator}/{n.denominator}"
        text = f"{int(n):,}"
        return text.replace(",", "{,}") if self.latex else text

    def letter(self, name: str) -> str:
        r"""Write a letter with its index.

        >>> print(TEXT.letter("C_in/G"), LATEX.letter("C_in/G"), LATEX.letter("k_h"), LATEX.letter("edges"))
        (C_in/G) \frac{C_{in}}{G} k_h \mathit{edges}
        """
        if not self.latex:
            return f"({name})" if "/" in name else name
        top, slash, bottom = name.partition("/")
        return rf"\frac{{{_symbol(top)}}}{{{_symbol(bottom)}}}" if slash else _symbol(top)


def _symbol(name: str) -> str:
    stem, _, index = name.partition("_")
    stem, index = (part.replace("_", r"\_") for part in (stem, index))
    head = stem if len(stem) == 1 else rf"\mathit{{{stem}}}"
    return f"{head}_{{{index}}}" if len(index) > 1 else f"{head}_{index}" if index else head


TEXT, LATEX = Writer(), Writer(latex=True)


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A number that is the same in letters."""

    n: int | Fraction

    @property
    def value(self) -> int | Fraction:
        """The number."""
        return self.n

    def write(self, writer: Writer) -> str:
        """Write it; a negative one in brackets."""
        written = writer.number(-self.n if self.n < 0 else self.n)
        return writer.bracketed(f"-{written}") if self.n < 0 else written


@dataclass(frozen=True, slots=True)
class Letter(Expr):
    """A letter and what it stands for."""

    name: str
    n: int | Fraction

    @property
    def value(self) -> int | Fraction:
        """What it stands for."""
        return self.n

    def write(self, writer: Writer) -> str:
        """Write the letter, or the number."""
        return writer.letter(self.name) if writer.letters else Number(self.n).write(writer)


@dataclass(frozen=True, slots=True)
class Product(Expr):
    """Factors; `tight` ones stand close together, and letters without a dot: `2P`, `D(k - 1)`."""

    factors: tuple[Expr, ...]
    tight: bool = False
    level = PRODUCT

    @property
    def value(self) -> int | Fraction:
        """Multiply."""
        return prod(factor.value for factor in self.factors)

    def write(self, writer: Writer) -> str:
        """Write the factors with dots between them."""
        dot = r" \cdot " if writer.latex else "·" if self.tight else " · "
        return ("" if self.tight and writer.letters else dot).join(factor.inside(writer, PRODUCT) for factor in self.factors)


@dataclass(frozen=True, slots=True)
class Sum(Expr):
    """Terms, each with its sign."""

    terms: tuple[tuple[int, Expr], ...]  #: each with 1 or -1
    level = SUM

    @property
    def value(self) -> int | Fraction:
        """Add up."""
        return sum(sign * term.value for sign, term in self.terms)

    def write(self, writer: Writer) -> str:
        """Write the terms with their signs between them."""
        written = " ".join(f"{'+' if sign > 0 else '-'} {term.inside(writer, PRODUCT)}" for sign, term in self.terms)
        return re.sub(r"^(\+ |(-) )", r"\2", written)


@dataclass(frozen=True, slots=True)
class Ratio(Expr):
    """One expression over another."""

    top: Expr
    bottom: Expr
    level = PRODUCT

    @property
    def value(self) -> int | Fraction:
        """Divide."""
        return Fraction(self.top.value) / self.bottom.value

    def write(self, writer: Writer) -> str:
        """Write a fraction."""
        if writer.latex:
            return rf"\frac{{{self.top.write(writer)}}}{{{self.bottom.write(writer)}}}"
        return f"{self.top.inside(writer, PRODUCT)} / {self.bottom.inside(writer, ATOM)}"


@dataclass(frozen=True, slots=True)
class Rounded(Expr):
    """An expression rounded down or up."""

    of: Expr
    up: bool = False

    @property
    def value(self) -> int:
        """Round."""
        return ceil(self.of.value) if self.up else floor(self.of.value)

    def write(self, writer: Writer) -> str:
        """Write floor or ceil."""
        word = "ceil" if self.up else "floor"
        inner = self.of.write(writer)
        return rf"\left\l{word} {inner} \right\r{word}" if writer.latex else f"{word}({inner})"


def product(*factors: Expr) -> Expr:
    """Multiply; one factor is itself, none is 1."""
    return factors[0] if len(factors) == 1 else Product(factors) if factors else Number(1)


def total(*terms: Expr) -> Expr:
    """Add up; one term is itself, none is 0."""
    return terms[0] if len(terms) == 1 else Sum(tuple((1, term) for term in terms)) if terms else Number(0)
