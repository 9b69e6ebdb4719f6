"""Uses the database of tests/jobs."""

import importlib.util
from pathlib import Path

spec = importlib.util.spec_from_file_location("jobs_conftest", Path(__file__).parents[1] / "jobs" / "conftest.py")
assert spec is not None
assert spec.loader is not None
jobs_conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(jobs_conftest)
server, template, db = jobs_conftest.server, jobs_conftest.template, jobs_conftest.db
