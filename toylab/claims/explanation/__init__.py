"""Verdicts in plain sentences: the argument of a statement with the numbers of one case.

`frame` writes what is common to all claims; one file per theme writes the arguments, reading only the evidence.
"""

from toylab.claims.explanation.frame import explain

__all__ = ["explain"]
