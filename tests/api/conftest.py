"""Each test its own office."""

import pytest
from office import Office


@pytest.fixture
def office() -> Office:
    return Office()
