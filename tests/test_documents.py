"""The READMEs and documents: their commands run, their links lead somewhere, their site is built.

The commands of the English pages are run, with a small run and small hand-ins at hand and with few
epochs and trials; those of the Chinese pages are the same. What `is_run` leaves out needs other
machines, another library or minutes: it is parsed only, as are the Chinese ones. Commands of other
programs, which install or start servers, are not run.
"""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextvars import copy_context
from pathlib import Path
from urllib.parse import unquote

import docx
import nbformat
import pytest
import typer
from markdown_it import MarkdownIt

from studies.cli import main

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
READMES = [ROOT / "README.md", ROOT / "README.zh.md"]
ENGLISH = [READMES[0], *sorted((DOCS / "en").iterdir())]
CHINESE = [READMES[1], *sorted((DOCS / "zh").iterdir())]
PAGES = [*ENGLISH, *CHINESE, DOCS / "index.md"]
NOTEBOOKS = [DOCS / "tutorial.ipynb", DOCS / "tutorial.zh.ipynb"]
FEW_EPOCHS = ["--max-epochs", "100"]


def tokens(path):
    return MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8"))


def blocks(path, *languages):
    """Return the code blocks in some languages."""
    return [token.content for token in tokens(path) if token.info in languages]


def commands(path):
    """Return the commands for a terminal, each as its words."""
    lines = "".join(blocks(path, "sh", "powershell")).replace("\\", "/").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def calls(path):
    """Return the arguments of all calls of the tool."""
    return [words[1:] for words in commands(path) if Path(words[0]).name == "sweep"]


def is_run(arguments):
    """Return whether a call is run, and not only parsed."""
    elsewhere = {"--scheduler", "--storage"} & {*arguments}
    minutes = arguments[0] == "bench" or arguments[:2] == ["study", "all"]
    another_library = any("sklearn" in word for word in arguments)
    return not (elsewhere or minutes or another_library)


SMALLER = {"--trials": "2", "--repeats": "2"}


def made_small(arguments):
    """Return a call with options at its end that make it short."""
    more = [word for option in SMALLER if option in arguments for word in (option, SMALLER[option])]
    if arguments[0] in ("assignment", "study", "run") and arguments[-1] != "wider.toml":
        more += FEW_EPOCHS
    if arguments[0] == "check" and "--data" in arguments:
        more += [*FEW_EPOCHS, "--repeats", "20", "--cache", "cache"]
    if "--sampler" in arguments:
        more += ["--trials", "2"]
    if "--objective" in arguments:
        more += ["--batch-size", "15", "--eta", "0.5"]
    return [*arguments, *more]


