"""Compile regular expressions from settings, so that no text takes long to match."""

from __future__ import annotations

from .budget import Budget, OverBudgetError
from .compiling import LONGEST, Expression, choose, compile_regex, parse_regex, translate

__all__ = ["LONGEST", "Budget", "Expression", "OverBudgetError", "choose", "compile_regex", "parse_regex", "translate"]
