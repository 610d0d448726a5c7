"""Every figure with its arithmetic, derived from the operations: in letters, in numbers, and worked out."""
