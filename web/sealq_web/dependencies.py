"""What requests share: the stack that the application opened when it started."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from sealq_producer.stack import Stack


def stack(request: Request) -> Stack:
    """Return the running stack: database, object store, messages."""
    opened: Stack = request.app.state.stack
    return opened


#: The type of a parameter that gets the stack.
RunningStack = Annotated[Stack, Depends(stack)]
