"""What the APIs of all apps share: parsing, problem details, pagination and the schema."""
