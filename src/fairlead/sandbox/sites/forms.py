"""Every way an address is written on a page: plain, marked up, hidden from robots, or no address at all.

Each function gives the HTML of one form. Whoever reads it back must come to the same address.
"""

import base64
import html
import json
import random
from collections.abc import Callable
from enum import StrEnum
from urllib.parse import quote

from fairlead.sandbox.making.chance import one, within
from fairlead.sandbox.sites.words import Words


class Form(StrEnum):
    MAILTO = "mailto"
    MAILTO_ENCODED = "mailto_encoded"  # percent-encoded, with a subject
    MAILTO_CC = "mailto_cc"  # only in ?cc= of a mail to somebody else
    TEXT = "text"
    ENTITIES_DECIMAL = "entities_decimal"
    ENTITIES_HEX = "entities_hex"
    ENTITIES_NAMED = "entities_named"
    PERCENT_40 = "percent_40"
    ZERO_WIDTH = "zero_width"
    COMMENT_SPLIT = "comment_split"
    REVERSED = "reversed"
    AT_BRACKET = "at_bracket"
    AT_PAREN = "at_paren"
    AT_BRACE = "at_brace"
    AT_WORD = "at_word"
    AT_DASH = "at_dash"
    AT_LETTER = "at_letter"  # (a)
    FULLWIDTH_AT = "fullwidth_at"
    CFEMAIL = "cfemail"
    CFEMAIL_LINK = "cfemail_link"
    JS_CONCATENATION = "js_concatenation"
    JS_CHAR_CODES = "js_char_codes"
    JS_ATOB = "js_atob"
    JSON_LD_PERSON = "json_ld_person"
    JSON_LD_ORGANIZATION = "json_ld_organization"
    JSON_LD_CONTACT_POINT = "json_ld_contact_point"
    MICRODATA = "microdata"
    RDFA = "rdfa"
    HCARD = "hcard"
    VCARD_FILE = "vcard_file"
    # No address to be had.
    IMAGE = "image"
    # Traps.
    TRAP_DISPLAY_NONE = "trap_display_none"
    TRAP_CLASS = "trap_class"
    TRAP_COMMENT = "trap_comment"
    TRAP_FIELD = "trap_field"
    TRAP_FORBIDDEN_PAGE = "trap_forbidden_page"


INLINE_FORMS = (
    Form.MAILTO, Form.MAILTO_ENCODED, Form.TEXT, Form.ENTITIES_DECIMAL, Form.ENTITIES_HEX,
    Form.ENTITIES_NAMED,
    Form.PERCENT_40, Form.ZERO_WIDTH, Form.COMMENT_SPLIT, Form.REVERSED, Form.AT_BRACKET, Form.AT_PAREN,
    Form.AT_BRACE,
    Form.AT_WORD, Form.AT_DASH, Form.AT_LETTER, Form.FULLWIDTH_AT, Form.CFEMAIL, Form.CFEMAIL_LINK,
    Form.JS_CONCATENATION, Form.JS_CHAR_CODES, Form.JS_ATOB,
)  # fmt: skip
PERSON_FORMS = (*INLINE_FORMS, Form.MAILTO_CC, Form.JSON_LD_PERSON, Form.MICRODATA, Form.RDFA, Form.HCARD,
                Form.VCARD_FILE)  # fmt: skip
COMPANY_FORMS = (*INLINE_FORMS, Form.JSON_LD_ORGANIZATION, Form.JSON_LD_CONTACT_POINT, Form.MICRODATA,
                 Form.RDFA,
                 Form.HCARD)  # fmt: skip
INLINE_TRAPS = (Form.TRAP_DISPLAY_NONE, Form.TRAP_CLASS, Form.TRAP_COMMENT, Form.TRAP_FIELD)


def written(form: Form, email: str, words: Words, dice: random.Random) -> str:
    """The HTML of an inline form. Raises `KeyError` for a form that takes more than its own place on the
    page.
    """
    return INLINE[form](email, words, dice)


