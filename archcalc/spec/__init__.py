"""The spec language: from text with positions to a checked document."""
