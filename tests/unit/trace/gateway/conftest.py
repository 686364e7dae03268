"""What the tests of the gateway wire's turns share: a conversation with one gateway that has just begun."""

from __future__ import annotations

import pytest
from playbook import Talk


@pytest.fixture
def talk() -> Talk:
    return Talk().open()
