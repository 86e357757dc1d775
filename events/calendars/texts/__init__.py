"""What events say in words: titles, locations and descriptions, and the HTML in them."""
