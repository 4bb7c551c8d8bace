"""What happens to a request, stage by stage."""
