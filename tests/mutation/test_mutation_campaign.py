"""The mutation campaign's own logic: which mutants, in which order, and what the report says of them."""

from pathlib import Path

import pytest
from campaign import changed_lines
from mutants import Mutant, modules, mutants_of, mutated, sample
from reach import Reach, statement
from results import Result, append, digest, interval, read, read_reasons, report
from scipy import stats

SOURCE = '''"""A module."""


def area(width: float | None, *, height: float = 1.0) -> float | None:
    """Of a rectangle."""
    if width is None:
        return None
    example = [[3.0, 4.0]]
    return max(width * height, 0.0)
'''


def population(**counts: int) -> dict[str, list[Mutant]]:
    return {
        name: [Mutant(module=name, operator="swap", occurrence=i, line=1) for i in range(count)]
        for name, count in counts.items()
    }


def result(outcome: str, *, module: str = "toylab/claims/base.py", key: str = "k", was: str = "a < b") -> Result:
    return Result(
        key=key, module=module, line=3, operator="o", outcome=outcome, was=was, now="a <= b", tests=2,
        digest=digest("text"),
    )  # fmt: skip


class TestSample:
    def test_the_same_seed_gives_the_same_sample(self):
        everything = population(a=40, b=60)
        assert sample(everything, 30, seed=4) == sample(everything, 30, seed=4)
        assert sample(everything, 30, seed=4) != sample(everything, 30, seed=5)

    def test_a_larger_sample_contains_the_smaller(self):
        everything = population(a=40, b=60, c=1)
        assert sample(everything, 70, seed=0)[:30] == sample(everything, 30, seed=0)

    @pytest.mark.parametrize("size", [10, 50, 99])
    def test_every_module_has_its_share(self, size):
        chosen = sample(population(a=100, b=300), size, seed=1)
        assert len(set(chosen)) == size
        # one mutant in each of a module's evenly spaced moments: within one of the exact share, up to the other's
        assert abs(sum(mutant.module == "a" for mutant in chosen) - size / 4) <= 1

    def test_all_of_them_where_there_are_fewer(self):
        assert len(sample(population(a=3, b=0), 10, seed=0)) == 3

    def test_every_mutant_is_equally_likely(self):
        everything, runs = population(a=5, b=15), 400
        counts = dict.fromkeys((mutant.key for found in everything.values() for mutant in found), 0)
        for seed in range(runs):
            for mutant in sample(everything, 10, seed=seed):
                counts[mutant.key] += 1
        low, high = stats.binom(runs, 0.5).ppf([1e-6 / 20, 1 - 1e-6 / 20])
        assert all(low <= count <= high for count in counts.values())


class TestMutants:
    @pytest.fixture
    def texts(self, tmp_path: Path) -> list[str]:
        pytest.importorskip("cosmic_ray")
        (tmp_path / "area.py").write_text(SOURCE)
        return [changed_lines(SOURCE, text)[1] for m in mutants_of("area.py", tmp_path) if (text := mutated(m, SOURCE))]

    @pytest.mark.parametrize(
        "line",
        ["return min(width * height, 0.0)", "return max(width + height, 0.0)", "return max(width * height, 1.0)",
         "if width is not None:"],
    )  # fmt: skip
    def test_what_matters_is_changed(self, texts, line):
        assert line in [" ".join(text.split()).replace("( ", "(") for text in texts]

    def test_annotations_and_examples_are_left_alone(self, texts):
        assert not [text for text in texts if "example" in text or " & " in text]
        assert not [text for text in texts if "def area" in text and "height: float =  1.0" in text]


def test_the_certificate_and_the_claims_are_mutated_but_not_their_wording():
    names = modules(Path(__file__).parents[2])
    assert {"toylab/certificate.py", "toylab/claims/base.py", "toylab/claims/critics/partners.py"} <= set(names)
    assert not [name for name in names if "explanation" in name or not (Path(__file__).parents[2] / name).exists()]


