"""How the enhancement sounds, beside other systems, on folders of recordings.

    python -m benchmarks.quality DATA… [--systems neural,rnnoise] [--every 5] [--jobs 2] [--clean] [--json FILE]
    python -m benchmarks.quality DATA… --command 'deepfilternet3=some-program {in} {out}'
    python -m benchmarks.quality --from-json FILE [--merge FILE] [--versus deepfilternet3] [--worst 10]

DATA : `pairs/clean` and `pairs/noisy` (wav or flac, same names) and `real` (no reference); any of them may be missing.
`manifest.csv` in it, if there is one, says of which kind each pair is; else recordings.csv tells which have a room.
Columns whose metric is not installed, and systems that are not, are left out, with a line that says so. SI-SDR and
eaten speech are means over pairs without a room. RTF: CPU seconds per second of sound, one core.
"""
