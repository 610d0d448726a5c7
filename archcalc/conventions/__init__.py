"""How tools count: conventions as data, one file for each tool and version.

A file maps kinds of operations to what the tool counts for them: terms by their causes, in the letters of `letters`. `conv` stands for
a whole family, `norm:batch` for one kind, `attention.linear` for either inside an attention, `*` for all that no other key names; the most
specific key wins. `n/a` means that the tool's answer is not known. `like` starts from another file. No layer knows of any of this.
"""

from __future__ import annotations

from archcalc.conventions.convention import Convention
from archcalc.conventions.reading import known, load

__all__ = ["Convention", "known", "load"]
