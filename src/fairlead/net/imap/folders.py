"""Folders, and which of them is the one for sent mail."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# What mail programs call it, where the server does not say (RFC 6154). Compared in lower case, by the last part.
SENT_NAMES: Final = (
    "sent", "sent items", "sent mail", "sent messages", "sent-mail", "sent objects", "gesendet", "gesendete elemente",
    "gesendete objekte", "envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados",
    "mensajes enviados", "itens enviados", "inviati", "posta inviata", "elementi inviati", "verzonden",
    "verzonden items", "wysłane", "elementy wysłane", "odeslané", "отправленные", "надіслані", "skickat", "sendt",
    "lähetetyt", "已发送", "已傳送", "送信済み", "送信済みアイテム", "보낸편지함", "gönderilmiş", "elküldött",
)  # fmt: skip


@dataclass(frozen=True)
class Folder:
    name: str
    raw: bytes  # as commands need it
    delimiter: str | None
    attributes: frozenset[str]  # in lower case, without the backslash: sent, noselect, all, ...

    @property
    def can_be_opened(self) -> bool:
        return not self.attributes & {"noselect", "nonexistent"}

    @property
    def last_part(self) -> str:
        return self.name.rpartition(self.delimiter)[2] if self.delimiter else self.name


def find_sent(folders: Iterable[Folder]) -> Folder | None:
    """The folder marked for sent mail, else the one with the most usual name."""
    usable = [folder for folder in folders if folder.can_be_opened]
    marked = next((folder for folder in usable if "sent" in folder.attributes), None)
    if marked is not None:
        return marked
    by_name = {folder.last_part.lower(): folder for folder in reversed(usable)}
    return next((by_name[name] for name in SENT_NAMES if name in by_name), None)
