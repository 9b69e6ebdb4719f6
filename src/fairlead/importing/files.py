"""Opens a file of prospects by what it is."""

from pathlib import Path

from fairlead.importing.delimited import Delimited
from fairlead.importing.json_lines import JsonLines
from fairlead.importing.model import Source
from fairlead.kit.refusals import Invalid, NotFound

_BY_SUFFIX = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".pq": "parquet", ".vcf": "vcard", ".vcard": "vcard",
}  # fmt: skip


def open_source(path: Path) -> Source:
    """The file, ready to be read. Raises `NotFound` and `Invalid`."""
    try:
        # The libraries of the rarer formats take longer to load than most files take to read.
        match _BY_SUFFIX.get(path.suffix.lower()) or _format_of(path):
            case "parquet":
                from fairlead.importing.parquet import Parquet

                return Parquet(path)
            case "vcard":
                from fairlead.importing.vcards import VCards

                return VCards(path)
            case "jsonl":
                return JsonLines(path)
            case _:
                return Delimited(path)
    except FileNotFoundError:
        raise NotFound("no_file", f"There is no file {path}.", field="file") from None
    except OSError as error:
        raise Invalid("unreadable_file", f"{path} cannot be read: {error.strerror}.", field="file") from error


def _format_of(path: Path) -> str:
    """By its first bytes, for a name that does not tell."""
    with path.open("rb") as file:
        start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.upper().startswith(b"BEGIN:VCARD"):
        return "vcard"
    return "jsonl" if start.startswith(b"{") else "csv"
