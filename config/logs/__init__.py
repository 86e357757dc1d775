"""Keep secrets out of logs, and log a failure once instead of again and again."""
