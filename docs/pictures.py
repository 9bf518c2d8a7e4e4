"""Make the pictures of the documents: ``python docs/pictures.py``.

Runs the homework in a temporary folder, in each language. Needs Chromium and the extra ``test``.
"""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
WIDTH = 1200
COLOURS = 128

sys.path.append(str(ROOT / "tests"))


def main() -> None:
    """Make all pictures anew."""
    from browser import chromium

    with TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        hand_ins(folder)
        for language in ("en", "zh"):
            run, checked = folder / language, folder / f"checked-{language}"
            sweep("assignment", "--out", run, "--lang", language)
            sweep("check", folder / "class", "--out", checked, "--lang", language)
            keep(shown(browser, run / "report.html"), f"page.{language}")
            keep(shown(browser, checked / "class.html"), f"class.{language}")
            keep(run / "figures" / "loss_by_batch_size.png", f"loss_by_batch_size.{language}")


def hand_ins(folder: Path) -> None:
    """Make a class of five: one has copied from another, and one has forgotten a digit."""
    (folder / "class").mkdir()
    for number in ("20260001", "20260002", "20260003"):
        sweep("assignment", "--seed-from", number, "--out", folder / number)
        table = (folder / number / "table.md").read_text(encoding="utf-8").replace("**", "")
        (folder / "class" / f"{number}.md").write_text(table, encoding="utf-8")
    (folder / "class" / "20260004.md").write_text(table, encoding="utf-8")
    few = re.sub(r"(\d)0 / ", r"\1 / ", table).replace(">1000 ", ">10000 ")
    (folder / "class" / "20260005.md").write_text(few, encoding="utf-8")


def sweep(*arguments: object) -> None:
    """Run a command of the tool."""
    words = [sys.executable, "-m", "studies", *map(str, arguments), "--quiet"]
    subprocess.run(words, check=True)


def shown(browser, page: Path) -> Path:
    """Return a picture of the upper part of a page."""
    from browser import opened

    picture = page.with_suffix(".png")
    look = {"viewport": {"width": WIDTH, "height": 860}, "color_scheme": "light"}
    with opened(browser, page, **look) as opened_page:
        opened_page.wait_for_timeout(500)  # until the curves are drawn
        opened_page.screenshot(path=picture)
    return picture


def keep(source: Path, name: str) -> None:
    """Keep a picture in few colours, and no wider than the page."""
    with Image.open(source) as image:
        plain = image.convert("RGB")
    plain.thumbnail((WIDTH, WIDTH))
    few = plain.quantize(COLOURS, dither=Image.Dither.NONE)
    few.convert("RGB").save(PICTURES / f"{name}.webp", lossless=True)


if __name__ == "__main__":
    main()
