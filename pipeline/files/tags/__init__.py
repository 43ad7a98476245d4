"""What a file says of its recording: read in bounds, with nothing decoded, and written into the result."""
