"""Which mutants there are: cosmic-ray's operators, thinned to those that can tell a good test from a weak one.

A mutant that no test can miss raises the score and says nothing, and one that nothing can notice lowers it; `KEPT` and
`excluded` state which are left out, and why.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

#: Arithmetic for arithmetic (a shift of a float only raises TypeError), masks for masks, a comparison for its neighbour
#: and for its negation (the others fall with these), and single values.
KEPT = re.compile(
    r"core/("
    r"ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|Mul_Add|Pow_Mul|FloorDiv_Div|Mod_FloorDiv|BitOr_BitAnd|BitAnd_BitOr)"
    r"|ReplaceComparisonOperator_(Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE|GtE_Gt|GtE_Lt|Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is)"
    r"|ReplaceUnaryOperator_(Delete_USub|Delete_Invert|Delete_Not)"
    r"|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceAndWithOr|ReplaceOrWithAnd|AddNot"
    r"|ReplaceBreakWithContinue|ReplaceContinueWithBreak|ExceptionReplacer|NumberReplacer|ZeroIterationForLoop"
    r")"
)
#: Names that stand opposite each other: the wrong bound, the wrong side, the wrong extreme.
OPPOSITES = {
    **{name: other for pair in [
        ("max", "min"), ("maximum", "minimum"), ("argmax", "argmin"), ("any", "all"), ("floor", "ceil"),
        ("lower", "upper"), ("low", "high"), ("least", "most"), ("in_fake", "in_real"), ("fake", "real"),
        ("rising", "falling"), ("rows", "columns"),
    ] for name, other in (pair, pair[::-1])},
}  # fmt: skip
#: Modules that put an outcome into words or pictures: their tests read sentences, and no verdict depends on them.
TEXT = ("toylab/claims/explanation/", "toylab/claims/faces.py")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change of one module.

    Attributes:
        module: path from the repository's root.
        operator: cosmic-ray's name of the change, or "swap" for a name's opposite.
        occurrence: which of the operator's places in the module.
        line: where, counted from 1.
    """

    module: str
    operator: str
    occurrence: int
    line: int

    @property
    def key(self) -> str:
        return f"{self.module}:{self.operator}:{self.occurrence}"


class SwapOpposites:
    """The operator that writes a name's opposite, with the two methods that cosmic-ray asks of one."""

    @staticmethod
    def mutation_positions(node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        if node.type == "name" and node.value in OPPOSITES and not _declares(node):
            yield node.start_pos, node.end_pos

    @staticmethod
    def mutate(node: Any, index: int) -> Any:
        node.value = OPPOSITES[node.value]
        return node


def _declares(node: Any) -> bool:
    """Whether a name is introduced rather than used: an assignment, a parameter, a keyword, an import."""
    keyword = node.parent.type == "argument" and node.parent.children[0] is node and len(node.parent.children) > 1
    imported = any(ancestor.type in {"import_from", "import_name"} for ancestor in _ancestors(node))
    return bool(keyword or imported or node.is_definition() or node.parent.type == "param")


def _ancestors(node: Any) -> Iterator[Any]:
    while (node := node.parent) is not None:
        yield node


def example_makers(source: str) -> set[str]:
    """Functions of a module that serve the `cases=` and the `subject=` of its claims and nothing else."""
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}

    def reached(starts: list[ast.AST]) -> set[str]:
        found: set[str] = set()
        while starts:
            names = {node.id for node in ast.walk(starts.pop()) if isinstance(node, ast.Name)} & set(functions) - found
            found |= names
            starts += [functions[name] for name in names]
        return found

    keywords = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.keyword)]
    examples = [node.value for node in keywords if node.arg in {"cases", "subject"}]
    others = [node.value for node in keywords if node.arg in {"measure", "test", "assume", "met", "argument"}]
    return reached(list(examples)) - reached(list(others))


