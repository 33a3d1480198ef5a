"""The shape of the package, read from its syntax trees: who may import whom, and what is loaded lazily."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "toylab"

#: A module imports from its own layer and from the layers listed before it, never from a later one (DESIGN section 1).
#: Longer prefixes win: `solvers.network` may have its own line.
LAYERS = (
    ("errors", "condition", "interrupts", "markup", "straight_line"),
    ("measures", "storage", "critics", "regularizers"),
    ("losses",),
    ("distributions", "support", "problem", "collinear", "diracgan"),
    ("zoo", "data_files", "fenchel_young", "plans", "network_critic", "functions", "divergences", "manifolds"),
    ("certificate",),
    ("solution", "families"),
    ("chosen_gradients",),
    ("claims", "solvers", "generators"),
    ("verification", "comparison", "convergence", "falsification", "dynamics", "testing"),
    ("plotting",),
    ("report", "bench", "play", "exploration"),
    ("cli", "__main__", "__init__"),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}

#: Packages that only some modules may import at module level; everywhere else inside the function that uses them.
HEAVY = {
    "torch": (
        "bench.critic_double_backward",
        "dynamics.networks.generator",
        "dynamics.networks.trainer",
        "solvers.continuation",
        "solvers.devices",
        "solvers.kinked_terms",
        "solvers.multiscale",
        "solvers.network",
        "solvers.newton",
        "solvers.normalised_program",
        "solvers.pairs",
        "solvers.predictor_corrector",
        "solvers.sides",
        "solvers.starting_point",
        "solvers.threads",
    ),
    "cvxpy": (),
    "hypothesis": ("falsification", "testing"),
    "ot": (),
    "matplotlib": ("plotting",),
    "bokeh": ("play.controls", "play.keys", "play.pace", "play.page", "play.picture"),
}

#: Beyond the layers: (who, must not import, anywhere in the file).
FORBIDDEN = (
    ("claims", "solvers"),
    ("plotting", "solvers"),
    ("solvers", "claims"),
    ("solvers", "plotting"),
    ("solvers", "report"),
    ("solvers", "cli"),
)


def module_name(path: Path) -> str:
    """The dotted name inside the package; a package is named like its folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
each_module = pytest.mark.parametrize("name", MODULES)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(tree: ast.AST, *, lazy: bool) -> Iterator[str]:
    """Dotted names of everything imported for use at run time; with `lazy`, inside functions too."""
    for node in ast.iter_child_nodes(tree):
        if is_type_checking(node) or (not lazy and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import: write the full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imports(node, lazy=lazy)


def inside(imported: str) -> str | None:
    """The toylab module that an imported dotted name belongs to, or None for another package."""
    parts = imported.split(".")
    if parts[0] != "toylab":
        return None
    for end in range(len(parts), 1, -1):
        if (name := ".".join(parts[1:end])) in MODULES:
            return name
    return "__init__"


@cache
def parsed(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imported_by(name: str, *, lazy: bool) -> tuple[str, ...]:
    return tuple(imports(parsed(name), lazy=lazy))


def belongs(name: str, owner: str) -> bool:
    return name == owner or name.startswith(f"{owner}.")


@each_module
def test_every_module_has_its_place(name):
    assert name.split(".")[0] in RANK, f"give {name} a place in LAYERS"


@each_module
def test_imports_run_in_one_direction(name):
    own = RANK[name.split(".")[0]]
    for imported in imported_by(name, lazy=True):
        target = inside(imported)
        if target is not None:
            assert RANK[target.split(".")[0]] <= own, f"{name} imports {imported}, which stands above it"


@each_module
def test_forbidden_imports(name):
    targets = [target for imported in imported_by(name, lazy=True) if (target := inside(imported))]
    for who, whom in FORBIDDEN:
        if belongs(name, who):
            assert not [target for target in targets if belongs(target, whom)], f"{who} must not import {whom}"


def test_modules_do_not_import_one_another_in_circles():
    graph = {}
    for name in MODULES:
        targets = {inside(imported) for imported in imported_by(name, lazy=False)}
        graph[name] = {target for target in targets if target not in {None, name}}
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


@each_module
def test_heavy_packages_are_imported_where_they_are_used(name):
    roots = {imported.split(".")[0] for imported in imported_by(name, lazy=False)}
    for package, allowed in HEAVY.items():
        if not any(belongs(name, place) for place in allowed):
            assert package not in roots, f"{name} imports {package} at module level"


@each_module
def test_modules_are_named_after_what_is_in_them(name):
    assert not {"utils", "util", "helpers", "misc", "common", "tools"} & set(name.split("."))


@each_module
def test_randomness_has_an_explicit_generator(name):
    source = ast.unparse(parsed(name))
    for name_of_global_state in ("np.random.seed", "np.random.rand", "torch.manual_seed", "random.seed"):
        assert f"{name_of_global_state}(" not in source


def test_importing_toylab_is_light():
    """torch, cvxpy, POT and matplotlib take seconds to load; only who uses them waits for them."""
    code = f"import sys, toylab; print([name for name in {sorted(HEAVY)!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
