"""Whether a line is the name of a person, and whether one is a position."""

import re
from collections.abc import Iterable
from functools import lru_cache

from anyascii import anyascii

from fairlead.corpus.extraction.words import (
    DEGREES,
    ENGLISH_POSITIONS,
    LEGAL_FORM,
    NO_NAME,
    OTHER_POSITIONS,
    POSITION_ENDINGS,
    POSITION_WORDS,
    TITLES,
)
from fairlead.kit.text import PARTICLES, one_line, split_name

LONGEST_NAME, LONGEST_POSITION = 60, 90
_WORD = re.compile(r"[^\W\d_]+(?:['’.\-‐][^\W\d_]+)*\.?")
_PARTS = re.compile(r"[\s,/&|().:;\-–—]+")
_OTHER_PARTICLES = "in lo dalla dello san st mac mc y e i dem vom 't op aan ul o' d'"
_MORE_PARTICLES = PARTICLES | frozenset(_OTHER_PARTICLES.split())
_HANDLE = re.compile(r"[^a-z0-9]+")


def clean_name(text: str) -> str:
    """`text` as one line without titles, degrees and marks around it."""
    name = one_line(text).strip(" ,;:|–—-•·*\"'")
    name = TITLES.sub("", name)
    return DEGREES.sub("", name).strip(" ,;:|–—-")


# Menus and footers come back on every page of a site.
@lru_cache(maxsize=20_000)
def is_name(text: str) -> bool:
    """Whether `text` may be the name of a person: two to five capitalized words, none of them about something else."""
    if not 4 <= len(text) <= 2 * LONGEST_NAME or not 1 <= text.count(" ") <= 12:
        return False
    name = clean_name(text)
    if not 4 <= len(name) <= LONGEST_NAME or any(mark.isdigit() for mark in name):
        return False
    words = name.split()
    if not 2 <= len(words) <= 5 or LEGAL_FORM.search(name):
        return False
    capitals = 0
    for word in words:
        low = word.lower()
        if low in _MORE_PARTICLES:
            continue
        if not _WORD.fullmatch(word) or low.strip(".") in NO_NAME:
            return False
        if not word[0].isupper():
            return False
        if low in POSITION_WORDS and low not in ("mac", "leder", "chef", "meister", "partner"):
            return False
        capitals += 1
    shouting = name.isupper() and len(name) > 6
    return capitals >= 2 and words[0].lower() not in ("the", "der", "die", "das") and (not shouting or len(words) <= 3)


@lru_cache(maxsize=20_000)
def is_position(text: str) -> bool:
    """Whether `text` names what somebody does in a company."""
    if not 2 <= len(text) <= LONGEST_POSITION or "@" in text or text[0] in "([{" or text[-1] in "!?:":
        return False
    words = [word.lower().strip("’'") for word in _PARTS.split(text) if word]
    if not 1 <= len(words) <= 12:
        return False
    for number, word in enumerate(words):
        ends = number == len(words) - 1 or words[number + 1] in _GOES_ON
        if word in ENGLISH_POSITIONS and ends:
            return True
        spellings = (word, *word.replace("’", "'").split("'"))
        if (ends or number == 0) and not OTHER_POSITIONS.isdisjoint(spellings):
            return True
        if len(word) > 7 and word.endswith(POSITION_ENDINGS) and word not in ENGLISH_POSITIONS:
            return True
    # "Chief Technology Officer, Europe", "CEO and founder": the first words of a list are a title of their own.
    first = re.split(r"\s*[,&/|(–—]\s*|\s-\s|\s(?:and|und|et|y|e|i|en|och|og|ve)\s", text, maxsplit=1)[0]
    return first != text and is_position(first)


_GOES_ON_WORDS = "of for to the in at and de des du del della dei di da do dos der für fur för til für im van voor"
_GOES_ON = frozenset(_GOES_ON_WORDS.split())


@lru_cache(maxsize=20_000)
def divided(text: str) -> tuple[str, str] | None:
    """(name, position) of one line that holds both: "Ann Lee, CEO", "CEO: Ann Lee", "Ann Lee (CEO)"."""
    if len(text) > LONGEST_NAME + LONGEST_POSITION:
        return None
    for mark in (", ", " – ", " — ", " - ", ": ", " | ", " (", " · ", " / "):
        left, found, right = text.partition(mark)
        if not found:
            continue
        right = right.rstrip(" )").strip()
        left = left.strip()
        if is_name(left) and is_position(right):
            return clean_name(left), right
        if is_position(left) and is_name(right):
            return clean_name(right), left
    return None


def parts(name: str) -> tuple[str, str]:
    """(first, last)."""
    last, comma, first = name.partition(", ")
    if comma and last and first:
        return first.strip(), last.strip()
    return split_name(name)


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """ASCII letters and digits in lower case."""
    return _HANDLE.sub("", anyascii(text).lower())


def fits(address: str, name: str) -> bool:
    """Whether the local part looks as if it were made of this name."""
    local = anyascii(address.partition("@")[0]).lower()
    handle = _HANDLE.sub("", local)
    words = [plain(word) for word in name.replace("-", " ").split()]
    words = [word for word in words if word]
    if not words or not handle:
        return False
    spellings = {words[0], words[-1], *(word for word in words if len(word) > 2)}
    umlauts = {plain(_umlauts(word)) for word in name.replace("-", " ").split()}
    if any(len(word) > 2 and word in handle for word in spellings | umlauts):
        return True
    initials = "".join(word[0] for word in words)
    return handle == initials or (len(handle) > 2 and any(word.startswith(handle) for word in words))


def _umlauts(word: str) -> str:
    low = word.lower()
    for letter, two in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("å", "aa"), ("ø", "oe"), ("æ", "ae")):
        low = low.replace(letter, two)
    return low


def role_like(address: str, roles: Iterable[str] = ()) -> bool:
    """Whether the address is of a desk and not of a person."""
    local = address.partition("@")[0].lower().rstrip("0123456789")
    return local in _DESKS or local in roles or local.startswith(("info-", "kontakt-", "sales-"))


_DESKS_TEXT = (
    "info infos information contact contacts kontakt contacto contatti contato office sales vertrieb verkauf ventas "
    "vendite vendas vente ventes support help helpdesk service services kundenservice hello hi hallo hola ciao mail "
    "email post postmaster webmaster admin administration verwaltung buchhaltung accounting accounts accountancy "
    "billing invoice invoices rechnung facturation fatture hr jobs job career careers karriere bewerbung recruiting "
    "personal rh press presse prensa stampa media marketing pr news newsletter team reception empfang sekretariat "
    "secretary legal privacy datenschutz dpo abuse security noreply no-reply bestellung order orders shop store "
    "einkauf purchasing compras achats acquisti inkoop export logistics lager warehouse technik technical it biuro "
    "sekretariat sklep handel kadry ksiegowosc praca obchod podpora faktury prodej satis muhasebe destek bilgi ik "
    "iletisim administratie verkoop klantenservice ekonomi order kundtjanst faktura comercial administracion rrhh "
    "atencion clientes commerciale amministrazione assistenza lavoro financeiro suporte geral feedback enquiries "
    "inquiries enquiry inquiry booking reservations reservierung events customerservice customer partners partner "
    "investors ir compliance"
)
_DESKS = frozenset(_DESKS_TEXT.split())
