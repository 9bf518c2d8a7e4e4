"""What a notebook shows of a grid: table, figures, findings."""

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from reports.documents.documents import HIDDEN
from reports.tables.best import NO_BEST
from reports.tables.tables import corner
from reports.words import language, number, word

if TYPE_CHECKING:
    from studies.homework.result import GridResult

SHOWN = ("epochs_map", "loss_by_batch_size", "best_fit")
"""The figures that stand under the table."""


def as_html(result: "GridResult") -> str:
    """Return the tables, the best combinations, the findings and the main figures as HTML."""
    with language(result.language):
        return "".join(_section(result, n_hidden) for n_hidden in result.hidden)


def _section(result: "GridResult", n_hidden: int) -> str:
    best = result.best(n_hidden)
    shown = result.table(n_hidden).map(word).rename(columns=number, index=number)
    shown.columns.name, shown.index.name = str(corner(result.table(n_hidden))), None
    said = "".join(f"<li>{escape(str(f.text))}</li>" for f in result.findings(n_hidden))
    suffix = f"_h{n_hidden}" if len(result.hidden) > 1 else ""
    pictures = "".join(_picture(result, name + suffix) for name in SHOWN)
    return (
        f"<h4>{escape(str(HIDDEN.fill(n=n_hidden)))}</h4>{shown.to_html()}"
        f"<p>{escape(str(best.sentence if best else NO_BEST))}</p><ul>{said}</ul>{pictures}"
    )


def _picture(result: "GridResult", name: str) -> str:
    """Return a figure of the run directory, if it is there, so that it stays in the notebook."""
    path = result.directory / "figures" / f"{name}.png"
    if not path.exists():
        return ""
    data = b64encode(path.read_bytes()).decode()
    return f'<img alt="{name}" style="max-width: 48em" src="data:image/png;base64,{data}">'
