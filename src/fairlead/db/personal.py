"""What tables hold of a person, and how it goes: the form in which each room says so for its own tables.

A room's `personal` module names every table of the room: in `RULES`, with the rows that are about a person and what
erasing makes of them, or in `FREE`, with the reason why nothing in it is. `fairlead.privacy` puts them together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from fairlead.db.pool import Connection


@dataclass(frozen=True)
class Who:
    """A person, as others know them."""

    keys: tuple[str, ...]
    """Addresses, as compared: kit.text.address_key."""
    profiles: tuple[str, ...] = ()
    """LinkedIn profiles, as compared: in/ann-example."""

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of rules: `keys`, `profiles`, and `mentions`, patterns for a text that holds any of them."""
        patterns = [f"%{_escaped(text)}%" for text in (*self.keys, *self.profiles)]
        return {"keys": list(self.keys), "profiles": list(self.profiles), "mentions": patterns}


@dataclass(frozen=True)
class Rule:
    """`rows`: a condition on `table t`. `erase`: a statement that leaves nothing of the person in them."""

    table: str
    rows: str
    erase: str

    @classmethod
    def deletes(cls, table: str, rows: str) -> "Rule":
        return cls(table, rows, f"delete from {table} t where {rows}")


@dataclass(frozen=True)
class RoomRules:
    """Of one room; rules are carried out in their order."""

    rules: Sequence[Rule]
    free: Mapping[str, str]


def mentioned(column: str) -> str:
    """A condition: the column holds an address or profile of the person somewhere."""
    return f"lower({column}::text) like any(%(mentions)s)"


async def export(conn: Connection, rules: Sequence[Rule], who: Who) -> dict[str, list[dict[str, Any]]]:
    """The rows about a person, by table; empty ones are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        cur = conn.cursor(row_factory=dict_row)
        await cur.execute(f"select t.* from {rule.table} t where {rule.rows}", who.values)
        if rows := await cur.fetchall():
            found[rule.table] = rows
    return found


async def erase(conn: Connection, rules: Sequence[Rule], who: Who) -> dict[str, int]:
    """How many rows of each table were erased or emptied."""
    done: dict[str, int] = {}
    for rule in rules:
        cur = await conn.execute(rule.erase, who.values)
        if cur.rowcount > 0:
            done[rule.table] = done.get(rule.table, 0) + cur.rowcount
    return done


def _escaped(text: str) -> str:
    return text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
