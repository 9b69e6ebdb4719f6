from collections.abc import Iterator

import pytest

from fairlead_process import Installation, new_installation


@pytest.fixture(scope="session")
def running() -> Iterator[Installation]:
    """One installation for all commands of the run, with its server running. Each test makes its own workspace."""
    with new_installation() as installation, installation.serving() as serving:
        installation.base_url = serving.base_url
        yield installation


@pytest.fixture
def own() -> Iterator[Installation]:
    """A new installation for one test, with nothing running."""
    with new_installation() as installation:
        yield installation
