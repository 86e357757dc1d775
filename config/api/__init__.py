"""What all of the API's apps share: how it reads, refuses, pages and describes itself."""
