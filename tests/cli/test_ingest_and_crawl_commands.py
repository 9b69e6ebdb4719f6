"""`fairlead ingest` and `fairlead crawl` as a person runs them."""

import gzip
from pathlib import Path

from fairlead_process import Installation

PAGE = b"<html><h3>Ann Lee</h3><p>Manager</p><p>ann@acme.com</p>"
BLOCK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE
RECORD = (
    b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://acme.com/team\r\nWARC-Date: 2026-03-01T00:00:00Z\r\n"
    b"WARC-Record-ID: <urn:uuid:1>\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n"
    % (len(BLOCK), BLOCK)
)


def test_archives_are_taken_in_and_files_that_break_off_give_exit_code_3(own: Installation) -> None:
    whole, cut = own.folder / "whole.warc.gz", own.folder / "cut.warc.gz"
    whole.write_bytes(gzip.compress(RECORD))
    own.workspace()
    done = own.done("ingest", whole, "--json").json
    assert (done["files"], done["merged"], done["new_addresses"], done["new_people"]) == (1, 1, 1, 1)
    again = own.done("ingest", whole)
    assert "1 of 1 files are in the lead database, 1 of them from before." in again.out
    cut.write_bytes(gzip.compress(RECORD * 3)[:-40])
    broken = own.run("ingest", whole, cut, own.folder / "missing.warc")
    assert broken.code == 3
    assert "cut.warc.gz could only be read in part" in broken.out
    assert "missing.warc could not be read: is not there." in broken.out
    assert "acme.com" not in broken.out + broken.err


def test_an_empty_folder_and_an_unknown_workspace_are_told(own: Installation, tmp_path: Path) -> None:
    nothing = own.run("ingest", tmp_path)
    assert nothing.code == 1
    assert "There is no archive and no page under what was named." in nothing.err
    assert own.run("ingest", tmp_path, "--workspace", 99).code == 1


def test_names_that_are_no_sites_give_exit_code_3(own: Installation) -> None:
    told = own.run("crawl", "localhost")
    assert told.code == 3
    assert "localhost is not the name of a site." in told.err
    assert own.run("crawl").code == 2
