"""`fairlead.corpus.ingesting.extracting` on a machine where the fifth record does harm."""

import os
import sys
import time

from fairlead.corpus.ingesting import extracting

POISON = 5
given = sys.argv[1:]
look = extracting.extract


def deadly(body: bytes, uri: str, *arguments: object, **named: object) -> object:
    if f"//c{POISON}." in uri:
        os.kill(os.getpid(), 9)
    return look(body, uri, *arguments, **named)


def standing(path: object) -> object:
    for found in read(path):
        if found.record == POISON and job.ends_before is None:
            os.pwrite(position, extracting._POSITION.pack(POISON, found.offset), 0)
            time.sleep(600)
        yield found


if given:
    import msgspec

    raw = sys.stdin.buffer.read()
    job = msgspec.json.decode(raw, type=extracting.Job)
    position = os.open(job.position, os.O_CREAT | os.O_WRONLY, 0o600)
    read, extracting.captures = extracting.captures, standing
    extracting.make_part(job)
else:
    extracting.extract = deadly
    extracting.main()
