"""What pages show of events, read and put into words: no requests, no writes."""
