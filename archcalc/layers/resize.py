"""More or fewer positions: borders and interpolation."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING, Annotated, ClassVar

from archcalc.algebra import LARGEST, PHASES, Op, Tensor, Window, need
from archcalc.layers.base import Layer, axis_at, labels
from archcalc.layers.fields import Amounts, Bool, Int, Maybe, PerAxis, PerAxisNumber, Text, one_of, spread
from archcalc.layers.spatial import Spatial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BORDERS = ("constant", "reflect", "replicate", "circular")


class Pad(
    Layer, kind="pad", primary="amount",
    aliases=("ZeroPad1d", "ZeroPad2d", "ZeroPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
             "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d",
             "CircularPad1d", "CircularPad2d", "CircularPad3d", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Pad"),
):  # fmt: skip
    """Borders around an image, or along one `axis` of any tensor: `(c, h, w) -> (c, h + 2·amount, w + 2·amount)`; negative amounts crop.

    `amount` is a number, one per spatial axis, or `[before, after]` for each. As `torch.nn.ConstantPad2d` and its relatives.
    """

    amount: Amounts
    mode: Annotated[Text, one_of(BORDERS)] = "constant"
    axis: Maybe[Int] = None

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the border."""
        (x,) = xs
        first = 1 if self.axis is None else axis_at(x, self.axis)
        count = Spatial(x, self.kind).rank if self.axis is None else 1
        every = labels(x)
        read, made, windows = list(every), list(every), {}
        for i, (before, after) in enumerate(spread(self.amount, count, "amount"), start=first):
            self._fits(x.shape[i], before, after)
            read[i], made[i] = f"{every[i]}_in", f"{every[i]}_out"
            windows[f"{read[i]}>{made[i]}"] = Window.slide(x.shape[i], 1, 1, before, after)
        yield Op(f"pad:{self.mode}", f"{' '.join(read)} -> {' '.join(made)}", (x,), windows=windows, names=x.names)

    def _fits(self, n: int, before: int, after: int) -> None:
        """Refuse a border that needs more positions than there are to cut off, to mirror or to go round."""
        left = n + before * (before < 0) + after * (after < 0)
        need((self.mode != "constant") | (left >= 0), "{n} positions can't be cropped to {left} before they are padded", n=n, left=left)
        for amount in (before, after):
            say = "{n} positions can't be padded by {amount} in mode `{mode}`"
            need((self.mode != "reflect") | (amount < n), say, n=n, amount=amount, mode=self.mode)
            need((self.mode != "circular") | (amount <= n), say, n=n, amount=amount, mode=self.mode)


#: For each way of interpolating: the spatial axes it works on, and how many neighbours below and above a place it reads.
MODES = {
    "nearest": ((1, 2, 3), 0, 0),
    "nearest_exact": ((1, 2, 3), 0, 0),
    "linear": ((1,), 0, 1),
    "bilinear": ((2,), 0, 1),
    "bicubic": ((2,), 1, 2),
    "trilinear": ((3,), 0, 1),
}


class Upsample(
    Layer, kind="upsample", primary="scale", aliases=("Upsample", "UpSampling1D", "UpSampling2D", "UpSampling3D", "interpolate", "resize")
):
    """An image resampled: `(c, h, w) -> (c, ⌊h·scale⌋, ⌊w·scale⌋)`, or to `size`. As `torch.nn.Upsample`.

    Modes are nearest and nearest_exact for any number of spatial axes, linear (1), bilinear and bicubic (2), trilinear (3).
    """

    sample: ClassVar[Mapping[str, object]] = {"scale": 2}

    scale: Maybe[PerAxisNumber] = None
    size: Maybe[PerAxis] = None
    mode: Annotated[Text, one_of(MODES)] = "nearest"
    align_corners: Bool = False

    def ops(self, *xs: Tensor) -> Iterator[Op]:
        """Yield the resampling."""
        (x,) = xs
        ranks, below, above = MODES[self.mode]
        at = Spatial(x, f"{self.kind}` in mode `{self.mode}", ranks)
        need((not self.align_corners) | (above > 0), "mode `{mode}` has no corners to align: leave out `align_corners`", mode=self.mode)
        windows = [self._window(n, out, step, below, above) for n, (out, step) in zip(at.ns, self._sizes(at), strict=True)]
        yield Op(f"resize:{self.mode}", f"C {at.ins} -> C {at.outs}", (x,), windows=at.windows(windows), names=x.names)

    def _sizes(self, at: Spatial) -> list[tuple[int, Fraction]]:
        """Give the size of each spatial axis, and how far apart its places are: one over the scale, even where the size is rounded."""
        need((self.scale is None) != (self.size is None), "`upsample` takes `scale` or `size`, one of them")
        if self.size is not None:
            return [(out, Fraction(n, out)) for n, out in zip(at.ns, spread(self.size, at.rank, "size"), strict=True)]
        scales = spread(self.scale or (), at.rank, "scale")
        need(all(0 < scale < float("inf") for scale in scales), "a scale is a number above 0, not {scales}", scales=list(scales))
        return [(_scaled(n, scale), (1 / Fraction(scale)).limit_denominator(PHASES)) for n, scale in zip(at.ns, scales, strict=True)]

    def _window(self, n: int, out: int, step: Fraction, below: int, above: int) -> Window:
        """Read `n` positions at `out` places, `step` apart unless the corners are."""
        need(out >= 1, "{n} positions would become none", n=n)
        if self.align_corners:
            return placed(n, out, n - 1, out - 1, lambda whole, over: (whole - below, whole + above) if over or below else (whole, whole))
        if step * PHASES <= 1:
            return Window(out, 1, (), ())
        span, places = step.as_integer_ratio()
        if self.mode == "nearest_exact":
            window = placed(span, places, span, places, lambda whole, over: (whole + (2 * over + span) // (2 * places),) * 2)
        else:
            window = Window.resample(span, places, below, above, half=above > 0)
        return window._replace(out=out)


def _scaled(n: int, scale: float) -> int:
    """Give the size of an axis: exact where the scale is whole, and else rounded as floats are, since frameworks do so.

    >>> _scaled(9_007_199_254_740_993, 3.0), _scaled(7, 1.5)
    (27021597764222979, 10)
    """
    need(n * scale <= LARGEST, "an axis of {n} positions, {scale} times as long, and 10^18 is the longest", n=n, scale=scale)
    return n * int(scale) if scale.is_integer() else int(n * scale)


def placed(n: int, out: int, span: int, places: int, sees: Callable[[int, int], tuple[int, int]]) -> Window:
    """Read `n` positions at `out` places, `places` of them to `span` positions; `sees` is told a place, its whole part and what is over.

    >>> placed(3, 5, 2, 4, lambda whole, over: (whole, whole + 1) if over else (whole, whole))
    Window(out=5, step=1, lo=(0, 0), hi=(0, 1), aligned=True, made=None)
    """
    if n == out or span == 0 or places == 0:
        return Window.resample(n, out)
    period = places // gcd(span, places)
    if period > PHASES:
        return Window(out, 1, (), ())
    lo, hi = zip(*[sees(*divmod(r * span, places)) for r in range(period)], strict=True)
    return Window(out, span * period // places, lo, hi)
