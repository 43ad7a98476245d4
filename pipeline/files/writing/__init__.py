"""How each kind of file is written; `pipeline.files.encode` chooses."""
