"""Waste: which category an item belongs to, and how sure that is."""
