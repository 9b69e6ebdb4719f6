"""The few pages strangers are shown, in the language of their browser where we speak it. No scripts, no cookies."""

import html
from dataclasses import dataclass

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1.5rem;color:#1b2330}"
    "h1{font-size:1.4rem}button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.5rem;background:#1b4fd8;"
    "color:#fff;cursor:pointer}button:focus-visible{outline:3px solid #9bb6ff}"
    "@media(prefers-color-scheme:dark){body{background:#12161d;color:#e6e9ef}}"
)
PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
    '<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>'
    "<style>" + STYLE.replace("{", "{{").replace("}", "}}") + "</style></head>"
    "<body><main><h1>{title}</h1><p>{text}</p>{more}</main></body></html>"
)
FORM = '<form method="post"><input type="hidden" name="confirm" value="yes"><button>{button}</button></form>'


@dataclass(frozen=True)
class Words:
    ask_title: str
    ask_text: str
    button: str
    done_title: str
    done_text: str
    gone_title: str
    gone_text: str


WORDS = {
    "en": Words(
        "Unsubscribe?", "The sender of this message will not write to you again.", "Unsubscribe",
        "You are unsubscribed", "You will get no further messages from this sender.",
        "This link does not work", "It may have been cut or changed on its way.",
    ),
    "de": Words(
        "Abmelden?", "Der Absender dieser Nachricht schreibt Ihnen dann nicht mehr.", "Abmelden",
        "Sie sind abgemeldet", "Sie erhalten keine weiteren Nachrichten von diesem Absender.",
        "Dieser Link funktioniert nicht", "Vielleicht wurde er unterwegs gekürzt oder verändert.",
    ),
    "fr": Words(
        "Se désinscrire ?", "L'expéditeur de ce message ne vous écrira plus.", "Se désinscrire",
        "Vous êtes désinscrit", "Vous ne recevrez plus de messages de cet expéditeur.",
        "Ce lien ne fonctionne pas", "Il a peut-être été coupé ou modifié en chemin.",
    ),
    "es": Words(
        "¿Darse de baja?", "El remitente de este mensaje no volverá a escribirle.", "Darse de baja",
        "Se ha dado de baja", "No recibirá más mensajes de este remitente.",
        "Este enlace no funciona", "Puede que se haya cortado o cambiado por el camino.",
    ),
    "it": Words(
        "Annullare l'iscrizione?", "Il mittente di questo messaggio non le scriverà più.", "Annulla l'iscrizione",
        "Iscrizione annullata", "Non riceverà altri messaggi da questo mittente.",
        "Questo collegamento non funziona", "Forse è stato tagliato o modificato lungo il percorso.",
    ),
    "pt": Words(
        "Cancelar a subscrição?", "O remetente desta mensagem não voltará a escrever-lhe.", "Cancelar a subscrição",
        "Subscrição cancelada", "Não receberá mais mensagens deste remetente.",
        "Esta ligação não funciona", "Pode ter sido cortada ou alterada pelo caminho.",
    ),
    "nl": Words(
        "Afmelden?", "De afzender van dit bericht schrijft u dan niet meer.", "Afmelden",
        "U bent afgemeld", "U ontvangt geen berichten meer van deze afzender.",
        "Deze link werkt niet", "Misschien is hij onderweg afgekapt of veranderd.",
    ),
    "pl": Words(
        "Wypisać się?", "Nadawca tej wiadomości nie będzie już do Ciebie pisać.", "Wypisz mnie",
        "Wypisano", "Nie otrzymasz więcej wiadomości od tego nadawcy.",
        "Ten odnośnik nie działa", "Być może został po drodze ucięty lub zmieniony.",
    ),
}  # fmt: skip


def language_of(accept: str) -> str:
    """The first language we speak of an `Accept-Language` header, by its weights (RFC 9110, section 12.5.4)."""
    wanted = []
    for position, part in enumerate(accept[:500].split(",")):
        name, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            quality = 0.0
        wanted.append((-quality, position, name.split("-")[0].lower()))
    return next((name for quality, _, name in sorted(wanted) if quality < 0 and name in WORDS), "en")


def ask_page(language: str) -> bytes:
    words = WORDS[language]
    return _page(language, words.ask_title, words.ask_text, FORM.format(button=html.escape(words.button)))


def done_page(language: str) -> bytes:
    words = WORDS[language]
    return _page(language, words.done_title, words.done_text)


def broken_link_page(language: str) -> bytes:
    words = WORDS[language]
    return _page(language, words.gone_title, words.gone_text)


def _page(language: str, title: str, text: str, more: str = "") -> bytes:
    return PAGE.format(language=language, title=html.escape(title), text=html.escape(text), more=more).encode()