def excluded(node: Any, makers: set[str]) -> str | None:
    """Why a place is left alone, or None.

    annotation: nothing reads it when the program runs. signature: the star before keyword-only parameters is no
    product. text: inside an f-string, so only wording. example: a number, or its sign, in a list, tuple or dict, or in
    the making of a case or a control (`makers`), and a claim is as true of another example.
    """
    constant = node.type == "number" or (node.type == "factor" and node.children[1].type == "number")
    inner = node
    for outer in _ancestors(node):
        typed = outer.type == "annassign" and (inner is not outer.children[-1] or len(outer.children) == 2)
        if typed or outer.type == "tfpdef" or (outer.type == "funcdef" and inner is outer.annotation):
            return "annotation"
        if inner is node and outer.type in {"parameters", "lambdef"}:
            return "signature"
        if outer.type == "fstring":
            return "text"
        if constant and (_displays(outer) or _makes(outer, inner, makers)):
            return "example"
        inner = outer
    return None


def _displays(node: Any) -> bool:
    """Whether a node is a list, a tuple or a dict written out, rather than brackets around a formula."""
    return node.type == "testlist_comp" or (node.type == "atom" and node.children[0].value in {"[", "{"})


def _makes(outer: Any, inner: Any, makers: set[str]) -> bool:
    made = outer.type == "argument" and inner is outer.children[-1] and outer.children[0].type == "name"
    return (made and outer.children[0].value in {"cases", "subject"}) or (
        outer.type == "funcdef" and outer.name.value in makers
    )


def operator_called(name: str) -> Any:
    """The operator object of a mutant's `operator`."""
    from cosmic_ray import plugins  # pyright: ignore[reportMissingImports]

    return SwapOpposites() if name == "swap" else plugins.get_operator(name)()


def operator_names() -> list[str]:
    """The kept operators of cosmic-ray, and the swap of opposites."""
    from cosmic_ray import plugins  # pyright: ignore[reportMissingImports]

    return [*(name for name in plugins.operator_names() if KEPT.fullmatch(name)), "swap"]


def mutants_of(module: str, root: Path) -> list[Mutant]:
    """Every mutant of a module that is not excluded."""
    from cosmic_ray.ast import ast_nodes, get_ast_from_path  # pyright: ignore[reportMissingImports]

    nodes = list(ast_nodes(get_ast_from_path(root / module)))
    makers = example_makers((root / module).read_text(encoding="utf-8"))
    found = []
    for name in operator_names():
        operator = operator_called(name)
        places = [(node, start[0]) for node in nodes for start, _ in operator.mutation_positions(node)]
        found += [
            Mutant(module=module, operator=name, occurrence=index, line=line)
            for index, (node, line) in enumerate(places)
            if excluded(node, makers) is None
        ]
    return found


def mutated(mutant: Mutant, source: str) -> str | None:
    """The module's text with the change; None where it is no program any more, or the same one."""
    from cosmic_ray.mutating import mutate_code  # pyright: ignore[reportMissingImports]

    changed = mutate_code(source, operator_called(mutant.operator), mutant.occurrence)
    if changed is None or changed == source:
        return None
    try:
        compile(changed, mutant.module, "exec")
    except SyntaxError:
        return None
    return changed


def modules(root: Path) -> list[str]:
    """What is mutated: the certificate, and the claims without the modules of `TEXT`."""
    paths = [root / "toylab/certificate.py", *sorted((root / "toylab/claims").rglob("*.py"))]
    names = [path.relative_to(root).as_posix() for path in paths]
    return [name for name in names if not name.startswith(TEXT)]


def sample(population: dict[str, list[Mutant]], size: int, seed: int) -> list[Mutant]:
    """A stratified random sample: from each module in proportion to its mutants, in a random order.

    The order is that of a random stop as well: each module's mutants are drawn one by one, at evenly spaced moments
    with a random start, so that a run that is cut short has a stratified sample too, and a larger one contains it.

    Args:
        population: mutants by module.
        size: how many; all of them where there are fewer.
        seed: the same seed and mutants give the same sample.
    """
    rng = np.random.default_rng(seed)
    timed = []
    for module in sorted(population):
        count = len(population[module])
        moments = (np.arange(count) + rng.uniform(size=count)) / max(count, 1)
        timed += [(moment, population[module][i]) for moment, i in zip(moments, rng.permutation(count), strict=True)]
    return [mutant for _, mutant in sorted(timed, key=lambda pair: pair[0])][:size]
