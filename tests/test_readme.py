"""The README says what the tool says: its example runs, its table is current, its picture exists."""

import contextlib
import io
import re
from pathlib import Path

from toylab import claims
from toylab.cli.listing import markdown_table
from toylab.falsification import necessity

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_the_example_is_ten_lines_and_runs():
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    lines = [line for line in code[1].splitlines() if line.strip()]
    assert len(lines) == 10
    output, names = io.StringIO(), {}
    with contextlib.redirect_stdout(output):
        exec(compile(code[1], str(README), "exec"), names)
    assert names["exact"].certificate.relative_gap <= 1e-8
    assert "OPTIMAL" in output.getvalue()
    assert "Verdict: holds" in output.getvalue()
    assert float(output.getvalue().splitlines()[-1]) < 0.2  # five hundred steps of training, far from the best


def test_the_table_of_claims_is_what_the_tool_prints():
    shown = re.search(r"<!-- claims: begin -->\n(.*?)\n<!-- claims: end -->", TEXT, re.DOTALL)
    assert shown is not None, "run `toylab list --markdown` and put the table between the markers"
    assert shown[1] == markdown_table(claims.ALL)


def test_the_table_of_necessity_is_what_the_tool_prints():
    shown = re.search(r"<!-- necessity: begin -->\n(.*?)\n<!-- necessity: end -->", TEXT, re.DOTALL)
    assert shown is not None, "run `toylab list --necessity` and put the table between the markers"
    assert shown[1] == necessity.markdown(claims.ALL)


def test_every_file_the_readme_shows_exists():
    for target in re.findall(r"!\[[^]]*]\(([^)]+)\)", TEXT):
        assert (README.parent / target).is_file(), target
