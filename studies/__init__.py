"""Named questions: which trials, which report; and the command line."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studies.homework import assignment
    from studies.search import function_grid as grid

__all__ = ["assignment", "grid"]

_PLACES = {"assignment": "studies.homework.assignment", "grid": "studies.search.function_grid"}

for _name in ("network", "reports", "sweep"):
    _spec, _ours = find_spec(_name), Path(__file__).resolve().parents[1] / _name / "__init__.py"
    _places = [] if _spec is None else [_spec.origin, *(_spec.submodule_search_locations or ())]
    _found = Path(next((place for place in _places if place), _ours)).resolve()
    if _found != _ours:
        raise ImportError(
            f"{_found} hides the package {_name!r} of sweep-lab, which has the same name; rename "
            "it, then restart Python or the kernel of the notebook."
        )


def __getattr__(name: str) -> Any:
    """Import what is public when it is first used, so that ``sweep --help`` stays quick."""
    if name in _PLACES:
        return import_module(_PLACES[name])
    raise AttributeError(f"module 'studies' has no attribute {name!r}")
