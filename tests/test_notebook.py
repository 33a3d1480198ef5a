"""A real notebook, run by a real kernel, shows every face."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.pages import Page

CELLS = (
    "import numpy as np, toylab",
    "fake = toylab.DiscreteMeasure(np.array([[0.0, 0.0], [0.0, 1.0]])); fake",
    "real = toylab.DiscreteMeasure(np.array([[1.0, 0.0], [2.0, 1.0]]), weights=[0.4, 0.6])\n"
    "problem = toylab.CriticProblem(fake, real, toylab.losses.logistic(), toylab.LipschitzPenalty(0.1)); problem",
    "problem.losses",
    "exact = toylab.solve(problem); exact",
    "exact.certificate",
    "claim = toylab.claims.get('lgan.theorem-3'); claim",
    "verdict = claim.check(exact); verdict",
    "toylab.verify('lgan.theorem-4')",
    "toylab.compare(exact, exact, partners='itself', cones=exact.bounding_directions())",
    "toylab.plot(exact)",
    "print(claim.explain(exact))",
)


@pytest.fixture(scope="module")
def outputs():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    root = Path(__file__).parent.parent
    client = NotebookClient(
        notebook,
        timeout=600,
        startup_timeout=600,
        coalesce_streams=True,  # what a slow cell prints arrives in several messages
        kernel_name="python3",
        resources={"metadata": {"path": str(root)}},
    )
    client.execute()  # raises CellExecutionError where a cell does
    return [cell.outputs for cell in notebook.cells]


def test_every_face_is_shown(outputs):
    for source, shown in zip(CELLS[1:10], outputs[1:10], strict=True):
        (result,) = shown
        page = Page.of(result.data["text/html"])
        assert "script" not in page.tags
        assert page.attributes[0] == ("class", "toylab"), source
        assert result.data["text/plain"]
    assert "✓ optimal" in Page.of(outputs[4][0].data["text/html"]).text
    assert "✓ holds" in Page.of(outputs[7][0].data["text/html"]).text


def test_the_picture_is_shown(outputs):
    assert "image/png" in outputs[10][0].data


def test_the_explanation_is_printed(outputs):
    (printed,) = outputs[11]
    assert printed.name == "stdout"
    assert printed.text.rstrip().splitlines()[-1].startswith("Verdict: holds.")
