"""Liquid as contents are written in it: what may be used, and how much of it.

Contents come from many people and are rendered in a process that serves all, so every dimension has an end: nesting,
iterations, filters, the length of what a filter gives, and the length of the whole.
"""

import re
from collections.abc import Callable
from functools import wraps
from io import StringIO
from random import Random
from typing import Any, Final, TextIO

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.filters import misc as misc_filters
from liquid.builtin.filters import string as string_filters
from liquid.exceptions import FilterArgumentError, LiquidError, LoopIterationLimitError, ResourceLimitError
from liquid.filter import with_context
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_TAG
from liquid.undefined import Undefined

MOST_ITERATIONS: Final = 1_000
MOST_FILTERS: Final = 10_000
MOST_OUTPUT_OCTETS: Final = 1_000_000
LONGEST_FILTERED: Final = 100_000
LARGEST_NUMBER: Final = 10**15
LONGEST_FORMAT: Final = 100
SEED: Final = " seed"
"""Names no template can write, under which it is given what is no variable."""
NOW: Final = " now"

TAGS: Final = frozenset({
    "assign", "break", "capture", "case", "comment", "continue", "cycle", "echo", "for", "if", "raw", "unless", "#",
})  # fmt: skip
FILTERS: Final = frozenset({
    "abs", "append", "at_least", "at_most", "capitalize", "ceil", "date", "default", "divided_by", "downcase", "escape",
    "escape_once", "first", "floor", "join", "last", "lstrip", "minus", "modulo", "newline_to_br", "plus", "prepend",
    "remove", "remove_first", "replace", "replace_first", "round", "rstrip", "size", "slice", "split", "squish",
    "strip", "strip_html", "strip_newlines", "times", "truncate", "truncatewords", "upcase", "url_encode",
})  # fmt: skip


class MissingVariable(Exception):
    """A variable has no value, and the text says nothing for that case."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no value for {{{{{name}}}}}.")
        self.name = name


class _Missing(Undefined):
    """False in a condition, replaced by `default`, and an error where it would be written."""

    force_liquid_default = True

    def __str__(self) -> str:
        raise MissingVariable(self.name)

    def __int__(self) -> int:
        raise MissingVariable(self.name)


class _Context(RenderContext):
    """Counts, over the whole text, what the library counts for each loop alone."""

    iterations = 0
    filters = 0
    spins = 0

    def raise_for_loop_limit(self, length: int = 1) -> None:
        super().raise_for_loop_limit(length)
        self.iterations += length
        if self.iterations > MOST_ITERATIONS:
            raise LoopIterationLimitError("", token=None)

    def filter(self, name: str, token: Any) -> Callable[..., object]:
        self.filters += 1
        if self.filters > MOST_FILTERS:
            raise FilterArgumentError(f"more than {MOST_FILTERS} filters are applied", token=token)
        return super().filter(name, token)


class _Template(BoundTemplate):
    context_class = _Context


class _SpinNode(Node):
    """One of several texts. Which one, the seed and the place among all choices of the text decide."""

    def __init__(self, token: Any, choices: list[BlockNode]) -> None:
        super().__init__(token)
        self.choices = choices
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        # By where it stands: a choice must not depend on conditions around others, or on how often it is rendered.
        start = self.token.start_index
        chosen = Random(f"{context.globals.get(SEED, 0)} {start}").randrange(len(self.choices))  # noqa: S311 - no secret
        return self.choices[chosen].render(context, buffer)

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> list[Node]:
        return list(self.choices)


class _SpinTag(Tag):
    name = "spin"
    end = "endspin"

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        parse_block = get_parser(self.env).parse_block
        choices = [parse_block(stream, ("orspin", "endspin"))]
        while stream.current.is_tag("orspin"):
            next(stream)
            choices.append(parse_block(stream, ("orspin", "endspin")))
        stream.expect(TOKEN_TAG, value="endspin")
        return _SpinNode(token, choices)


def _limited(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def limited(value: object, *args: Any, **named: Any) -> Any:
        for given in (value, *args):
            _check_size(given)
        result = function(value, *args, **named)
        _check_size(result)
        return result

    return limited


def _check_size(value: object) -> None:
    if isinstance(value, range) and len(value) > MOST_ITERATIONS:
        raise FilterArgumentError(f"a range is longer than {MOST_ITERATIONS}", token=None)
    if isinstance(value, (str, list)) and len(value) > LONGEST_FILTERED:
        raise FilterArgumentError(f"a value is longer than {LONGEST_FILTERED} characters", token=None)
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        raise FilterArgumentError(f"a number is larger than {LARGEST_NUMBER}", token=None)


def _replace(value: object, old: object, new: object = "") -> Any:
    # Looked at before it is done: replacing every character by a long text is quick to write and slow to carry out.
    text, searched, put = str(value or ""), str(old), str(new)
    if (text.count(searched) if searched else len(text) + 1) * len(put) + len(text) > LONGEST_FILTERED:
        raise FilterArgumentError(f"a value is longer than {LONGEST_FILTERED} characters", token=None)
    return string_filters.replace(value, old, new)


def _join(value: object, separator: object = " ") -> Any:
    items = list(value) if isinstance(value, (list, tuple, range)) else [value]
    if len(items) * len(str(separator)) + sum(len(str(item)) for item in items) > LONGEST_FILTERED:
        raise FilterArgumentError(f"a value is longer than {LONGEST_FILTERED} characters", token=None)
    return str(separator).join(map(str, items))


@with_context
def _date(value: object, form: object = "%Y-%m-%d", *, context: RenderContext) -> Any:
    """The library's, by our clock."""
    if len(str(form)) > LONGEST_FORMAT:
        raise FilterArgumentError(f"a date format is longer than {LONGEST_FORMAT} characters", token=None)
    if value in ("now", "today"):
        value = context.globals.get(NOW, value)
    if isinstance(value, str) and len(value) > LONGEST_FORMAT:
        return value
    return misc_filters.date(value, str(form), environment=context.env)


