"""How long archcalc takes and how much memory, as ratios to what the same machine does in the same minutes."""
