"""Other calculators on torchvision's networks, against archcalc: `python -m benchmarks.peers TOOL NETWORK`, or with ROUNDS SECONDS too.

Each as its documentation shows it: the model is built, and an image goes through it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.measure import Case, Effort, Found, answer, asked, interleaved, processes, timed

if TYPE_CHECKING:
    from collections.abc import Callable

NETWORKS = ("mobilenet_v2", "vgg16", "resnet50", "resnet152")
#: A tool and the convention by which it counts multiply-accumulates.
TOOLS = {"torchinfo": "torchinfo-1.8", "fvcore": "fvcore", "ptflops": "ptflops-pytorch"}
#: What their networks need.
FRAMEWORK = ("torch", "torchvision")
IMAGE = (3, 224, 224)


class Counts(NamedTuple):
    """What a tool answers."""

    params: int
    macs: int


def absent() -> list[str]:
    """List what is not installed."""
    return [name for name in (*FRAMEWORK, *TOOLS) if find_spec(name) is None]


def cases(networks: tuple[str, ...]) -> list[Case]:
    missing = absent()
    if set(FRAMEWORK) & set(missing):
        return []
    here = [(tool, network) for tool in TOOLS if tool not in missing for network in networks]
    return [
        *(Case("Other tools, as processes", f"{tool} on {network}", f"archcalc summarize {network}",
               processes(("benchmarks.peers", tool, network), ("archcalc", "summarize", network))) for tool, network in here),
        *(Case("Other tools, warm calls", f"{tool} on {network}", "spec.summary(batch=…)", asked("benchmarks.peers", tool, network))
          for tool, network in here),
    ]  # fmt: skip


def model(network: str) -> Any:
    return getattr(import_module("torchvision.models"), network)(weights=None).eval()


def torchinfo(net: Any) -> Counts:
    found = import_module("torchinfo").summary(net, input_size=(1, *IMAGE), verbose=0)
    return Counts(found.total_params, found.total_mult_adds)


def fvcore(net: Any) -> Counts:
    nn = import_module("fvcore.nn")
    work = nn.FlopCountAnalysis(net, import_module("torch").zeros(1, *IMAGE))
    work.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False)
    return Counts(nn.parameter_count(net)[""], work.total())


def ptflops(net: Any) -> Counts:
    count = import_module("ptflops").get_model_complexity_info
    macs, params = count(net, IMAGE, as_strings=False, print_per_layer_stat=False, verbose=False)
    return Counts(params, macs)


COUNTERS: dict[str, Callable[[Any], Counts]] = {"torchinfo": torchinfo, "fvcore": fvcore, "ptflops": ptflops}


def calls(tool: str, network: str, effort: Effort) -> Found:
    """Measure a call, and compare what it answers."""
    from archcalc import load

    net, spec = model(network), load(network)
    batches = count(2)  # another one each time, so that nothing is merely remembered
    pairs = interleaved(timed(lambda: COUNTERS[tool](net)), timed(lambda: spec.summary(batch=next(batches))), effort)
    totals = spec.summary(convention=TOOLS[tool]).totals
    return Found(pairs, remark=agreement(COUNTERS[tool](net), Counts(totals.params, totals.macs)))


def agreement(theirs: Counts, ours: Counts) -> str:
    """Say whether two tools count alike."""
    found = [f"{what} {a:,}, not {b:,}" for what, a, b in zip(("params", "MACs"), theirs, ours, strict=True) if a != b]
    return "; ".join(found) or "same params and MACs"


if __name__ == "__main__":
    tool, network, *effort = sys.argv[1:]
    if effort:
        answer(calls(tool, network, Effort(int(effort[0]), float(effort[1]))))
    else:
        sys.stdout.write(f"{COUNTERS[tool](model(network))}\n")
