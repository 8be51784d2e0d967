"""What Scripts/install-browser-parts is made of."""
