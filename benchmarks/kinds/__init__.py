"""What becomes of the kinds of sound that users name: what should stay, what should go, what should be left even.

    python -m benchmarks.kinds FOLDER [--weights FILE] [--each]

FOLDER holds mixtures as NAME.noisy.flac, NAME.speech.flac (what should stay) and NAME.other.flac (what should go, the
second talker, or the music), and manifest.csv. One table comes out: a row for each number of a kind, the mean over its
mixtures, for the recording itself, RNNoise, our denoiser at its full strength and the preset `clean_only`. What each
number means: README.md in the folder above.
"""
