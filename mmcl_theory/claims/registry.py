"""Collect all claims by slug."""

from collections.abc import Mapping
from types import MappingProxyType

from . import haochen2021, huang2024, released_code, scarce_modality, zhang2023, zolfaghari2021
from .claim import Claim

SOURCES = (zhang2023, haochen2021, huang2024, zolfaghari2021, scarce_modality, released_code)

claims: Mapping[str, Claim] = MappingProxyType(
    {value.slug: value for source in SOURCES for value in vars(source).values() if isinstance(value, Claim)}
)
