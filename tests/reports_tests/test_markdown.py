"""What a user wrote is shown in a document as it was written, and never makes anything of it."""

from html import unescape

from cases import each_of
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports.documents.markdown import escaped, fenced, paragraph

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SIGNS = st.text(st.sampled_from("\\`*_[]()!<>&;#+-=~|:.1)a \n\t'\"/{}$@x"), max_size=30)


def shown(text):
    """Return a text as a document can show it: in one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def only_text(document, kind="p"):
    """Return what stands in a document of one paragraph, or heading, which must be text alone."""
    html = READER.render(document).strip()
    assert html.startswith(f"<{kind}>"), html
    assert html.endswith(f"</{kind}>"), html
    inside = html[len(kind) + 2 : -len(kind) - 3]
    assert "<" not in inside, html
    return unescape(inside)


@settings(max_examples=300, deadline=None)
@example("# title")
@example("0.")
@example("1. one")
@example("- item")
@example("![p](http://x/p.png) [l](javascript:x) <b>b</b> `c` **b** _i_ ~~s~~ | c | &lt; a_b")
@example("---")
@example("a\n===")
@example("a\r\n\r\n# b\u2028# c")
@example("```\ncode")
@example("[x]: http://x")
@given(st.one_of(SIGNS, st.text(max_size=20)))
def test_any_text_is_shown_as_it_is(text):
    if shown(text):
        assert only_text(paragraph(text)) == shown(text)
        assert only_text(f"# {escaped(text)}.", "h1") == f"{shown(text)}."


@settings(max_examples=200, deadline=None)
@given(SIGNS)
def test_a_cell_stays_one_cell(text):
    html = READER.render(f"| a | b |\n| --- | --- |\n| {escaped(text)} | end |")
    assert html.count("<td>") == 2
    assert "<td>end</td>" in html
    first = html.split("<td>")[1].split("</td>")[0]
    assert unescape(first) == shown(text)


def test_names_with_an_underscore_stay_readable_as_they_are_written():
    assert escaped("max_epochs = 3, data_1") == "max_epochs = 3, data_1"


@each_of("text", ["a", "`", "```\n# title", "````\n```", "~~~\nx"])
def test_a_block_of_code_ends_where_it_should(text):
    html = READER.render(f"{fenced(text)}\n\nend")
    assert html.count("<pre>") == 1
    assert html.endswith("<p>end</p>\n")
    assert text in unescape(html)
