"""What the worker processes of one machine share without a setting."""
