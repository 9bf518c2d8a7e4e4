"""No pattern of ours takes more than linear time, whatever line it is given."""

import ast
import re
from importlib import import_module
from pathlib import Path
from time import process_time

from cases import each_of

ROOT = Path(__file__).parents[1]
LAYERS = ("network", "sweep", "reports", "studies")
FUNCTIONS = ("compile", "search", "match", "fullmatch", "split", "sub", "findall", "finditer")
CALLS = {f"re.{name}" for name in FUNCTIONS}
PIECES = [
    *(
        " ",
        "\t",
        "1",
        "1 ",
        "1,",
        "1.",
        "0.1 ",
        "1 000",
        "-",
        "- ",
        "a",
        "a ",
        "_",
        "|",
        "| ",
        "|-",
    ),
    *(
        "<a",
        "<a ",
        "<br",
        "&a",
        "[a",
        "[1",
        "`",
        "$",
        "$1",
        "\\",
        "*",
        "#",
        "=",
        "+",
        "¹",
        "1¹",
        "：",
    ),
    *(
        "SIG",
        "SIGA(",
        ":/a:",
        "?a",
        "&password=",
        "(",
        "epoch",
        "批",
        "未",
        "轮 ",
        "e-1",
        "batch ",
        "%",
    ),
]
SHORT, FACTOR = 3000, 4  # characters of a line, and how many times longer the other one is
NEGLIGIBLE, MOST = 0.03, 10  # seconds; how many times longer it may take, linear would be 4


def patterns():
    """Return all patterns in the four packages: module, and name in it or the pattern itself."""
    found = []
    for path in sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {id(n.value): ast.unparse(n.targets[0]) for n in tree.body if hasattr(n, "targets")}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
                is_named = id(node) in names
                assert is_named or isinstance(node.args[0], ast.Constant), (module, node.lineno)
                found.append(
                    (module, names[id(node)] if is_named else node.args[0].value, is_named)
                )
    return found


def seconds(work, line, times):
    best = float("inf")
    for _ in range(times):
        begin = process_time()
        work(line)
        best = min(best, process_time() - begin)
    return best


@each_of(("module", "pattern", "is_named"), patterns())
def test_a_line_four_times_as_long_takes_about_four_times_as_long(module, pattern, is_named):
    pattern = getattr(import_module(module), pattern) if is_named else re.compile(pattern)
    if isinstance(pattern.pattern, bytes):
        pattern = re.compile(pattern.pattern.decode())
    for line in (piece * (SHORT // len(piece)) for piece in PIECES):
        for work in (pattern.fullmatch, lambda line: pattern.sub("", f"{line}!")):
            if seconds(work, line * FACTOR, 1) > NEGLIGIBLE:
                longer, shorter = seconds(work, line * FACTOR, 3), seconds(work, line, 3)
                assert longer < MOST * shorter or longer < NEGLIGIBLE, line[:20]