class _Environment(Environment):
    template_class = _Template
    block_nesting_limit = 40
    context_depth_limit = 60
    loop_iteration_limit = MOST_ITERATIONS
    local_namespace_limit = 1_000_000
    output_stream_limit = MOST_OUTPUT_OCTETS

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(undefined=_Missing, strict_filters=True, autoescape=autoescape)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        # The names the parser itself asks for are no words that can be written.
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS or not name.isalpha()} | {
            name: self.tags[name] for name in ("content", "output", "illegal") if name in self.tags
        }
        self.add_tag(_SpinTag)
        ours: dict[str, Callable[..., Any]] = {"replace": _replace, "join": _join}
        self.filters = {name: _limited(ours.get(name, self.filters[name])) for name in FILTERS - {"date"}}
        self.filters["date"] = _date


HTML: Final = _Environment(autoescape=True)
TEXT: Final = _Environment(autoescape=False)

_OUTPUT: Final = re.compile(r"\{\{(-?)(.{0,2000}?)(-?)\}\}", re.DOTALL)
_HEAD: Final = re.compile(r"""((?:[^|"']|"[^"]*"|'[^']*')*)(.*)""", re.DOTALL)
_PLAIN_HEAD: Final = re.compile(
    r"""[A-Za-z_][\w-]*\??(?:\.[\w-]+\??|\[[^\]]*\])*|\[[^\]]*\]|"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|\(.*\)""", re.DOTALL
)


def with_labels(source: str) -> str:
    """`source` with `{{Project name}}` as Liquid can read it: custom fields have labels of any words."""
    return _OUTPUT.sub(_quote_label, source)


def _quote_label(match: re.Match[str]) -> str:
    left, inner, right = match.groups()
    found = _HEAD.fullmatch(inner)
    assert found is not None
    label, filters = found[1].strip(), found[2]
    if not label or _PLAIN_HEAD.fullmatch(label) or '"' in label:
        return match[0]
    return f'{{{{{left} ["{" ".join(label.split())}"] {filters}{right}}}}}'


def compiled(source: str, *, html: bool) -> BoundTemplate:
    """Raises `LiquidError`."""
    return (HTML if html else TEXT).from_string(source)


def rendered(template: BoundTemplate, values: dict[str, object]) -> str:
    """Raises `MissingVariable`, and `LiquidError` when the text asks for too much or cannot be carried out."""
    context = _Context(template, globals=values)
    buffer: StringIO = template._get_buffer()
    template.render_with_context(context, buffer)
    return buffer.getvalue()


def said(error: LiquidError) -> str:
    """What is wrong, as half a sentence that names the line."""
    line = ""
    if error.token is not None and error.token.source:
        line = f"line {error.token.source.count(chr(10), 0, error.token.start_index) + 1}: "
    if isinstance(error, LoopIterationLimitError):
        return f"{line}its loops run more than {MOST_ITERATIONS} times"
    if isinstance(error, ResourceLimitError):
        return f"{line}it is too large when it is filled in, or nested too deeply"
    return line + str(error.message or "it cannot be read").rstrip(".")
