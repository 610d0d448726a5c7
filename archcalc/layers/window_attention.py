"""Attention inside the windows of a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from archcalc.algebra import Op, Tensor, Window, need
from archcalc.layers.attention import of_one
from archcalc.layers.base import Layer, Part, within
from archcalc.layers.dense import Linear, plane
from archcalc.layers.fields import Bool, PerAxis, PerAxisNonNeg, Pos, spread
from archcalc.layers.heads import Meeting

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence


class WindowAttention(Layer, kind="window_attention", aliases=("ShiftedWindowAttention", "WindowAttention", "swin_attention")):
    """Multi-head attention inside windows of a plane: `(h, w, d)` keeps its shape (Swin, Liu et al. 2021). As in torchvision.

    The plane is padded up to whole windows; `shift` moves them, unless one window covers the plane. `relative_bias` is a learned
    number for each distance and each head.
    """

    letters: ClassVar[str] = "A heads, E features of a head, Y and X windows, a and b the queries in one, c and d its keys, R distances"

    heads: Pos
    window: PerAxis = (7,)
    shift: PerAxisNonNeg = (0,)
    bias: Bool = True
    relative_bias: Bool = True

    def ops(self, *xs: Tensor) -> Iterator[Part]:
        """Yield padding and shift, the projections, scores, softmax and values, the output's projection, and the way back."""
        (x,) = xs
        plane(x, self.kind)
        window, shift = spread(self.window, 2, "window"), spread(self.shift, 2, "shift")
        smaller = all(s < n for s, n in zip(shift, window, strict=True))
        need(smaller, "a `shift` is smaller than its `window`: {shift} is not smaller than {window}", shift=shift, window=window)
        places = x.shape[:2]
        padding = [-n % size for n, size in zip(places, window, strict=True)]
        whole = [n + more for n, more in zip(places, padding, strict=True)]
        shift = tuple(s * (size < n) for s, size, n in zip(shift, window, whole, strict=True))
        y = yield from _moved("pad", "pad:constant", x, [Window.slide(n, 1, 1, 0, more) for n, more in zip(places, padding, strict=True)])
        y = yield from _moved("roll", "copy:roll", y, [Window(n, 1, (s,), (s,)) for n, s in zip(whole, shift, strict=True)])
        y = yield from self._attended(y, window)
        y = yield from _moved("unroll", "copy:roll", y, [Window(n, 1, (-s,), (-s,)) for n, s in zip(whole, shift, strict=True)])
        yield from _moved("crop", "view:crop", y, [Window.slide(n, 1, 1, 0, m - n) for n, m in zip(whole, places, strict=True)])

    def _attended(self, x: Tensor, window: Sequence[int]) -> Generator[Part, None, Op]:
        """Yield attention in windows that lie side by side."""
        of_one(x, self.heads)
        q = yield from within("query", Linear(out=x.shape[-1], bias=self.bias), x)
        k = yield from within("key", Linear(out=x.shape[-1], bias=self.bias), x)
        v = yield from within("value", Linear(out=x.shape[-1], bias=self.bias), x)
        rows, columns = window
        sizes = {"A": self.heads, "Y": x.shape[0] // rows, "X": x.shape[1] // columns, "a": rows, "b": columns, "c": rows, "d": columns}
        distances = {"R": (2 * rows - 1) * (2 * columns - 1)}
        at = Meeting(
            queries="(Y a) (X b) (A E)", keys="(Y c) (X d) (A E)", scores="(Y X) A (a b) (c d)", pairs="Y X A a b c d",
            sizes=sizes | (distances if self.relative_bias else {}), names=("windows", "a", "n", "m"),
            learned={"relative": "R A"} if self.relative_bias else {}, buffers={"index": "a b c d"} if self.relative_bias else {},
        )  # fmt: skip
        scores = at.score(q, k)
        yield scores
        y = yield from at.weigh(scores.op, v, q)
        return (yield from within("out", Linear(out=x.shape[-1], bias=self.bias), y))


def _moved(role: str, kind: str, x: Tensor, windows: Sequence[Window]) -> Generator[Part, None, Tensor]:
    """Yield the plane with its positions elsewhere, if any is."""
    if all(window.identity and window.out == n for window, n in zip(windows, x.shape, strict=False)):
        return x
    routes = {f"{axis}_in>{axis}_out": window for axis, window in zip("HW", windows, strict=True)}
    op = Op(kind, "H_in W_in D -> H_out W_out D", (x,), windows=routes, names=x.names)
    yield Part(role, role if role != "unroll" else "roll", op)
    return op
