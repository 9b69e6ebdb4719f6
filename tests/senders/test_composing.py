"""What goes out, as the standard library of Python reads it."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from letters import ANN, MESSAGE_ID, REFERENCE, composed, letter, parsed, unified

from fairlead.kit.refusals import Invalid
from fairlead.kit.text import has_control
from fairlead.senders.composing import REFERENCE_HEADER, SIGNATURE_PLACE
from fairlead.senders.model import Attachment

# What can be typed into a field: any character that is no control character.
LINE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=120)
BODY = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=400)
LOCAL = st.from_regex(r"[a-z0-9!#$%&'*+=?^_`{|}~-]{1,12}(\.[a-z0-9]{1,8})?", fullmatch=True)
FILE_NAME = LINE.map(lambda name: re.sub(r"[/\\]", "-", name).strip()).filter(
    lambda name: name and len(name.encode()) <= 255
)


def head_of(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[0]


def fields(raw: bytes) -> dict[str, str]:
    """Header fields, unfolded, as they stand."""
    unfolded = re.sub(r"\r\n(?=[ \t])", "", head_of(raw).decode())
    return dict(line.split(": ", 1) for line in unfolded.split("\r\n"))


@settings(max_examples=400)
@given(
    subject=LINE, name=LINE, sender=LINE, local=LOCAL, text=BODY, html=st.none() | BODY, signature=st.none() | BODY,
    files=st.lists(st.tuples(FILE_NAME, st.binary(max_size=300), st.booleans()), max_size=3),
)  # fmt: skip
@example("=?utf-8?q?not_an_encoded_word?=", "=?utf-8?b?eA==?=", "\\", "a", " \n.\r\n..\n--=_x\n", None, None, [])
@example("x" * 120, '"' * 60, "ü" * 120, "a", "", "", "", [])
@example("a " * 60, "𝕏" * 60, "Müller, Ann (\\\") <x@y>", "a", "ж" * 300, "=\t \n\t", None, [("ж" * 60 + ".pdf", b"", True)])
def test_every_message_reads_back_as_it_was_meant(subject, name, sender, local, text, html, signature, files):
    attachments = tuple(
        Attachment(name, "application/pdf", content, f"part{number}@here" if inline else None)
        for number, (name, content, inline) in enumerate(files)
    )
    mailbox = replace(ANN, sender_name=sender, signature_html=signature)
    address = f"{local}@there.example"
    raw = composed(
        letter(subject=subject, text=text, html=html, attachments=attachments), mailbox,
        to_address=address, to_name=name,
    )  # fmt: skip

    lines = raw.split(b"\r\n")
    assert raw.count(b"\r") == raw.count(b"\n") == len(lines) - 1
    assert max(map(len, lines)) <= 998
    assert max(map(len, head_of(raw).split(b"\r\n"))) <= 78
    assert raw.isascii()
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?[bq]\?[^?]*\?=", head_of(raw)))

    message = parsed(raw)
    assert str(make_header(decode_header(fields(raw)["Subject"]))) == subject.strip()
    assert "".join(str(message["Subject"]).split()) == "".join(subject.split())
    (to,), (by,) = message["To"].addresses, message["From"].addresses
    assert (to.addr_spec, by.addr_spec) == (address, "ann@here.example")
    # The standard library gives runs of blanks in a name as one.
    assert "".join(to.display_name.split()) == "".join(name.split())
    assert "".join(by.display_name.split()) == "".join(sender.split())

    plain = unified(message.get_body(["plain"]).get_content())
    if not signature:
        assert plain in (unified(text), unified(text) + "\n")
    if html is not None:
        body = message.get_body(["html"])
        wanted = unified(html if signature in (None, "") else f"{html}\n{signature}")
        assert unified(body.get_content()).rstrip("\n") in (wanted.rstrip("\n"), *_with_signature(html, signature))
    found = [part for part in message.walk() if part.get_content_disposition() in ("attachment", "inline")]
    wanted_files = sorted((name, content) for name, content, _ in files)
    assert sorted((part.get_filename(), part.get_content()) for part in found) == wanted_files


def _with_signature(html, signature):
    at = html.lower().rfind("</body")
    return [unified(html[:at] + (signature or "") + html[at:]).rstrip("\n")] if at >= 0 else []


def test_the_headers_every_mail_needs_are_there_once():
    raw = composed(letter(list_unsubscribe="https://go.example/u/abc"), replace(ANN, bcc=("boss@here.example",)))
    names = [line.split(":")[0] for line in re.sub(r"\r\n[ \t]", " ", head_of(raw).decode()).split("\r\n")]
    assert sorted(names) == sorted([
        "Date", "From", "To", "Subject", "Message-ID", REFERENCE_HEADER, "List-Unsubscribe", "List-Unsubscribe-Post",
        "MIME-Version", "Content-Type",
    ])  # fmt: skip
    assert fields(raw)["Date"] == "Wed, 04 Mar 2026 09:05:06 +0100"
    assert fields(raw)["Message-ID"] == f"<{MESSAGE_ID}>"
    assert fields(raw)[REFERENCE_HEADER] == REFERENCE
    assert fields(raw)["List-Unsubscribe"].strip() == "<https://go.example/u/abc>"
    assert fields(raw)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert b"boss" not in raw
    assert all(word not in raw.lower() for word in (b"precedence", b"auto-submitted", b"x-mailer"))


@pytest.mark.parametrize(
    ("zone", "moment", "date"),
    [("America/St_Johns", datetime(2026, 1, 1, 2, tzinfo=UTC), "Wed, 31 Dec 2025 22:30:00 -0330"),
     ("Asia/Kathmandu", datetime(2026, 7, 1, 12, tzinfo=UTC), "Wed, 01 Jul 2026 17:45:00 +0545"),
     ("UTC", datetime(2026, 7, 9, 1, 2, 3, tzinfo=UTC), "Thu, 09 Jul 2026 01:02:03 +0000")],
)  # fmt: skip
def test_the_date_is_in_the_zone_of_the_mailbox(zone, moment, date):
    raw = composed(mailbox=replace(ANN, time_zone=zone), date=moment)
    assert fields(raw)["Date"] == date
    assert parsed(raw)["Date"].datetime == moment


def test_a_retry_sends_the_same_bytes():
    written = letter(attachments=(Attachment("a.pdf", "application/pdf", b"x" * 5000),))
    assert composed(written) == composed(written)


CRLF = ("a\r\nBcc: x@evil.example", "a\nb", "a\rb", "a\x00b", "a\x0bb", "a\u2028b", "a\x85b")


@pytest.mark.parametrize("text", CRLF)
@pytest.mark.parametrize(
    ("place", "make"),
    [
        ("subject", lambda bad: composed(letter(subject=bad))),
        ("sender name", lambda bad: composed(mailbox=replace(ANN, sender_name=bad))),
        ("sender name", lambda bad: composed(mailbox=replace(ANN, address=f"{bad}@here.example"))),
        ("recipient", lambda bad: composed(to_name=bad)),
        ("recipient", lambda bad: composed(to_address=f"{bad}@there.example")),
        ("recipient", lambda bad: composed(to_address=f"bob@there.example{bad}")),
        ("reply-to", lambda bad: composed(mailbox=replace(ANN, reply_to=f"{bad}@here.example"))),
        ("message id", lambda bad: composed(message_id=f"{bad}@here.example")),
        ("reference", lambda bad: composed(reference=bad)),
        ("message replied to", lambda bad: composed(letter(in_reply_to=f"{bad}@x.example"))),
        ("references", lambda bad: composed(letter(references=(f"{bad}@x.example",)))),
        ("unsubscribe link", lambda bad: composed(letter(list_unsubscribe=f"https://x.example/{bad}"))),
        ("header X-Mine", lambda bad: composed(letter(headers=(("X-Mine", bad),)))),
        ("name of a header", lambda bad: composed(letter(headers=((bad, "x"),)))),
        ("name of an attachment", lambda bad: composed(letter(attachments=(Attachment(bad, "a/b", b""),)))),
        ("content id", lambda bad: composed(letter(attachments=(Attachment("a", "a/b", b"", bad),)))),
    ],
)
def test_nothing_adds_a_header_of_its_own(place, make, text):
    with pytest.raises(Invalid) as refusal:
        make(text)
    assert place in refusal.value.sentence


def test_a_media_type_that_is_none_becomes_bytes():
    for media_type in ("text/plain\r\nX: y", "nonsense", "multipart/mixed", "message/rfc822", ""):
        (part,) = parsed(composed(letter(attachments=(Attachment("a", media_type, b"\x00\xff"),)))).iter_attachments()
        assert (part.get_content_type(), part.get_content()) == ("application/octet-stream", b"\x00\xff")


@pytest.mark.parametrize("name", ["Bcc", "from", "Content-Type", "content-transfer-encoding", "DKIM-Signature", "X Y", "", "X:"])
def test_headers_that_are_ours_cannot_be_set(name):
    with pytest.raises(Invalid):
        composed(letter(headers=((name, "x"),)))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a b", "https://a>,<b", "mailto:x@y.example", "https://ü.example"])
def test_an_unsubscribe_link_that_is_none_is_refused(url):
    with pytest.raises(Invalid, match="unsubscribe link"):
        composed(letter(list_unsubscribe=url))


def test_a_domain_of_another_script_goes_as_ascii():
    message = parsed(composed(to_address="bob@münchen.example", mailbox=replace(ANN, address="ann@bücher.example")))
    assert message["To"].addresses[0].addr_spec == "bob@xn--mnchen-3ya.example"
    assert message["From"].addresses[0].addr_spec == "ann@xn--bcher-kva.example"


def test_a_name_before_the_at_in_another_script_stays_as_it_is():
    raw = composed(to_address="böb@there.example")
    assert "To: Bob <böb@there.example>".encode() in raw


def test_a_thread_is_kept_and_its_middle_left_out():
    chain = tuple(f"m{number}@x.example" for number in range(60))
    message = parsed(composed(letter(in_reply_to="<m60@x.example>", references=chain)))
    references = message["References"].split()
    assert message["In-Reply-To"] == "<m60@x.example>"
    assert references[0] == "<m0@x.example>"
    assert references[-2:] == ["<m59@x.example>", "<m60@x.example>"]
    assert len(references) == 20


def test_text_comes_first_and_images_stand_beside_the_html():
    files = (Attachment("logo.png", "image/png", b"\x89PNG", "logo@here"), Attachment("offer.pdf", "application/pdf", b"%PDF"))
    message = parsed(composed(letter(html='<img src="cid:logo@here">', attachments=files)))
    shape = [part.get_content_type() for part in message.walk()]
    assert shape == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "application/pdf",
    ]  # fmt: skip
    image = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert (image["Content-ID"], image.get_content_disposition()) == ("<logo@here>", "inline")


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Angebot für Müller.pdf", "Angebot fur Muller.pdf"), ('a"b;c.txt', "a_b_c.txt"), ("наш план.docx", "nash plan.docx"),
     ("提案.pdf", "TiAn.pdf"), ("x" * 200 + ".pdf", "x" * 56 + ".pdf"), ("plain.pdf", "plain.pdf")],
)  # fmt: skip
def test_old_readers_get_a_name_too(name, plain):
    raw = composed(letter(attachments=(Attachment(name, "application/pdf", b"x"),)))
    assert f'filename="{plain}"'.encode() in raw
    (part,) = parsed(raw).iter_attachments()
    assert part.get_filename() == name


@pytest.mark.parametrize("name", ["", " ", "../x", "a\\b", "x" * 256])
def test_a_name_that_is_a_path_or_nothing_is_refused(name):
    with pytest.raises(Invalid, match="name of an attachment"):
        composed(letter(attachments=(Attachment(name, "a/b", b""),)))


def test_twenty_megabytes_are_carried_and_fifty_are_not():
    content = bytes(range(256)) * 80_000
    (part,) = parsed(composed(letter(attachments=(Attachment("big.bin", "application/zip", content),)))).iter_attachments()
    assert part.get_content() == content
    with pytest.raises(Invalid, match="50 MB"):
        composed(letter(attachments=(Attachment("huge.bin", "application/zip", b"x" * 50_000_001),)))


SIGNED = replace(ANN, signature_html='<p>Ann Lee<br><a href="https://here.example">here.example</a></p>')


def test_the_signature_goes_to_the_end_or_to_its_place():
    message = parsed(composed(letter(html="<html><body><p>Hi</p></body></html>", text="Hi"), SIGNED))
    assert message.get_body(["html"]).get_content().rstrip() == (
        f"<html><body><p>Hi</p>{SIGNED.signature_html}</body></html>"
    )
    assert unified(message.get_body(["plain"]).get_content()).rstrip() == "Hi\n\n-- \nAnn Lee\nhere.example"
    placed = letter(html=f"<p>Hi</p>{SIGNATURE_PLACE}<p>bye</p>", text=f"Hi\n{SIGNATURE_PLACE}\nbye")
    message = parsed(composed(placed, SIGNED))
    assert unified(message.get_body(["html"]).get_content()).rstrip() == f"<p>Hi</p>{SIGNED.signature_html}<p>bye</p>"
    assert "Ann Lee" in message.get_body(["plain"]).get_content()
    assert "Hi\n-- \nAnn Lee\nhere.example\nbye" in unified(message.get_body(["plain"]).get_content())
    within = parsed(composed(letter(html="x", text=f"Best, {SIGNATURE_PLACE}"), SIGNED))
    assert unified(within.get_body(["plain"]).get_content()).rstrip() == "Best, Ann Lee\nhere.example"
    unsigned = parsed(composed(replace(placed, signed=False), SIGNED))
    assert "here.example</a>" not in unsigned.get_body(["html"]).get_content()
    assert "-- " not in unsigned.get_body(["plain"]).get_content()
    assert SIGNATURE_PLACE not in unsigned.get_body(["html"]).get_content()


@settings(max_examples=300)
@given(LINE)
def test_words_are_never_cut_within_a_character(text):
    raw = composed(letter(subject=text))
    for word in re.findall(r"=\?utf-8\?[bq]\?[^?]*\?=", fields(raw)["Subject"]):
        str(make_header(decode_header(word)))  # each decodes by itself


@given(st.text(max_size=50))
def test_a_subject_is_carried_or_refused(text):
    try:
        raw = composed(letter(subject=text))
    except Invalid:
        assert has_control(text.replace("\t", " "))
    else:
        assert parsed(raw)["Subject"] is not None
