"""How shapes and extents along several axes are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

__all__ = ["DASH", "TIMES", "extents", "shape"]

TIMES, DASH = "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"  # by name, since they look like an x and a minus


def shape(sizes: Sequence[int]) -> str:
    """Write a shape; a tensor of no axes is one number.

    >>> shape((64, 112, 112)), shape(())
    ('64×112×112', '1')
    """
    return TIMES.join(map(str, sizes)) or "1"


def extents(most: Sequence[int | Fraction | None], least: Sequence[int | Fraction | None] | None = None) -> str:
    """Write a receptive field or a stride: once if all axes agree, as a range where positions differ.

    >>> extents((7, 7)), extents((1, 7)), extents((None, None)), extents((204, 204), (188, 188))
    ('7', '1×7', 'all', '188–204')
    """
    axes = [_extent(a, b) for a, b in zip(most, least or most, strict=True)]
    return axes[0] if axes and len(set(axes)) == 1 else TIMES.join(axes)


def _extent(most: int | Fraction | None, least: int | Fraction | None) -> str:
    if most is None:
        return "all"
    return str(most) if least is None or least == most else f"{least}{DASH}{most}"
