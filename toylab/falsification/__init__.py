"""The falsifier: a search for counterexamples to claims, with and without their hypotheses.

`spaces` says what is drawn for a subject type, `measures`, `losses`, `candidates` and `functions` draw it, `search`
looks, `results` and `coverage` say what was found, `necessity` keeps the table of claims against hypotheses.
"""

from toylab.falsification.coverage import Coverage
from toylab.falsification.results import Counterexample, Ending, SearchResult
from toylab.falsification.search import falsify

__all__ = ["Counterexample", "Coverage", "Ending", "SearchResult", "falsify"]
