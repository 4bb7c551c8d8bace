"""Compile regular expressions from settings, and refuse those that could take too long to match."""

from __future__ import annotations

from .compiling import LONGEST, check_growth, compile_regex, translate

__all__ = ["LONGEST", "check_growth", "compile_regex", "translate"]
