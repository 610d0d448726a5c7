"""When each tensor is read for the last time: the first of the two passes over a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.trace import Network

__all__ = ["END", "lifetimes"]

#: Later than every step: when a network output is read last.
END = 1 << 62


def lifetimes(network: Network) -> dict[int, int]:
    """Say which step reads each tensor last, where it is not the next one; network outputs are needed to the end."""
    lasts: dict[int, int] = {}
    unread = {ref.id for ref in network.inputs}
    for step in network.steps():
        for read in step.reads:
            unread.discard(read)
            if step.out != read + 1:
                lasts[read] = step.out
        unread.add(step.out)
    lasts.update({tensor: tensor for tensor in unread})
    lasts.update({ref.id: END for ref in network.outputs})
    return lasts
