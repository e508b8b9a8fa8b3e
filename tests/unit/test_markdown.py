"""What authors write becomes HTML that can do nothing but be read."""

import pytest

from lms.markdown import LONGEST, Section, render, sections


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>\n"),
        (
            "[law](https://cbd.minjust.gov.kg)",
            '<p><a href="https://cbd.minjust.gov.kg" rel="noopener noreferrer">law</a></p>\n',
        ),
        ("![far](https://elsewhere.kg/x.png)", "<p></p>\n"),
        ("![up](images/../secret.png)", "<p></p>\n"),
        ("![map](images/map.png)", '<p><img src="/c/images/map.png" alt="map" loading="lazy"></p>\n'),
    ],
)
def test_only_what_can_be_read_passes(written: str, shown: str) -> None:
    assert render(written, "/c/") == shown


def test_the_alignment_of_a_table_is_a_class_and_no_style() -> None:
    html = render("| a |\n|--:|\n| 1 |")

    assert [
        html.count(part) for part in ('class="ta-right"', 'scope="col"', 'class="table-scroll"', "style")
    ] == [
        2,
        1,
        1,
        0,
    ]


def test_a_mark_asks_to_check_the_law() -> None:
    marked = render("see [the law]{.verify L03}", badge="check the current text")
    plain = render("see [the law]{.verify L03}")

    assert marked == (
        '<p>see <span class="verify">the law <span class="verify-badge">check the current text L03</span></span></p>\n'
    )
    assert plain == "<p>see the law</p>\n"


def test_a_mark_in_the_description_of_a_picture_leaves_its_words_only() -> None:
    html = render("![see [the law]{.verify L03} here](images/a.png)", "/c/", "check")

    assert html == '<p><img src="/c/images/a.png" alt="see the law here" loading="lazy"></p>\n'


def test_a_text_that_would_take_seconds_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        render("x" * (LONGEST + 1))


def test_a_text_is_split_at_its_headings_with_ids() -> None:
    found = sections("before\n\n## One {#one}\n\nfirst\n\n## No id\n\n## Two {#two}\nsecond\n")

    assert found == (Section("one", "One", "first\n\n## No id"), Section("two", "Two", "second"))
