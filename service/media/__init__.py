"""What is made of a result for those who ask for it: what the browser plays and draws, and files to be stored.

- copies     what the player of a job needs
- listening  copies in MP3 of which any part can be fetched and decoded for itself; on_demand: encoded when they are
- peaks      the outline of a waveform
- spectra    what a spectrogram is drawn from; tiles: its pieces
- amount     the result mixed with the recording as it was
- video      the video that was uploaded, with the enhanced sound
- picture    the spectrograms before and after, as one picture
- archive    several files as one ZIP
"""
