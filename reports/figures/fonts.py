"""The letters of figures: Chinese ones need a font that not every machine has.

Where none is installed, figures are drawn with English labels, and it is said once. No box ever
stands in place of a character.
"""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

from reports.words import Text, current_language, language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHINESE = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti", "SimHei"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Arial Unicode MS"),
    *("Noto Sans CJK JP", "Noto Serif CJK SC", "Noto Serif SC", "Songti SC", "SimSun"),
)
"""Fonts with simplified characters, those without serifs first."""

NO_FONT = Text(
    "no Chinese font is installed, so figures have English labels; install one, such as Noto Sans "
    "CJK, and run the same command again.",
    "未安装中文字体，因此图中使用英文标注；"
    "请安装中文字体（例如 Noto Sans CJK）后再次运行同一命令。",
)


def chinese_font() -> str | None:
    """Return the name of a font that has Chinese characters, or None if none is installed."""
    from matplotlib import font_manager

    fonts = font_manager.fontManager
    found = _first({font.name for font in fonts.ttflist})
    if found is not None:
        return found
    known = {font.fname for font in fonts.ttflist}  # the list is kept; fonts may have come since
    for path in set(font_manager.findSystemFonts()) - known:
        try:
            fonts.addfont(path)
        except (OSError, RuntimeError):  # no font after all
            continue
    return _first({font.name for font in fonts.ttflist})


def chinese_files() -> list[tuple[str, int]]:
    """Return the file and the place in it of `chinese_font`, the regular one and the bold one.

    Empty if none is installed; twice the same where there is no bold one.
    """
    from matplotlib import font_manager

    name = chinese_font()
    fonts = [f for f in font_manager.fontManager.ttflist if f.name == name and f.style == "normal"]
    if not fonts:
        return []
    weights = font_manager.weight_dict | {n: n for n in range(1, 1000)}
    both = (min(fonts, key=lambda f: abs(weights.get(f.weight, 400) - w)) for w in (400, 700))
    return [(font.fname, getattr(font, "index", 0)) for font in both]


def _first(names: set[str]) -> str | None:
    return next((name for name in CHINESE if name in names), None)


def writable(name: str) -> str:
    """Return the language in which labels can be drawn: the one named, or English."""
    return "en" if name == "zh" and chinese_font() is None else name


def letter(ax: "Axes") -> "Axes":
    """Let the labels on axes that are drawn by now have the letters of the context's language."""
    font = chinese_font() if current_language() == "zh" else None
    if font is not None:
        from matplotlib.text import Text as Label

        for label in ax.findobj(Label):
            label.set_fontfamily(["DejaVu Sans", font])
    return ax


def with_letters(draw: "Callable[[], Figure]", save: "Callable[[Figure], None]") -> None:
    """Draw a figure and save it, in English where the fonts lack a character of the language."""
    from matplotlib import rc_context

    font = chinese_font() if current_language() == "zh" else None
    if font is not None:
        with warnings.catch_warnings(), rc_context({"font.family": ["DejaVu Sans", font]}):
            warnings.filterwarnings("error", "Glyph .* missing", UserWarning)
            try:
                save(draw())
            except UserWarning:
                pass
            else:
                return
    with language("en"):
        save(draw())