class TestReach:
    reach = Reach(
        seconds={"a::slow": 9.0, "a::quick": 0.1, "b::other": 0.5, "b::long": 3.0},
        lines={"m.py": {6: ["a::slow", "a::quick", "b::other"], 9: ["b::other"], 10: ["b::long"]}},
    )

    def test_a_statement_ends_where_its_body_begins(self):
        assert statement(SOURCE, 6) == (6, 6)
        assert statement("x = (\n  1,\n  2)\n", 3) == (1, 3)

    def test_the_file_that_runs_most_of_the_module_goes_first_and_its_quickest_tests(self):
        assert self.reach.stages("m.py", SOURCE, 6, budget=20.0) == [["b::other"], ["a::quick", "a::slow"]]
        assert self.reach.stages("m.py", SOURCE, 6, budget=1.0) == [["b::other"], ["a::quick"]]
        assert self.reach.stages("m.py", SOURCE, 10, budget=1.0) == [["b::long"]]

    def test_what_only_loading_runs_is_tested_by_all_that_use_the_module(self):
        assert self.reach.stages("m.py", SOURCE, 4, budget=5.0) == [["b::other", "b::long"], ["a::quick"]]
        assert self.reach.stages("elsewhere.py", SOURCE, 4, budget=1.0) == []


class TestResults:
    def test_the_last_result_of_the_same_text_counts(self, tmp_path):
        (tmp_path / "toylab/claims").mkdir(parents=True)
        (tmp_path / "toylab/claims/base.py").write_text("text")
        path = tmp_path / "results.jsonl"
        assert read(path, tmp_path) == {}
        for outcome in ("survived", "killed"):
            append(path, result(outcome))
        with path.open("a") as lines:
            lines.write('{"key": "cut sh')
        assert read(path, tmp_path)["k"].outcome == "killed"
        assert read(path, tmp_path, first=True)["k"].outcome == "survived"
        (tmp_path / "toylab/claims/base.py").write_text("another text")
        assert read(path, tmp_path) == {}

    def test_the_interval_is_that_of_clopper_and_pearson(self):
        low, high = interval(45, 50)
        assert stats.binom(50, low).sf(44) == pytest.approx(0.025, rel=1e-6)  # P(X ≥ 45) at the lower end
        assert stats.binom(50, high).cdf(45) == pytest.approx(0.025, rel=1e-6)

    def test_a_report_counts_and_explains(self):
        done = [
            result("killed", key="1"),
            result("timeout", key="2"),
            result("invalid", key="3"),
            result("survived", key="4"),
            result("untested", key="5", was="c = d"),
            result("killed", key="6", module="toylab/certificate.py"),
        ]
        reasons = {("toylab/claims/base.py", "a < b", "a <= b"): ("equivalent", "a is never b")}
        text = report(done, {"toylab/claims/base.py": 90, "toylab/certificate.py": 1}, reasons)
        assert "* **certificate**: 1 killed, 100.0% (all 1 mutants)." in text
        assert (
            "* **claims**: 2 killed, 50.0% (a random sample of 4 out of 90 mutants, 95 % confidence 6.8% to 93.2%"
            in text
        )
        assert "without 1 equivalent ones 66.7%)" in text
        assert "| `toylab/claims/base.py` | 90 | 4 | 2 | 2 | 50.0% |" in text
        assert "`toylab/claims/base.py:3` **equivalent**: a is never b\n\n```diff\n- a < b\n+ a <= b\n```" in text
        assert "**not tested**: no test runs this line\n\n```diff\n- c = d\n" in text

    def test_what_falls_to_later_tests_is_no_part_of_the_score(self):
        done = [result("survived", key="1"), result("survived", key="2"), result("killed", key="3")]
        later = {"1": result("killed", key="1"), "2": result("survived", key="2"), "3": result("killed", key="3")}
        text = report(done, {"toylab/claims/base.py": 90}, {}, later)
        assert "1 killed, 33.3% (a random sample of 3 out of 90" in text
        assert "Of the survivors 1 fall to tests that were written because of them (`--again`)" in text
        assert "not counted here; with these 66.7%." in text
        assert "**noticed since**: by a test that was written because of it" in text
        assert "**not explained**" in text
        assert "--again" not in report(done, {"toylab/claims/base.py": 90}, {})

    def test_every_reason_is_of_a_kind(self):
        reasons = read_reasons(Path(__file__).with_name("reasons.toml"))
        assert {kind for kind, _ in reasons.values()} <= {
            "equivalent",
            "text only",
            "not tested",
            "rounding",
            "speed",
            "example",
        }
        assert all(reason for _, reason in reasons.values())
