import pytest
from rich.text import Text

from topickit._core.display import MAX_WIDTH, clip, one_line, render_plain, text_width
from topickit.errors import ParameterError


@pytest.mark.parametrize("limit", [2, 3, 5, 9, 17, 40])
@pytest.mark.parametrize(
    "text", ["", "one two three four", "x" * 50, "税金" * 20, "e\u0301" * 30, "👩\u200d👧" * 20]
)
def test_clip_is_short_and_a_beginning(text, limit):
    clipped = clip(text, limit)
    assert len(clipped) <= limit or clipped == text
    assert text.startswith(clipped.removesuffix("…"))
    if clipped != text:
        assert clipped.endswith("…")
        assert len(text) > limit


def test_clip_splits_no_character():
    assert clip("abcde\u0301fgh", 6) == "abcd…"
    assert clip("ab👩\u200d👧cdefgh", 5) == "ab…"


def test_one_line_drops_what_moves_the_cursor_or_turns_the_text():
    assert one_line("\u202ea\x1b[0m\u2028b\tc\x85") == "a[0m b c"


def test_the_width_is_that_of_the_terminal_within_bounds(monkeypatch):
    for columns, width in (("64", 64), ("9", 40), ("999", MAX_WIDTH)):
        monkeypatch.setenv("COLUMNS", columns)
        assert text_width(None, 40) == width
    assert text_width(999, 40) == 999
    with pytest.raises(ParameterError, match="at least 40 columns, got 39"):
        text_width(39, 40)


def test_plain_text_is_not_markup_and_has_no_trailing_spaces():
    assert render_plain(Text("[bold]a[/bold] :smile:  "), 40) == "[bold]a[/bold] :smile:"
