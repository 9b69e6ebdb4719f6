"""HTML as plain text: what a person would read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.kit.html_text import plain_text

LINK = '<a href="https://x.example/a?b=c">our site</a>'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("just text", "just text"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<div><br></div><div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"),
        ("One<br>Two<br><br>Three", "One\nTwo\n\nThree"),
        ("  lots \n of\t white   space ", "lots of white space"),
        ("a <b>b</b><i>c</i> <u> d</u>", "a bc d"),
        ("a&nbsp;b &amp; c &lt;d&gt; &euro; &#x1F600;", "a b & c <d> € 😀"),
        (f"see {LINK}.", "see our site (https://x.example/a?b=c)."),
        ('<a href="https://www.x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="mailto:a@x.example">write</a>', "write (a@x.example)"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ('<a href="https://x.example"><img alt="Logo" src="x"></a>', "Logo (https://x.example)"),
        ('<a href="https://x.example"><img src="pixel"></a>', ""),
        ("<ul><li>one<li>two<ul><li>deep</ul><li>three</ul>after", "- one\n- two\n  - deep\n- three\n\nafter"),
        ("<ol start=9><li>i<li>j</ol>", "9. i\n10. j"),
        ("<ol start=many><li>i</ol>", "1. i"),
        ("<blockquote>q<p>r</p></blockquote>mine", "> q\n>\n> r\n\nmine"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a b\n1 2"),
        ("<pre>x\n  y\n\nz</pre>", "x\n  y\n\nz"),
        ("<h1>Title</h1>text<hr>end", "Title\n\ntext\n\n--------------------\n\nend"),
        ("<head><title>T</title><style>p{}</style></head><script>x()</script><p>seen</p><!-- unseen -->", "seen"),
        ('<div style="color:red;display: none">preview</div>seen<span hidden>not</span>', "seen"),
        ("pre\u00adview\u200b\u034f\ufeff", "preview"),
        ("<p>un<b>closed <i>tags</p></b>here", "unclosed tags\n\nhere"),
        ("</p></div></table>text<td", "text"),
        ("<p>Hello,<p><p><p><br><br><br><br><br><br>far", "Hello,\n\n\nfar"),
    ],
)
def test_html_is_read_as_a_person_would(html, text):
    assert plain_text(html) == text


def test_nesting_may_be_as_deep_as_somebody_likes():
    assert "core" in plain_text("<div>" * 50_000 + "core")
    assert "core" in plain_text("<blockquote>" * 2_000 + "core")


@given(st.text(alphabet="<>/ab pdivlou=\"'&;#-!\n\t", max_size=300))
def test_nothing_breaks_it(html):
    text = plain_text(html)
    assert text == text.strip("\n").rstrip()
