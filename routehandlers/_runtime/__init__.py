"""Answer requests, stage by stage."""
