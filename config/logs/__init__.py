"""Keep secrets out of logs."""
