"""What pages show of events: reads it and puts it into words. Nothing here uses requests or writes."""
