"""Query, form, multipart and JSON as one map, as contract pages 2.3 and 2.4 describe.

Later places override earlier ones: query string, then body. Keys may be written the PHP way (`a[]`, `a[0]`,
`a[b][c]`), in JSON too. Absent and empty mean the same.
"""

import re
from collections.abc import Iterable
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

import msgspec
import python_multipart
from python_multipart.multipart import parse_options_header

from fairlead.http.request import Request
from fairlead.kit.refusals import Invalid
from fairlead.kit.text import encodable

Value: TypeAlias = Any
"""None, bool, int, float, str, or lists and dicts of these."""

DEEPEST = 20
TOKEN = "access_token"  # noqa: S105 - the name of a parameter
LARGEST_ID = 2**63 - 1
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_FLOAT_INTEGER = re.compile(r"([+-]?[0-9]{1,18})\.0+")
TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off", ""})


class Params:
    """The parameters of one request. Each reader raises `Invalid` naming the field."""

    def __init__(self, values: dict[str, Value]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return not _empty(self._values.get(name))

    def has(self, name: str) -> bool:
        """Whether it was given at all, be it as `false`, as a blank or as `null`."""
        return name in self._values

    def take(self, name: str) -> str | None:
        """A text that is read once and then gone. None where it is absent or no single value."""
        value = self._values.pop(name, None)
        return None if _empty(value) or isinstance(value, (list, dict)) else _scalar(value, name)

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        return None if _empty(value) else _scalar(value, name)

    def required_text(self, name: str) -> str:
        text = self.text(name)
        if text is None or not text.strip():
            raise missing(name)
        return text

    def integer(self, name: str, *, least: int = 0, most: int = LARGEST_ID) -> int | None:
        text = self.text(name)
        if text is None or not text.strip():
            return None
        text = text.strip()
        if match := _FLOAT_INTEGER.fullmatch(text):
            text = match[1]
        if not _INTEGER.fullmatch(text):
            raise Invalid("not_an_integer", f"The {name} must be an integer.", field=name)
        number = int(text)
        if not least <= number <= most:
            raise Invalid("out_of_range", f"The {name} must be between {least} and {most}.", field=name)
        return number

    def required_integer(self, name: str, *, least: int = 0, most: int = LARGEST_ID) -> int:
        number = self.integer(name, least=least, most=most)
        if number is None:
            raise missing(name)
        return number

    def boolean(self, name: str) -> bool:
        """False when absent."""
        value = self._values.get(name)
        if isinstance(value, bool):
            return value
        text = "" if _empty(value) else _scalar(value, name).strip().lower()
        if text in TRUE:
            return True
        if text in FALSE:
            return False
        raise Invalid("not_a_boolean", f"The {name} must be true or false.", field=name)

    def texts(self, name: str) -> list[str]:
        """A list of texts; one scalar is a list of one. Blank elements are left out."""
        value = self._values.get(name)
        if _empty(value):
            return []
        if isinstance(value, dict):
            value = list(value.values())
        elements = value if isinstance(value, list) else [value]
        texts = (_scalar(element, name) for element in elements if not _empty(element))
        return [text for text in texts if text.strip()]

    def mapping(self, name: str) -> dict[str, str]:
        """Texts by key, of `name[key]=...` or an object. Blank ones stay: what they mean is the reader's business."""
        value = self._values.get(name)
        if _empty(value):
            return {}
        if isinstance(value, list):
            value = {str(number): element for number, element in enumerate(value)}
        if not isinstance(value, dict):
            raise Invalid("not_a_mapping", f"The {name} must be an object.", field=name)
        return {key: "" if _empty(element) else _scalar(element, name) for key, element in value.items()}

    def tree(self, name: str) -> Value:
        """Whatever stands there, of any shape; also what was written as `name.a.b`, under that key of an object."""
        value = self._values.get(name)
        prefix = f"{name}."
        dotted = {key.removeprefix(prefix): given for key, given in self._values.items() if key.startswith(prefix)}
        return value if not dotted else {**(value if isinstance(value, dict) else {}), **dotted}

    def nested(self, name: str) -> "Params | None":
        """The parameters within `name[...]=` or an object; None when absent or empty."""
        value = self._values.get(name)
        if _empty(value):
            return None
        if not isinstance(value, dict):
            raise Invalid("not_a_mapping", f"The {name} must be an object.", field=name)
        return Params(value)

    def objects(self, name: str) -> list["Params"]:
        """Those of a list of objects, `name[0][...]=` or JSON."""
        value = self._values.get(name)
        if _empty(value):
            return []
        elements = list(value.values()) if isinstance(value, dict) else value
        if not isinstance(elements, list) or not all(isinstance(element, dict) for element in elements):
            raise Invalid("not_objects", f"The {name} must be a list of objects.", field=name)
        return [Params(element) for element in elements]

    def is_null(self, name: str) -> bool:
        """Whether it was given as `null` or `[]`, which take a value away where absence would leave it."""
        return name in self._values and (self._values[name] is None or self._values[name] == [])

    def rows(self, name: str) -> list[dict[str, str]]:
        """A list of objects of texts, of `name[0][key]=...` or an array; one object is a list of one."""
        value = self._values.get(name)
        if _empty(value):
            return []
        if isinstance(value, dict):
            elements = list(value.values())
            value = elements if all(isinstance(element, dict) for element in elements) else [value]
        if not isinstance(value, list) or not all(isinstance(element, dict) for element in value):
            raise Invalid("not_rows", f"The {name} must be an array of objects.", field=name)
        return [
            {key: "" if _empty(element) else _scalar(element, f"{name}.{number}.{key}") for key, element in row.items()}
            for number, row in enumerate(value)
        ]


def missing(name: str) -> Invalid:
    return Invalid("missing", f"The {name} field is required.", field=name)


def _empty(value: Value) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _scalar(value: Value, name: str) -> str:
    # A key given twice where one value is meant: the last, as PHP does.
    while isinstance(value, list) and value:
        value = value[-1]
    if isinstance(value, (list, dict)):
        raise Invalid("not_a_text", f"The {name} must be a single value.", field=name)
    if isinstance(value, bool):
        return "1" if value else ""
    return "" if value is None else str(value)


def read(request: Request, *, most: int) -> Params:
    """The merged parameters of a request with at most `most` values. Raises `Invalid`."""
    values: dict[str, Value] = {}
    budget = _Budget(most)
    if request.query:
        _add_pairs(values, _urlencoded(request.query), budget)
    if request.body.strip():
        from_body: dict[str, Value] = {}
        _add_body(from_body, request, budget)
        # The one parameter whose first place counts (contract 2.2).
        token = values.get(TOKEN)
        values.update(from_body)
        if not _empty(token):
            values[TOKEN] = token
    return Params(values)


class _Budget:
    """Counts values, so that neither their number nor their nesting can wear the server out."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def spend(self, values: int = 1) -> None:
        self.left -= values
        if self.left < 0:
            raise Invalid("too_many_parameters", f"A request has at most {self.most} parameters.", field="body")


def _add_body(values: dict[str, Value], request: Request, budget: _Budget) -> None:
    kind = request.content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        _add_pairs(values, _multipart(request, budget), budget)
    elif kind == "application/x-www-form-urlencoded":
        _add_pairs(values, _urlencoded(request.body), budget)
    elif kind.endswith("json") or request.body.lstrip()[:1] in (b"{", b"["):
        _add_json(values, request.body, budget)
    else:
        _add_pairs(values, _urlencoded(request.body), budget)


def _add_json(values: dict[str, Value], body: bytes, budget: _Budget) -> None:
    try:
        parsed = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise Invalid("too_deep", "The JSON body is nested too deeply.", field="body") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid("bad_json", "The body is not valid JSON.", field="body") from None
    if parsed is None or parsed == []:
        return
    if not isinstance(parsed, dict):
        raise Invalid("not_an_object", "The JSON body must be an object.", field="body")
    _check(parsed, budget, DEEPEST)
    for key, value in parsed.items():
        _put(values, key, value, replace=True)


def _check(value: Value, budget: _Budget, depth: int) -> None:
    budget.spend()
    if depth == 0:
        raise Invalid("too_deep", f"Parameters nest at most {DEEPEST} levels deep.", field="body")
    match value:
        case str():
            _check_text(value, "body")
        case dict():
            for key, element in value.items():
                _check_text(key, "body")
                _check(element, budget, depth - 1)
        case list():
            for element in value:
                _check(element, budget, depth - 1)
        case _:
            pass


def _check_text(text: str, field: str) -> None:
    if not encodable(text):
        raise Invalid("bad_text", f"The {field} holds a NUL or half a character.", field=field)


def _urlencoded(raw: bytes) -> Iterable[tuple[str, str]]:
    for pair in raw.split(b"&"):
        if pair:
            key, _, value = pair.partition(b"=")
            name = _decoded(_unquoted(key), "body")
            yield name, _decoded(_unquoted(value), name)


def _unquoted(raw: bytes) -> bytes:
    spaced = raw.replace(b"+", b" ")
    return unquote_to_bytes(spaced) if b"%" in spaced else spaced


def _decoded(raw: bytes, field: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        shown = field[:100]
        raise Invalid("bad_encoding", f"The {shown} is not valid UTF-8.", field=shown) from None


def _multipart(request: Request, budget: _Budget) -> Iterable[tuple[str, str]]:
    _, options = parse_options_header(request.content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise Invalid("bad_multipart", "The multipart body has no boundary.", field="body")
    collected = _MultipartFields(budget)
    try:
        parser = python_multipart.MultipartParser(boundary, collected.callbacks())
        parser.write(request.body)
        parser.finalize()
    except python_multipart.exceptions.FormParserError:
        raise Invalid("bad_multipart", "The multipart body is broken.", field="body") from None
    if not collected.ended:
        raise Invalid("bad_multipart", "The multipart body ends early.", field="body")
    return [(_decoded(name, "body"), _decoded(value, _decoded(name, "body"))) for name, value in collected.fields]


class _MultipartFields:
    """The ordinary fields of a multipart body. Files are not parameters and are passed over."""

    def __init__(self, budget: _Budget) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self.ended = False
        self._budget = budget
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._name: bytes | None = None
        self._is_file = False
        self._value = bytearray()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begin,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value_part,
            "on_header_end": self._header_end,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        # Counted here and not when put in, because a part costs more than its value.
        if len(self.fields) > self._budget.most:
            self._budget.spend(self._budget.most + 1)
        self._name, self._is_file = None, False
        self._value = bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _header_value_part(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._header_value))
            self._name = options.get(b"name")
            self._is_file = b"filename" in options
        self._header_name.clear()
        self._header_value.clear()

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file:
            self._value += data[start:end]

    def _part_end(self) -> None:
        if self._name is not None and not self._is_file:
            self.fields.append((self._name, bytes(self._value)))

    def _end(self) -> None:
        self.ended = True


def _add_pairs(values: dict[str, Value], pairs: Iterable[tuple[str, str]], budget: _Budget) -> None:
    for key, value in pairs:
        budget.spend()
        _check_text(key, "body")
        _check_text(value, key[:100])
        _put(values, key, value, replace=False)


def _put(values: dict[str, Value], key: str, value: Value, *, replace: bool) -> None:
    """Puts `value` where `key` (`a`, `a[]`, `a[0]`, `a[b][c]`) points to.

    A plain key given again adds to a list, unless `replace`: in JSON a key is given once.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        values[key] = value
        return
    path = [match[1], *_BRACKETS.findall(match[2])]
    if len(path) > DEEPEST:
        raise Invalid("too_deep", f"Parameters nest at most {DEEPEST} levels deep.", field=match[1][:100])
    if len(path) == 1:
        _put_plain(values, key, value, replace=replace)
        return
    if path[-1] == "" and isinstance(value, list) and replace:
        path.pop()
    _descend(values, path, value)


def _put_plain(values: dict[str, Value], key: str, value: Value, *, replace: bool) -> None:
    known = values.get(key)
    if replace or _empty(known):
        values[key] = value
    elif _empty(value):
        pass  # An address that ends in `&social`, not encoded, must not wipe out `social[...]`.
    elif isinstance(known, dict):
        known[_next_key(known, "")] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        values[key] = [known, value]


def _descend(values: dict[str, Value], path: list[str], value: Value) -> None:
    # Containers written with brackets stay dicts: the readers take their values where a list is meant.
    node = values
    for part in path[:-1]:
        key = _next_key(node, part)
        child = node.get(key)
        if not isinstance(child, dict):
            child = node[key] = _as_dict(child)
        node = child
    node[_next_key(node, path[-1])] = value


def _next_key(node: dict[str, Value], part: str) -> str:
    if part != "":
        return part
    number = str(len(node))
    return number if number not in node else f"{number}+"  # `a[1]=x&a[]=y`: a key nobody else writes


def _as_dict(value: Value) -> dict[str, Value]:
    if isinstance(value, list):
        return {str(number): element for number, element in enumerate(value)}
    return {} if value is None else {"0": value}
