"""Statements about continuous measures: densities, and measures on sets of lower dimension."""
