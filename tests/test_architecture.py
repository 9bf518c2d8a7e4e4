"""The layers: an import goes down, never up or sideways, and no module imports itself again."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from cases import each_of

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "network": {"network"},
    "sweep": {"sweep"},
    "reports": {"reports", "sweep"},
    "studies": {"studies", "reports", "sweep", "network"},
}
MOST_ENTRIES = 12


def modules():
    """Return all modules of the four packages: their names and files."""
    files = (path for layer in MAY_IMPORT for path in (ROOT / layer).rglob("*.py"))
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in files
    }


MODULES = modules()


def imported(tree, but=()):
    """Return the modules that are imported anywhere in a tree; names in a package are resolved."""
    for node in ast.walk(tree):
        if id(node) in but:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import: {ast.unparse(node)}"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


def used(path):
    """Return the modules of ours that a file imports when it runs, be it in a function."""
    tree = ast.parse(path.read_text())
    for_types = {
        id(node)
        for part in ast.walk(tree)
        if isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING"
        for node in ast.walk(part)
    }
    return {name for name in imported(tree, but=for_types) if name in MODULES}


@each_of("layer", MAY_IMPORT)
def test_imports_go_down(layer):
    names = [name for name in MODULES if name.split(".")[0] == layer]
    assert len(names) > 10
    for name in names:
        packages = {other.split(".")[0] for other in imported(ast.parse(MODULES[name].read_text()))}
        forbidden = packages & (set(MAY_IMPORT) - MAY_IMPORT[layer])
        assert not forbidden, f"{name} imports {forbidden}"


def test_there_is_no_import_cycle():
    graph = {name: used(path) - {name} for name, path in MODULES.items()}
    assert sum(map(len, graph.values())) > 500
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle


def test_no_folder_has_more_than_a_dozen_entries():
    for layer in MAY_IMPORT:
        for folder in [ROOT / layer, *(p for p in (ROOT / layer).rglob("*") if p.is_dir())]:
            if folder.name != "__pycache__":
                entries = [p.name for p in folder.iterdir() if p.name != "__pycache__"]
                assert len(entries) <= MOST_ENTRIES, f"{folder} has {len(entries)}: {entries}"


def test_only_the_objective_trains():
    trainers = {"train", "train_pack"}
    for path in (ROOT / "studies").rglob("*.py"):
        names = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module.startswith("network")
            for alias in node.names
        }
        assert path.parent.name == "objectives" or not names & {*trainers, "compiled"}, path


@pytest.mark.parametrize("layer", ["network", "sweep"])
def test_a_lower_layer_can_be_used_alone(layer):
    """Import all of a layer where the others can't be found."""
    names = [name for name in MODULES if name.split(".")[0] == layer]
    code = (
        "import sys\n"
        f"for other in {sorted(set(MAY_IMPORT) - {layer})!r}: sys.modules[other] = None\n"
        f"import {', '.join(names)}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from studies.cli import main\n"
        "assert main.run(['--help']) == 0\n"
        "assert main.run(['assignment', '--help']) == 0\n"
        "heavy = {'numpy', 'numba', 'pandas', 'matplotlib', 'joblib', 'optuna'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


HOMEWORK = ["assignment", "--learning-rate=0.5", "--batch-size=5", "--max-epochs=50", "--jobs=2"]
DRAWS, SEARCHES, COMPILES = {"matplotlib"}, {"optuna", "sqlalchemy"}, {"numba"}


def test_commands_import_only_what_they_use(tmp_path):
    """Numba only to compile; what draws in another process; what searches for searches alone."""
    table = "| m | 0.5 |\n|---|---|\n| 5 | 3150 / 0.970 |\n"
    (tmp_path / "table.md").write_text(table)
    heavy = DRAWS | SEARCHES | COMPILES
    check = ["check", "table.md", "--repeats=2", "--max-epochs=50", "--cache=."]
    commands = [HOMEWORK, HOMEWORK, check, ["verify", "runs/assignment"]]
    commands += [["report", "runs/assignment"]]
    for number, words in enumerate(commands):
        code = (
            "import sys\n"
            "from studies.cli import main\n"
            f"main.run({words!r})\n"
            f"heavy = {heavy!r} & set(sys.modules)\n"
            f"assert {number == 0} and heavy <= {COMPILES!r} or not heavy, heavy\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True)


def test_nothing_but_the_command_line_imports_the_command_line():
    for path in (ROOT / "studies").rglob("*.py"):
        is_command = path.parent.name == "cli" or path.name == "__main__.py"
        assert is_command or "studies.cli" not in path.read_text(), path
