"""Regular expressions that users write in their settings, made safe to match against anything."""

from __future__ import annotations

from .compiling import LONGEST, check_growth, compile_regex, translate

__all__ = ["LONGEST", "check_growth", "compile_regex", "translate"]