def table_of_the_readme():
    return re.search(r"(?m)(^\|.*\n)+", READMES[0].read_text()).group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with what the pages take for granted: a run, hand-ins and their own files."""
    folder = tmp_path_factory.mktemp("documents")
    run = folder / "runs" / "assignment"
    assert main.run(["assignment", "--quiet", "--out", str(run), *FEW_EPOCHS]) == 0
    for name in ("train", "test"):
        shutil.copy(run / "data" / f"{name}.npz", folder / f"ch09.{name}.npz")
    rows = [line.strip("|").split("|") for line in table_of_the_readme().splitlines()]
    document = docx.Document()
    table = document.add_table(0, len(rows[0]))
    for row in (rows[0], *rows[2:]):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text.strip(" *")
    document.save(folder / "homework.docx")
    for name in ("homework.md", "class/Li/homework.md", "class/20260002.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(table_of_the_readme())
    for code in [code for path in ENGLISH for code in blocks(path, "python", "toml")]:
        if name := re.match(r"# ((?!sweep)\w+\.(py|toml))\n", code):
            few = "max_epochs = 100\n" if name[2] == "toml" else ""  # in its last section
            (folder / name[1]).write_text(code + few)
    return folder


@pytest.fixture(scope="module")
def done():
    """Return the calls that were run already, which one page need not do for another again."""
    return []


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.stem)
@pytest.mark.usefixtures("no_figures")
def test_the_commands_of_a_page_run(path, folder, done, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BROWSER", "true %s")
    for arguments in filter(is_run, calls(path)):
        if arguments in done:
            continue
        if arguments[0] == "predict":  # refused where there are trials
            shutil.rmtree("runs/assignment")
            done[:] = [call for call in done if call != ["assignment"]]
        assert main.run(made_small(arguments)) == 0, (arguments, capsys.readouterr().err)
        done.append(arguments)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_file_of_defaults_is_read(language, tmp_path, monkeypatch, capsys):
    (code,) = blocks(DOCS / language / "files.md", "toml")
    (tmp_path / "sweep.toml").write_text(code)
    monkeypatch.chdir(tmp_path)
    assert main.run(["assignment", "--show-settings"]) == 0
    assert capsys.readouterr().out.count("sweep.toml") == len(tomllib.loads(code))


def test_all_commands_are_read_by_the_tool():
    command = typer.main.get_command(main.app)
    for name, *options in {tuple(call) for path in PAGES for call in calls(path)}:
        if not name.startswith("--"):
            copy_context().run(command.commands[name].make_context, name, options)


def test_both_languages_have_the_same_commands():
    def plain(path):
        return [line.replace("--lang zh", "").split() for line in map(shlex.join, commands(path))]

    assert [path.name for path in ENGLISH[1:]] == [path.name for path in CHINESE[1:]]
    for english, chinese in zip(ENGLISH, CHINESE, strict=True):
        assert plain(english) == plain(chinese), english


def test_extras_targets_and_files_that_are_named_exist():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    makefile = (ROOT / "Makefile").read_text()
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"(?:sweep-lab|\.)\[(\w+)\]", text)) <= extras.keys(), path
        assert all(f"\n{words[1]}:" in makefile for words in commands(path) if words[0] == "make")
        assert all(
            (ROOT / name).exists() for name in re.findall(r"`((?:examples|docs)/[\w./]+)`", text)
        )


def test_powershell_of_windows_reads_the_lines_for_it():
    assert all("&&" not in code for path in READMES for code in blocks(path, "powershell"))


def test_a_readme_is_short_and_begins_with_a_picture():
    for path in READMES:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 150
        assert any(line.startswith("![") for line in lines[:12])


def addresses(path):
    """Return where the links and pictures of a document lead."""
    children = [child for token in tokens(path) for child in token.children or []]
    return [child.attrs.get("href") or child.attrs.get("src") for child in children if child.attrs]


def anchors(path):
    """Return the anchors of the headings, as GitHub and the site make them."""
    every = tokens(path)
    headings = [
        every[at + 1].content for at, token in enumerate(every) if token.type == "heading_open"
    ]
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize(
    "path",
    [*PAGES, *ROOT.glob("[CS]*.md"), ROOT / "tests" / "README.md"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_lead_somewhere(path):
    for address in addresses(path):
        if re.match(r"https?://", address):
            continue
        name, _, anchor = unquote(address).partition("#")
        target = (path.parent / name) if name else path
        assert target.exists(), address
        assert not anchor or anchor in anchors(target), address


def test_each_picture_is_shown_and_they_are_small():
    shown = {(path.parent / address).resolve() for path in PAGES for address in addresses(path)}
    pictures = set((DOCS / "pictures").iterdir())
    assert pictures <= shown
    assert sum(picture.stat().st_size for picture in pictures) < 300_000


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    for page in tmp_path.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"""<(?:link|script|img)\b[^>]*["'](?:https?:)?//""", text), page


def test_notebooks_have_no_outputs_and_the_same_code():
    sources = []
    for path in NOTEBOOKS:
        cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        assert all(not cell.outputs and cell.execution_count is None for cell in cells)
        sources.append([cell.source.replace('"zh"', '"en"') for cell in cells])
    assert sources[0] == sources[1]


def test_chinese_paragraphs_are_not_wrapped():
    for path in CHINESE:  # a line's end is shown as a space
        assert not re.search(
            r"[，。；：、一-鿿]\n(?:[（“一-鿿]|`[^`])", path.read_text(encoding="utf-8")
        ), path
