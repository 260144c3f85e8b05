"""Kinds of columns, and what every row of a table has in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

KEY_PATTERN = r"^[^\s:,;|]+$"
SHORT_NAME_PATTERN = r"^[a-z0-9][a-z0-9-]*$"
CURRENCY_PATTERN = r"^[A-Z]{3}$"

Name = Annotated[str, Field(min_length=1, pattern=KEY_PATTERN)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Step = Annotated[float, Field(ge=1e-3, allow_inf_nan=False)]
"""What is built in whole pieces, MW: a kilowatt is about one server, and a gigawatt of them can still be counted by a
solver whose whole numbers are true to one part in a million, and which takes numbers below 1e-9 for nothing."""
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Efficiency = Annotated[float, Field(gt=0, le=1)]
Age = Annotated[float, Field(ge=0, le=200)]
Years = Annotated[float, Field(gt=0, le=100)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]

COOLING = Literal["airside_adiabatic", "waterside_economizer", "air_cooled_chiller", "liquid_dry_cooler"]


class Row(BaseModel):
    """A row of a table; unknown columns are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
