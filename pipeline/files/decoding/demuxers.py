"""Which of FFmpeg's demuxers may read a recording: those that hold sound and open nothing but the file itself.

An allow-list, so that what a new version of FFmpeg brings is shut until somebody has looked at it;
`tests/pipeline/files/decoding/test_demuxers.py` names what is new.
"""

from __future__ import annotations

_USUAL = """
aac ac3 aiff amr ape asf au avi caf dts dtshd eac3 flac flv gsm loas matroska,webm mov,mp4,m4a,3gp,3g2,mj2 mp3 mpc mpc8
mpeg mpegts ogg rm tak truehd tta voc w64 wav wv
"""
_RARE = """
3dostr 4xm aa aax ace acm act adp ads adx aea afc aix alp amrnb amrwb apac apc apm aptx aptx_hd argo_asf argo_brp
argo_cvg asf_o ast avr avs bethsoftvid bfi bfstm bink binka bit bmv boa bonk brstm c93 codec2 daud dcstr derf dfa dfpwm
dhav dsf dsicin dss dv dxa ea epaf film_cpk frm fsb fwse g723_1 g726 g728 g729 genh gxf hca hcom hnm iamf idcin iff ifv
ilbc ipmovie ircam iss ivr jv kux kvag laf lc3 live_flv lmlm4 luodat lvf lxf mca mgsts mlp mlv mm mmf mods moflex msf
msp mtaf mtv musx mv mvi mxf mxg nc nistsphere nsp nsv nut nuv oma osq paf pmp pp_bnk psxstr pva pvf qcp qoa r3d
redspark rka rl2 roq rpl rsd rso sbc scd sdns sdr2 sds sdx shn siff sln smjpeg smk smush sol sox spdif svag svs swf thp
tmv ty usm vag vividas vivo vmd vpk vqf wady wavarc wc3movie wsaud wsd wsvqa wtv wve xa xmd xmv xvag xwma yop
"""
ALLOWED = frozenset(f"{_USUAL} {_RARE}".split())

# Containers that say of each packet when it is to be heard, by a clock. In all others FFmpeg counts bytes or packets,
# rightly or not: there are no gaps in them.
_TIMED = "asf asf_o flac flv gxf ivr live_flv matroska mov mpeg mpegts mxf nut ogg rm wtv"
TIMED = frozenset(_TIMED.split())
# Where FFmpeg's parser looks for the frames of a stream. FLAC's looks ten frames ahead before it gives one out, which
# then has the time stamp of the tenth (libavcodec/flac_parser.c, FLAC_MIN_HEADERS).
_PARSED = {"asf", "asf_o", "wtv"}


def has_clock(demuxer: str, codec: str) -> bool:
    """Whether the time stamps are those of the frames that have them."""
    kind = demuxer.split(",", maxsplit=1)[0]
    return kind in TIMED and not (kind in _PARSED and codec == "flac")


# What is never chosen: what opens other files, addresses or devices; and what no recording is: pictures, films without
# sound, subtitles, texts, bare samples that only a file's name would tell.
_OTHERS_FILES = "alsa concat fbdev hls image2 kmsgrab lavfi oss rtp rtsp sap sdp video4linux2,v4l2 vobsub x11grab"
_OTHERS_FILES += " webm_dash_manifest dash imf jack pulse sndio"
_NO_SOUND = """
ac4 adf alias_pix anm apng apv aqtitle ass av1 avs2 avs3 bin bitpacked bmp_pipe brender_pix cavsvideo cdg cdxl cine
codec2raw cri_pipe data dds_pipe dirac dnxhd dpx_pipe dvbsub dvbtxt ea_cdata evc exr_pipe ffmetadata filmstrip fits flic
gdv gem_pipe gif gif_pipe h261 h263 h264 hdr_pipe hevc hxvs ico idf image2pipe ingenient ipu iv8 ivf j2k_pipe jacosub
jpeg_pipe jpegls_pipe jpegxl_anim jpegxl_pipe jpegxs_pipe lrc m4v mcc microdvd mjpeg mjpeg_2000 mpegtsraw mpegvideo
mpjpeg mpl2 mpsub msnwctcp mtv_ obu pam_pipe pbm_pipe pcx_pipe pdv pfm_pipe pgm_pipe pgmyuv_pipe pgx_pipe phm_pipe
photocd_pipe pictor_pipe pjs png_pipe ppm_pipe psd_pipe qdraw_pipe qoi_pipe rawvideo rcwt realtext s337m sami sbg scc
ser sga sgi_pipe simbiosis_imx srt stl subviewer subviewer1 sunrast_pipe sup svg_pipe tedcaptions tiertexseq tiff_pipe
tty txd v210 v210x vbn_pipe vc1 vc1test vplayer vvc webp_pipe webvtt xbin xbm_pipe xpm_pipe xwd_pipe yuv4mpegpipe
"""
_BARE = "alaw mulaw vidc g722 g726le f32be f32le f64be f64le s8 u8"
_BARE += "".join(f" {sign}{bits}{end}" for sign in "su" for bits in (16, 24, 32) for end in ("be", "le"))
REFUSED = frozenset(f"{_OTHERS_FILES} {_NO_SOUND} {_BARE}".split())
