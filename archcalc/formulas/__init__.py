"""Every figure with its arithmetic, derived from operations and windows: in letters, in numbers, and worked out."""
