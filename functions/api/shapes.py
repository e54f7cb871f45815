"""The shape of whatever is asked and answered."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """The body of a request or an answer, or a part of one; built by the first request that has it, not by every cold start."""

    model_config = ConfigDict(defer_build=True)
