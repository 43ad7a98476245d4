"""What is done to decoded blocks so that they are one recording: one form, and nothing but numbers."""
