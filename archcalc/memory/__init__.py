"""Where memory goes while a network runs: what is alive, in which order least is, and where each tensor lies.

Five figures, each at most the next: the largest inputs + output of an operation, the least peak of any order, the peak in the listed
order (`liveness`), and what a plan of offsets takes. Writing over an input may go below the first.
"""

from __future__ import annotations

from archcalc.memory.graph import Graph, Rules, Task, Value
from archcalc.memory.plan import MemoryPlan, plan

__all__ = ["Graph", "MemoryPlan", "Rules", "Task", "Value", "plan"]
