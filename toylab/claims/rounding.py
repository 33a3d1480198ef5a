"""What a handful of float64 operations may lose, relative to the largest number that takes part."""

from __future__ import annotations

import numpy as np

#: Rounding of a sum of a few products: 64 units in the last place.
ROUNDING = 64.0 * float(np.finfo(np.float64).eps)
