"""What autograd keeps of each operation from the forward to the backward pass, as PyTorch does (measured on version 2.14).

An operation keeps tensors that it read or made, whose storages are shared with whoever else keeps them, and tensors of its own: indices,
statistics, masks. What is kept follows from the derivative, for example a convolution needs its input for the gradient of its weights,
ReLU its output; additions, copies and views need nothing. Of kinds that are not listed it is not known.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcalc.algebra import axes_of
from archcalc.memory.graph import INDEXED_POOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.algebra import Op
    from archcalc.trace import Step

    Rule: TypeAlias = "Saved | Callable[[Op, Step], Saved]"

__all__ = ["Saved", "saved"]


class Saved(NamedTuple):
    """What one operation keeps, in elements for each sample."""

    reads: tuple[int, ...] = ()  #: places of those operands that are kept
    made: bool = False  #: whether its output is kept
    floats: int = 0  #: further elements at the precision of activations
    stats: int = 0  #: further elements in fp32, for each sample
    fixed: int = 0  #: and however many samples there are
    indices: int = 0  #: 64-bit integers
    masks: int = 0  #: elements that are kept or dropped
    mutual: bool = False  #: whether operands are kept for each other's gradients alone


FIRST, MADE, NOTHING = Saved(reads=(0,)), Saved(made=True), Saved()


def saved(step: Step) -> Saved | None:
    """Say what a row keeps if its output needs a gradient; `None` where it is not known."""
    op = step.op
    rule = RULES.get(op.kind, RULES.get(op.family))
    return rule if rule is None or isinstance(rule, Saved) else rule(op, step)


def _if_trained(op: Op, step: Step) -> Saved:
    """Keep the input for the gradient of the weights, if they have one."""
    return FIRST if op.weights and not step.frozen else NOTHING


def _operands(op: Op, step: Step) -> Saved:
    """Keep every operand for the gradient of the others."""
    return Saved(reads=tuple(range(len(op.reads))), mutual=True)


def _batch_norm(op: Op, step: Step) -> Saved:
    """Keep the input, and mean and deviation of each channel; a frozen one is a product with a constant for each channel."""
    frozen = not op.weights and any(name in op.buffers for name in ("weight", "bias"))
    return Saved(fixed=op.shape[0]) if frozen else FIRST._replace(fixed=2 * op.shape[0])


def _rows(op: Op) -> int:
    """Count the rows that a norm takes one by one: positions of the axes that it does not see whole, or that it has no gain for."""
    whole = {route.partition(">")[0] for route, window in op.windows.items() if window is None}
    over = whole or set(axes_of(op.weights.get("weight", "")))
    return prod(op.sizes[axis] for dim in op.dims[1] for axis in dim if axis not in over)


def _layer_norm(op: Op, step: Step) -> Saved:
    return FIRST._replace(stats=2 * _rows(op))


def _rms_norm(op: Op, step: Step) -> Saved:
    """Keep the input, a number for each row, and what the gain multiplies."""
    return FIRST._replace(stats=_rows(op), floats=op.size if op.weights else 0)


def _group_norm(op: Op, step: Step) -> Saved:
    return FIRST._replace(stats=2 * op.sizes["groups"])


def _instance_norm(op: Op, step: Step) -> Saved:
    """Keep the input, mean and deviation of each channel, and a copy of gain and statistics for each sample."""
    copies = ("weight" in op.weights) + 2 * ("running_mean" in op.buffers)
    return FIRST._replace(stats=(2 + copies) * op.shape[0])


def _local_response(op: Op, step: Step) -> Saved:
    """Keep the input, its padded squares, their scaled mean and the power of that."""
    (window,) = op.windows.values()
    more = window.field - 1 if window is not None else 0
    return FIRST._replace(floats=2 * op.size + op.size // op.shape[0] * (op.shape[0] + more))


def _adaptive_mean(op: Op, step: Step) -> Saved:
    """Keep the input, unless a single mean is left, which needs the size alone."""
    return NOTHING if op.size == op.shape[0] else FIRST


def _largest(op: Op, step: Step) -> Saved:
    return FIRST._replace(indices=op.size)


def _where(op: Op, step: Step) -> Saved:
    return Saved(indices=op.size)


def _looked_up(op: Op, step: Step) -> Saved:
    """Keep the indices, if the table is trained."""
    return Saved(indices=op.reads[0].size) if not step.frozen else NOTHING


def _itself(op: Op, step: Step) -> Saved:
    return Saved(floats=op.size)


def _both(op: Op, step: Step) -> Saved:
    """Keep the input, and as much as the output: of a subsampled mean, the mean for the gradient of its gain."""
    return FIRST._replace(floats=op.size)


def _dropped(op: Op, step: Step) -> Saved:
    return Saved(masks=op.size)


def _dispatched(op: Op, step: Step) -> Saved:
    """Keep the places that tokens come from."""
    return Saved(indices=op.size // op.shape[-1])


def _recurrent(op: Op, step: Step) -> Saved:
    """Keep, for each step, the state before it and what PyTorch's plain operations need of its sums: of `rnn` the state that it makes,
    which is the one before the next; of `gru` the gates, and copies of what it writes over, 7 numbers for each one of the state; of
    `lstm` the gates, the memory before and its tanh. Kernels of oneDNN and cuDNN keep workspaces of their own instead.
    """
    sizes, states = op.sizes, op.size
    narrowed = states // sizes["H"] * sizes["R"]  # the state, where it is projected
    if op.kind == "recurrent:rnn":
        return Saved(floats=states + states // op.shape[-2])
    return Saved(floats=6 * states + narrowed)


def _rules(rule: Rule, kinds: str) -> dict[str, Rule]:
    return dict.fromkeys(axes_of(kinds), rule)


#: What is kept of a kind of operations, or of a family.
RULES: Mapping[str, Rule] = {
    "conv": FIRST,
    "linear": _if_trained,
    "linear:bilinear": Saved(reads=(0, 1)),
    "recurrent": _recurrent,
    **_rules(_if_trained, "recurrent:input recurrent:projection"),
    "matmul": _operands,
    "matmul:relative": FIRST,
    "lookup": _looked_up,
    "distance": _both,
    "norm:batch": _batch_norm,
    "norm:layer": _layer_norm,
    "norm:rms": _rms_norm,
    "norm:group": _group_norm,
    "norm:instance": _instance_norm,
    "norm:local_response": _local_response,
    "pool:avg": FIRST,
    "pool:adaptive_avg": _adaptive_mean,
    "pool:global_avg": NOTHING,
    "pool:subsample": _both,
    **dict.fromkeys(INDEXED_POOLS, _largest),
    **_rules(NOTHING, "reduce:mean reduce:sum"),
    "reduce:max": _where,
    "act:maxout": _where,
    "scale": _if_trained,
    "scale:rotary": NOTHING,
    "noise:dropout": _dropped,
    "noise:drop_path": Saved(floats=1),
    "copy:dispatch": _dispatched,
    **_rules(NOTHING, "view copy resize constant parameter pad:constant pad:circular"),
    **_rules(FIRST, "pad:reflect pad:replicate"),
    **_rules(NOTHING, "merge:add merge:subtract merge:concat"),
    **_rules(_operands, "merge:multiply merge:combine"),
    "merge:divide": Saved(reads=(0, 1)),
    **_rules(
        MADE,
        "act:relu act:sigmoid act:tanh act:softmax act:log_softmax act:tan act:exp act:exp2 act:expm1 act:sqrt act:rsqrt act:reciprocal",
    ),
    **_rules(
        FIRST,
        "act:relu6 act:selu act:gelu act:silu act:mish act:softplus act:hardswish act:hardsigmoid act:leaky_relu act:elu act:celu"
        " act:prelu act:glu act:sin act:cos act:asin act:acos act:atan act:sinh act:cosh act:log act:log2 act:log10 act:log1p act:square"
        " act:pow act:abs act:clamp act:erf act:hardtanh act:hardshrink act:softshrink act:threshold",
    ),
    **_rules(_both, "act:softsign act:quick_gelu act:logsigmoid"),
    "act:tanhshrink": _itself,
    **_rules(NOTHING, "act:neg act:sign act:floor act:ceil act:round act:trunc"),
}  # fmt: skip
