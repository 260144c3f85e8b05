"""One direction of imports, read from the source."""

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "siting"

LAYERS = (
    {"errors", "files", "version"},
    {"locale"},
    {"physics"},
    {"problem"},
    {"periods", "synthetic"},
    {"instance"},
    {"model"},
    {"solver"},
    {"options"},
    {"auditor"},
    {"maps"},
    {"solving"},
    {"study"},
    {"report"},
    {"runs"},
    {"guide"},
    {"cli", "__init__"},
    {"__main__"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
CONCEPTS_MAY_IMPORT = {"structure", "ports", "midnight"}
EXAMPLES = PACKAGE / "guide" / "examples"
"""Scripts as users write them: what they import is the package itself."""
FILES = sorted(path for path in PACKAGE.rglob("*.py") if EXAMPLES not in path.parents)


def unit(dotted):
    """First name below the package: ``siting.model.sites`` belongs to ``model``."""
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def name_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(["siting", *parts])


def statements(node):
    """All nodes of a file but those that only a type checker sees."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from statements(child)


@cache
def imports(path):
    """Full names of all modules that a file imports, also inside functions."""
    found = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                below = PACKAGE.joinpath(*full.split(".")[1:])
                is_module = full.startswith("siting.") and (below.is_dir() or below.with_suffix(".py").is_file())
                found.add(full if is_module else module)
    return found


def ours(path):
    return {name for name in imports(path) if name.split(".")[0] == "siting"}


MAY_BE_HIDDEN = {
    "siting.instance.loading": {"siting"},  # importers of a form that few instances have
    "siting.periods": {"sklearn", "threadpoolctl", "tsam"},  # a second, where no typical periods are chosen
    "siting.problem.system": {"scipy"},
    "siting.solver.compile.matrix": {"pyomo"},  # workers that only solve need no Pyomo
    "siting.solver.parallel.processes": {"multiprocessing"},
    "siting.solving.solution": {"siting"},  # maps: GeoPandas and matplotlib, where no one draws
}
"""What may be imported inside functions beside the command line, whose help has to be quick."""


def hidden(path):
    """Libraries that a file imports inside functions."""
    found = set()
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for node in ast.walk(function) if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) else ():
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {name.split(".")[0] for name in names}
    return found


def outside(path):
    return {name.split(".")[0] for name in imports(path)} - {"siting"}


def test_there_is_something_to_check():
    assert len(FILES) > 40
    assert "siting.problem.derived" in ours(PACKAGE / "model" / "cooling.py")
    assert "siting.model.cooling" in ours(PACKAGE / "model" / "build.py")


def test_every_module_has_a_layer():
    assert {unit(name_of(path)) for path in FILES} - set(LEVEL) == set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_down_only(path):
    here = unit(name_of(path))
    # The command line starts from the package itself: its version and its public names. The site says the version.
    beside = {"siting"} if here in ("cli", "guide") else set()
    wrong = {name for name in ours(path) - beside if unit(name) != here and LEVEL[unit(name)] >= LEVEL[here]}
    assert wrong == set()


def test_imports_inside_functions_are_listed():
    found = {name_of(path): hidden(path) for path in FILES if unit(name_of(path)) != "cli" and hidden(path)}
    assert found == MAY_BE_HIDDEN


def test_no_module_below_the_command_line_imports_it():
    below = [path for path in FILES if LEVEL[unit(name_of(path))] < LEVEL["cli"]]
    assert {name_of(path) for path in below if any(unit(name) == "cli" for name in ours(path))} == set()


CONCEPTS = [path for path in sorted((PACKAGE / "model").glob("*.py")) if path.stem not in ("__init__", "build")]


def test_only_build_imports_concepts():
    concepts = {f"siting.model.{path.stem}" for path in CONCEPTS} - {f"siting.model.{n}" for n in CONCEPTS_MAY_IMPORT}
    users = {name_of(path) for path in FILES if ours(path) & concepts}
    assert users == {"siting.model.build"}
    assert concepts <= ours(PACKAGE / "model" / "build.py")


@pytest.mark.parametrize("path", CONCEPTS, ids=lambda path: path.stem)
def test_concepts_meet_in_ports_only(path):
    model = {name.split(".")[2] for name in ours(path) if name.startswith("siting.model.")}
    assert model <= CONCEPTS_MAY_IMPORT


def users_of(library):
    return {unit(name_of(path)) for path in FILES if library in outside(path)}


def test_only_maps_imports_geopandas():
    assert users_of("geopandas") == {"maps"}


def test_only_the_model_and_the_solver_know_pyomo():
    assert users_of("pyomo") <= {"model", "solver", "solving", "study"}
    assert users_of("highspy") <= {"solver", "study"}


def test_the_audit_knows_neither_model_nor_solver():
    audit = [path for path in FILES if unit(name_of(path)) == "auditor"]
    assert audit
    for path in audit:
        assert outside(path) & {"pyomo", "highspy"} == set()
        assert {unit(name) for name in ours(path)} & {"model", "solver", "solving"} == set()


def test_physics_is_pure():
    for path in (PACKAGE / "physics").glob("*.py"):
        assert {unit(name) for name in ours(path)} <= {"physics"}
        assert outside(path) <= {"__future__", "typing", "collections", "math", "numpy", "pandas"}
