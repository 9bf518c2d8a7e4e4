"""JavaScript modules are joined into one script."""

import pytest
from cases import each_of

from reports.page import scripts

MODULES = {
    "low.js": "export const one = 1;\nexport function* none() {}\nconst hidden = 5;\n",
    "part/middle.js": 'import { one } from "../low.js";\nexport class Two {}\n',
    "top.js": 'import { Two } from "./part/middle.js";\nimport { one } from "./low.js";\n',
}


@pytest.fixture
def joined(tmp_path, monkeypatch):
    """Return what joins modules, given by name, that top.js imports."""
    monkeypatch.setattr(scripts, "SCRIPTS", tmp_path)
    (tmp_path / "part").mkdir()

    def join(modules):
        for name, text in modules.items():
            (tmp_path / name).write_text(text)
        return scripts.bundle.__wrapped__("top.js")  # not what is kept of the page

    return join


def test_each_module_stands_once_before_what_needs_it(joined):
    text = joined(MODULES)
    middle = "const { one } = module_low;\nclass Two {}\nreturn { Two };"
    parts = ["module_low =", "return { one, none }", middle, "module_top ="]
    assert [text.count(part) for part in parts] == [1, 1, 1, 1]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    assert "export" not in text
    assert "import" not in text


@each_of(
    "low, why",
    [
        ('import { Two } from "./part/middle.js";\n', "middle.js imports itself, by way of low.js"),
        ('import * as all from "./other.js";\n', "low.js has 'import .*does not know"),
        ('import { one } from "other";\n', "low.js has 'import .*does not know"),
        ("export default 1;\n", "low.js has 'export default 1;', which .* does not know"),
        ("export let count = 0;\n", "low.js has 'export let .* does not know"),
        ("const a = 1;\nexport { a };\n", "low.js has 'export { a };', .* does not know"),
    ],
)
def test_circles_and_other_forms_are_refused(joined, low, why):
    with pytest.raises(ValueError, match=why):
        joined(MODULES | {"low.js": low})