def _mailto(email: str, words: Words, dice: random.Random) -> str:
    label = one(dice, (html.escape(email), words.write, words.email))
    return f'<a href="mailto:{html.escape(email)}">{label}</a>'


def _mailto_encoded(email: str, words: Words, dice: random.Random) -> str:
    local, _, domain = email.partition("@")
    subject = quote(words.contact)
    return f'<a href="mailto:{_percent(local, dice)}%40{domain}?subject={subject}">{words.email}</a>'


def _percent(text: str, dice: random.Random) -> str:
    return "".join(f"%{ord(letter):02X}" if dice.random() < 0.4 else letter for letter in text)


def mailto_with_copy(email: str, to: str, words: Words) -> str:
    return f'<a href="mailto:{to}?cc={quote(email)}&amp;subject={quote(words.contact)}">{words.write}</a>'


def _text(email: str, words: Words, dice: random.Random) -> str:
    return one(
        dice,
        (f"{words.email}: {email}", f"{email}.", f"&lt;{email}&gt;", f"({email})", f"<code>{email}</code>"),
    )


def _entities_decimal(email: str, words: Words, dice: random.Random) -> str:
    text = "".join(f"&#{ord(letter)};" for letter in email)
    return one(dice, (text, f'<a href="&#109;&#97;&#105;&#108;&#116;&#111;&#58;{text}">{words.email}</a>'))


def _entities_hex(email: str, words: Words, dice: random.Random) -> str:
    return "".join(
        f"&#x{ord(letter):x};" if dice.random() < 0.7 or letter == "@" else letter for letter in email
    )


def _entities_named(email: str, words: Words, dice: random.Random) -> str:
    return email.replace("@", "&commat;").replace(".", "&period;").replace("_", "&lowbar;")


def _percent_40(email: str, words: Words, dice: random.Random) -> str:
    return f'<a href="/{words.paths[0]}?to={email.replace("@", "%40")}">{words.write}</a>'


def _zero_width(email: str, words: Words, dice: random.Random) -> str:
    mark = one(dice, ("\u200b", "&#8203;", "&#x200d;", "\ufeff"))
    at = email.index("@")
    return f"{email[:at]}{mark}@{mark}{email[at + 1 :]}"


def _comment_split(email: str, words: Words, dice: random.Random) -> str:
    local, _, domain = email.partition("@")
    return f"{local}<!-- {words.home.lower()} -->@<!-- > -->{domain}"


def _reversed(email: str, words: Words, dice: random.Random) -> str:
    return f'<span style="unicode-bidi: bidi-override; direction: rtl">{email[::-1]}</span>'


def _around_at(opening: str, closing: str) -> Callable[[str, Words, random.Random], str]:
    def write(email: str, words: Words, dice: random.Random) -> str:
        local, _, domain = email.partition("@")
        gap = one(dice, ("", " "))
        dot = (
            domain if dice.random() < 0.5 else domain.replace(".", f"{gap}{opening}{words.dot}{closing}{gap}")
        )
        return f"{local}{gap}{opening}{one(dice, ('at', 'at', 'AT'))}{closing}{gap}{dot}"

    return write


def _at_word(email: str, words: Words, dice: random.Random) -> str:
    local, _, domain = email.partition("@")
    dot = one(dice, (words.dot.upper(), "DOT"))
    return f"{local} AT {domain.replace('.', f' {dot} ')}"


def _at_dash(email: str, words: Words, dice: random.Random) -> str:
    return email.replace("@", "-at-")


def _at_letter(email: str, words: Words, dice: random.Random) -> str:
    return email.replace("@", one(dice, ("(a)", " (a) ")))


def _fullwidth_at(email: str, words: Words, dice: random.Random) -> str:
    return email.replace("@", "\uff20")


