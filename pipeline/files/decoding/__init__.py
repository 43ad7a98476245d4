"""From an open file to blocks of samples, by FFmpeg's libraries; what they cannot read is told."""
