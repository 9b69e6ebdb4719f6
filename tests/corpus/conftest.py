"""The lead database in the house."""

from uuid import uuid4

import pytest

from front_door import FrontDoor
from lead_evidence import Corpus


@pytest.fixture
def domain() -> str:
    """A company's domain nobody else uses."""
    return f"c{uuid4().hex[:12]}.example"


@pytest.fixture
def evidence(house: FrontDoor) -> Corpus:
    return Corpus(house)