def protected(email: str, dice: random.Random) -> str:
    """The hexadecimal digits of Cloudflare's e-mail protection: a key, then each byte of the address XOR the
    key.
    """
    key = within(dice, 1, 255)
    return bytes([key, *(byte ^ key for byte in email.encode())]).hex()


def _cfemail(email: str, words: Words, dice: random.Random) -> str:
    return (
        '<a href="/cdn-cgi/l/email-protection" class="__cf_email__" '
        f'data-cfemail="{protected(email, dice)}">[email&#160;protected]</a>'
    )


def _cfemail_link(email: str, words: Words, dice: random.Random) -> str:
    return f'<a href="/cdn-cgi/l/email-protection#{protected(email, dice)}">{words.write}</a>'


def _js_concatenation(email: str, words: Words, dice: random.Random) -> str:
    local, _, domain = email.partition("@")
    label, _, tld = domain.rpartition(".")
    quote_mark = one(dice, ('"', "'"))
    parts = " + ".join(f"{quote_mark}{part}{quote_mark}" for part in (local, "@", label, ".", tld))
    return one(
        dice,
        (
            f"<script>document.write({parts});</script>",
            f"<script>var address = {parts}; document.write(address);</script>",
            f"<script>location_of_mail = 'mai' + 'lto:' + {parts};</script>",
        ),
    )


def _js_char_codes(email: str, words: Words, dice: random.Random) -> str:
    codes = ",".join(str(ord(letter)) for letter in email)
    return f"<script>document.write(String.fromCharCode({codes}));</script>"


def _js_atob(email: str, words: Words, dice: random.Random) -> str:
    text = email if dice.random() < 0.5 else f"mailto:{email}"
    coded = base64.b64encode(text.encode()).decode()
    return f'<a href="#" onclick="location=atob(\'{coded}\')">{words.email}</a>'


INLINE: dict[Form, Callable[[str, Words, random.Random], str]] = {
    Form.MAILTO: _mailto,
    Form.MAILTO_ENCODED: _mailto_encoded,
    Form.TEXT: _text,
    Form.ENTITIES_DECIMAL: _entities_decimal,
    Form.ENTITIES_HEX: _entities_hex,
    Form.ENTITIES_NAMED: _entities_named,
    Form.PERCENT_40: _percent_40,
    Form.ZERO_WIDTH: _zero_width,
    Form.COMMENT_SPLIT: _comment_split,
    Form.REVERSED: _reversed,
    Form.AT_BRACKET: _around_at("[", "]"),
    Form.AT_PAREN: _around_at("(", ")"),
    Form.AT_BRACE: _around_at("{", "}"),
    Form.AT_WORD: _at_word,
    Form.AT_DASH: _at_dash,
    Form.AT_LETTER: _at_letter,
    Form.FULLWIDTH_AT: _fullwidth_at,
    Form.CFEMAIL: _cfemail,
    Form.CFEMAIL_LINK: _cfemail_link,
    Form.JS_CONCATENATION: _js_concatenation,
    Form.JS_CHAR_CODES: _js_char_codes,
    Form.JS_ATOB: _js_atob,
}


def trap(form: Form, email: str) -> str:
    """A trap no person sees. Raises `KeyError` for a form that is none."""
    return {
        Form.TRAP_DISPLAY_NONE: f'<span style="display: none">{email}</span>',
        # The style sheet inside the page hides this class.
        Form.TRAP_CLASS: f'<p class="mail-check"><a href="mailto:{email}">{email}</a></p>',
        Form.TRAP_COMMENT: f"<!-- {email} -->",
        Form.TRAP_FIELD: f'<input type="hidden" name="copy_to" value="{email}">',
        Form.TRAP_FORBIDDEN_PAGE: f'<p><a href="mailto:{email}">{email}</a></p>',
    }[form]


def json_ld(thing: dict[str, object]) -> str:
    # "</" would end the script early.
    text = json.dumps({"@context": "https://schema.org", **thing}, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'
