"""All mailboxes of the sandbox, found by address and opened with a password or a token."""

import hmac
import itertools
from collections.abc import Callable, Iterator

from fairlead.kit.refusals import Conflict, NotFound
from fairlead.sandbox.mailboxes.mailbox import Account, Keeping, Mailbox


class Mailboxes:
    """All mailboxes by address. Where `accounts` is given, a mailbox is made when it is first asked for."""

    def __init__(
        self, accounts: Callable[[str], Account | None] | None = None, *, keeping: Keeping | None = None
    ) -> None:
        self._accounts = accounts
        self._keeping = keeping or Keeping()
        self._open: dict[str, Mailbox] = {}
        # Gmail's numbers have 64 bits and grow with time.
        self._numbers = itertools.count(1_700_000_000_000_000_000)

    def __iter__(self) -> Iterator[Mailbox]:
        return iter(tuple(self._open.values()))

    def create(self, account: Account) -> Mailbox:
        """Raises `Conflict` when the address has a mailbox."""
        key = account.address.casefold()
        if key in self._open:
            raise Conflict("mailbox_exists", f"There is a mailbox {account.address} already.")
        mailbox = self._open[key] = Mailbox(account, self._keeping, self._numbers)
        return mailbox

    def find(self, address: str) -> Mailbox | None:
        """`ann+anything@x` is Ann's."""
        key = address.casefold()
        found = self._open.get(key)
        if found is not None:
            return found
        account = self._accounts(key) if self._accounts else None
        if account is not None:
            # The directory may answer with another spelling of an address that is open.
            return self._open.get(account.address.casefold()) or self.create(account)
        local, at, domain = key.rpartition("@")
        base, plus, _ = local.partition("+")
        return self.find(base + at + domain) if plus and base else None

    def mailbox(self, address: str) -> Mailbox:
        found = self.find(address)
        if found is None:
            raise NotFound("no_such_mailbox", f"There is no mailbox {address}.")
        return found

    def opened_by_password(self, login: str, password: str) -> Mailbox | None:
        return self._opened(login, password, lambda account: account.password)

    def opened_by_token(self, login: str, token: str) -> Mailbox | None:
        return self._opened(login, token, lambda account: account.token)

    def _opened(self, login: str, given: str, wanted: Callable[[Account], str | None]) -> Mailbox | None:
        mailbox = self.find(login)
        secret = wanted(mailbox.account) if mailbox else None
        if secret is None:
            return None
        same = hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode("utf-8", "replace"))
        return mailbox if same else None
