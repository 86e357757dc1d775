"""Put emails together and hand them to the mail server. Their texts are in the apps."""
