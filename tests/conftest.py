"""Settings of the whole suite: one thread per worker, and reproducible examples in continuous integration.

`make test-long` draws four times as many examples of every property: `--hypothesis-profile thorough`.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

# drawing a problem takes longer than drawing a number, and a solver may be slow on a busy machine
settings.register_profile("toylab", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("toylab"), derandomize=True)
settings.register_profile("thorough", parent=settings.get_profile("toylab"), max_examples=200)
settings.load_profile("ci" if os.environ.get("CI") else "toylab")


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Two workers with a thread for every core each would only wait for one another."""
    import torch

    torch.set_num_threads(1)
