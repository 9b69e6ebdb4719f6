"""The database: connections and transactions, the embedded server, migrations, the clock all processes share."""

from fairlead.db.pool import Connection, Database

__all__ = ["Connection", "Database"]
