"""Checking homework: an answer sheet is read, each answer compared with the figure, and a wrong one traced to the mistake that gives it.

A sheet (`sheets/`) is layers, columns and cells with their places. A cell is read by the kind of its quantity (`quantities`,
`amounts`, `sizes`) and compared with the figure of its line (`ledger`, `marking`). Mistakes (`mistakes/`) derive the wrong figures that
they lead to from operations, windows and the graph; a wrong answer is named by those that give exactly its number. Figures that are
printed wrong somewhere and follow from nothing are data (`claims.yaml`).
"""
