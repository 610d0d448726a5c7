"""Arithmetic to read: the same expression in letters, in numbers, as text and as LaTeX, and what it comes to."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, prod

from archcalc.formulas.tex import escaped, symbol
from archcalc.record import Record
from archcalc.spec.diagnostics import visible

__all__ = [
    "CLOSE", "LATEX", "TEXT", "TIGHT", "Expr", "Largest", "Letter", "Listed", "Named", "Number", "Product", "Ratio", "Rounded", "Sum",
    "Writer", "Written", "chain", "product", "total",
]  # fmt: skip

#: How tightly an expression binds: a sum is put in brackets inside a product, and so on.
SUM, PRODUCT, ATOM = 1, 2, 3
#: What may stand between factors, beside dots with spaces: dots alone, and as little as possible.
TIGHT, CLOSE = "·", ""


class Writer(Record):
    """A way of writing: letters or numbers, plain text or LaTeX."""

    latex: bool = False
    letters: bool = True
    apart: bool = True  #: whether thousands are set apart; in a shape commas have another meaning

    @property
    def numbers(self) -> Writer:
        """The same way, with numbers in the place of letters."""
        return replace(self, letters=False)

    def bracketed(self, text: str) -> str:
        """Put brackets around a text."""
        return rf"\left({text}\right)" if self.latex else f"({text})"

    def number(self, n: int | Fraction) -> str:
        """Write a number, a fraction as one.

        >>> TEXT.number(25088), LATEX.number(25088), TEXT.number(Fraction(1, 2))
        ('25,088', '25{,}088', '1/2')
        """
        if isinstance(n, Fraction) and n.denominator != 1:
            return rf"\frac{{{n.numerator}}}{{{n.denominator}}}" if self.latex else f"{n.numerator}/{n.denominator}"
        text = f"{int(n):,}" if self.apart else str(int(n))
        return text.replace(",", "{,}") if self.latex else text

    def letter(self, name: str) -> str:
        r"""Write a letter with its index.

        >>> print(TEXT.letter("C_in/G"), LATEX.letter("C_in/G"), LATEX.letter("k_h"))
        (C_in/G) \frac{C_{\mathrm{in}}}{G} k_h
        """
        if not self.latex:
            return f"({visible(name)})" if "/" in name else visible(name)
        top, slash, bottom = name.partition("/")
        return rf"\frac{{{symbol(top)}}}{{{symbol(bottom)}}}" if slash else symbol(top)


TEXT, LATEX = Writer(), Writer(latex=True)


class Written(Record):
    """What can be written down, and comes to something."""

    def write(self, writer: Writer) -> str:
        """Write it down."""
        raise NotImplementedError

    def result(self, writer: Writer) -> str:
        """Write what it comes to."""
        raise NotImplementedError


class Expr(Written):
    """What comes to a number; `level` says how tightly it binds."""

    level = ATOM

    @property
    def value(self) -> int | Fraction:
        """What it comes to."""
        raise NotImplementedError

    def result(self, writer: Writer) -> str:
        """Write what it comes to."""
        return writer.number(self.value)

    def inside(self, writer: Writer, level: int) -> str:
        """Write it as a part of what binds as tightly as `level`."""
        written = self.write(writer)
        return writer.bracketed(written) if self.level < level else written


class Number(Expr):
    """A number that is the same in letters."""

    n: int | Fraction

    @property
    def value(self) -> int | Fraction:
        """The number."""
        return self.n

    def write(self, writer: Writer) -> str:
        """Write it; a negative one in brackets."""
        return writer.bracketed(writer.number(self.n)) if self.n < 0 else writer.number(self.n)


class Letter(Expr):
    """A letter and what it stands for."""

    name: str
    n: int | Fraction
    digits: str = ""  #: how the number is written, where its reader wrote it otherwise: `1.58` and not `79/50`

    @property
    def value(self) -> int | Fraction:
        """What it stands for."""
        return self.n

    def write(self, writer: Writer) -> str:
        """Write the letter, or the number."""
        return writer.letter(self.name) if writer.letters else self.digits or Number(self.n).write(writer)


class Named(Letter):
    """A tensor or a row by its path, and the number that belongs to it."""

    def write(self, writer: Writer) -> str:
        r"""Write the path, or the number.

        >>> print(Named("stage[0].conv_1", 64).write(LATEX))
        \texttt{stage[0].conv\_1}
        """
        if not writer.letters:
            return Number(self.n).write(writer)
        return rf"\texttt{{{escaped(self.name)}}}" if writer.latex else visible(self.name)


class Product(Expr):
    """Factors with a sign between them: ` · `, `·`, or in letters none where none is needed, as in `2P` and `D(k - 1)·J_in`."""

    factors: tuple[Expr, ...]
    sign: str = " · "
    level = PRODUCT

    @property
    def value(self) -> int | Fraction:
        """Multiply."""
        return prod(factor.value for factor in self.factors)

    def write(self, writer: Writer) -> str:
        """Write the factors.

        >>> two_p = Product((Number(2), Letter("P", 3)), CLOSE)
        >>> two_p.write(TEXT), two_p.write(TEXT.numbers)
        ('2P', '2·3')
        """
        dot = r" \cdot " if writer.latex else self.sign or "·"
        text = self.factors[0].inside(writer, PRODUCT)
        for before, factor in pairwise(self.factors):
            close = writer.letters and self.sign == CLOSE and (isinstance(before, Number) or factor.level < PRODUCT)
            text += ("" if close else dot) + factor.inside(writer, PRODUCT)
        return text


class Sum(Expr):
    """Terms, each with its sign."""

    terms: tuple[tuple[int, Expr], ...]  #: each with 1 or -1
    level = SUM

    @property
    def value(self) -> int | Fraction:
        """Add up."""
        return sum(sign * term.value for sign, term in self.terms)

    def write(self, writer: Writer) -> str:
        """Write the terms with their signs between them.

        >>> Sum(((-1, Letter("a", 5)), (1, Letter("b", -7)))).write(TEXT.numbers)
        '-5 + (-7)'
        """
        written = " ".join(f"{'+' if sign > 0 else '-'} {term.inside(writer, PRODUCT)}" for sign, term in self.terms)
        return re.sub(r"^(\+ |(-) )", r"\2", written)


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
        word, inner = "ceil" if self.up else "floor", self.of.write(writer)
        return rf"\left\l{word} {inner} \right\r{word}" if writer.latex else f"{word}({inner})"


class Largest(Expr):
    """The largest of several."""

    of: tuple[Expr, ...]

    @property
    def value(self) -> int | Fraction:
        """Compare."""
        return max(term.value for term in self.of)

    def write(self, writer: Writer) -> str:
        """Write max and what it is of."""
        inner = ", ".join(term.write(writer) for term in self.of)
        return rf"\max\left({inner}\right)" if writer.latex else f"max({inner})"


class Listed(Written):
    """The sizes of a shape."""

    sizes: tuple[Expr, ...]

    def write(self, writer: Writer) -> str:
        """Write the sizes in brackets, without anything inside a number."""
        return writer.bracketed(", ".join(size.write(replace(writer, apart=False)) for size in self.sizes))

    def result(self, writer: Writer) -> str:
        """Write the shape."""
        return writer.bracketed(", ".join(size.result(replace(writer, apart=False)) for size in self.sizes))


def chain(name: str, written: Written, writer: Writer) -> list[str]:
    """Write it in letters, in numbers and worked out, and leave out what would only say the same again.

    >>> chain("C_out", Letter("C_out", 64), TEXT), chain("E", Product((Letter("a", 2), Letter("b", 3))), TEXT)
    (['64'], ['a · b', '2 · 3', '6'])
    """
    said, found = writer.letter(name), []
    for step in (written.write(writer), written.write(writer.numbers), written.result(writer)):
        if step.replace(" ", "") != said.replace(" ", ""):
            found.append(step)
        said = step
    return found or [said]


def product(*factors: Expr) -> Expr:
    """Multiply; one factor is itself, none is 1."""
    return factors[0] if len(factors) == 1 else Product(factors) if factors else Number(1)


def total(*terms: Expr) -> Expr:
    """Add up; one term is itself, none is 0."""
    return terms[0] if len(terms) == 1 else Sum(tuple((1, term) for term in terms)) if terms else Number(0)
