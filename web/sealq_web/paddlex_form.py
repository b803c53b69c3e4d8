"""The form of PaddleX's own server: names in camel case, an answer that says how it went."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class PaddleXModel(BaseModel):
    """Base of all that has PaddleX's names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class PaddleXStatus(PaddleXModel):
    """How a request went; in a refusal nothing else stands."""

    log_id: str = Field(description="Id of the request")
    error_code: int = Field(description="0, or the status of the answer")
    error_msg: str = Field(description="`Success`, or what was wrong")
