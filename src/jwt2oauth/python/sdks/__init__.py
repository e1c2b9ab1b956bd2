"""SDKs: libraries that log in to Adobe by themselves. What each of them wants stands in ``rules/sdks/``."""

from __future__ import annotations

from . import documents
from .find import Login, SdkFinder
from .planned import SdkPlan

__all__ = ["Login", "SdkFinder", "SdkPlan", "documents"]
