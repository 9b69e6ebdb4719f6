"""What the secrets of a mailbox are sealed for: see `db.keys.SEALED`."""

from typing import Final

SECRET: Final = "mailboxes.secret"  # noqa: S105
ACCESS_TOKEN: Final = "mailboxes.access_token"  # noqa: S105
