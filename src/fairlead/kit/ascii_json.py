"""JSON in ASCII: some clients and receivers strip other bytes before they parse (contract 2.1)."""

import json
from typing import Any

_encode = json.JSONEncoder(separators=(",", ":")).encode


def json_bytes(value: Any) -> bytes:
    return _encode(value).encode("ascii")
