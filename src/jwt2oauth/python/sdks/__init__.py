"""SDKs: libraries that log in to Adobe by themselves. What each of them wants stands in ``rules/sdks/``.

Their logins are found, planned and written here, calls, builders and files alike. It imports every other
package of this room, and none of them imports it.
"""

from __future__ import annotations

from . import documents
from .find import Login, SdkFinder
from .planned import SdkPlan

__all__ = ["Login", "SdkFinder", "SdkPlan", "documents"]
