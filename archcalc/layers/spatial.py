"""The spatial axes of an image, a signal or a volume: everything after the channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcalc.algebra import Tensor, need
from archcalc.layers.base import labels
from archcalc.layers.fields import spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.algebra import Window

__all__ = ["Spatial"]


class Spatial:
    """Names, sizes and windows of the spatial axes of a channels-first tensor.

    >>> at = Spatial(Tensor((3, 224, 224), ("c", "h", "w")), "conv")
    >>> at.ins, at.outs, at.ks, at.ns
    ('H_in W_in', 'H_out W_out', 'k_h k_w', (224, 224))
    """

    __slots__ = ("ins", "ks", "names", "ns", "outs", "rank")

    def __init__(self, x: Tensor, kind: str, ranks: Iterable[int] = (1, 2, 3)) -> None:
        need(
            x.channels_first,
            "`{kind}` works on channels first, but its input is {x}: name its first axis `c`, "
            "as in `reshape: {{shape: {{c: 64, h: 7, w: 7}}}}`, or bring an axis `c` there with `rearrange`",
            kind=kind,
            x=x,
        )
        self.ns, self.rank = x.shape[1:], len(x.shape) - 1
        need(
            self.rank in ranks,
            "`{kind}` needs {some} spatial axes beside the channels, but its input is {x}",
            kind=kind,
            some=_either(ranks),
            x=x,
        )
        every = labels(x)[1:]
        self.names = x.names[1:]
        self.ins = " ".join(f"{name}_in" for name in every)
        self.outs = " ".join(f"{name}_out" for name in every)
        self.ks = " ".join(f"k_{name.lower()}" for name in every)

    def each(self, **fields: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Give each field one value per axis."""
        return [spread(values, self.rank, what) for what, values in fields.items()]

    def kernel_sizes(self, kernel: Sequence[int]) -> dict[str, int]:
        """Give the sizes of the kernel's axes."""
        return dict(zip(self.ks.split(), kernel, strict=True))

    def windows(self, windows: Sequence[Window]) -> dict[str, Window | None]:
        """Name the windows by the axes they lead from and to."""
        return {f"{a}>{b}": w for a, b, w in zip(self.ins.split(), self.outs.split(), windows, strict=True)}


def _either(ranks: Iterable[int]) -> str:
    *most, last = map(str, ranks)
    return f"{', '.join(most)} or {last}" if most else last
