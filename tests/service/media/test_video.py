"""The video that was uploaded, with the enhanced sound: what is seen and what is heard stay together."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from av.stream import Disposition

from pipeline import Settings
from service.jobs import Order, Outcome, enhance
from service.media import video
from service.site import Site
from service.work import Handle
from tests.pipeline.files.films import AT_S, cut, film, seen

OFF = Settings.nothing()
TOGETHER_S = 0.02


def made_of(site: Site, source: Path, **asked: object) -> tuple[Outcome, Path]:
    order = Order(source, OFF, **asked)  # type: ignore[arg-type]
    outcome = enhance(Handle(), site, order)
    target = video.place(outcome)
    assert target is not None
    video.make(Handle(), order, outcome, target)
    assert {path.suffix for path in outcome.folder.iterdir()} <= {".wav", ".flac", ".m4a", target.suffix}
    return outcome, target


@pytest.mark.parametrize(
    ("name", "late_s"), [("talk.mp4", 0.0), ("talk.mp4", 1.5), ("talk.mov", 1.5), ("talk.mkv", 0.0), ("talk.mkv", 1.5)]
)
def test_a_click_stays_beside_its_flash(site: Site, tmp_path: Path, name: str, late_s: float) -> None:
    source = film(tmp_path / name, late_s=late_s)
    found = seen(made_of(site, source)[1])
    assert found.flash_s == pytest.approx(seen(source).flash_s, abs=0.001)
    assert found.click_s == pytest.approx(found.flash_s, abs=TOGETHER_S)
    assert found.kinds == [("video", "h264"), ("audio", "opus" if name.endswith("mkv") else "aac")]


def test_webm_stays_webm(site: Site, tmp_path: Path) -> None:
    source = film(tmp_path / "talk.webm", late_s=1.5, pictures="libvpx", sound="libopus")
    outcome, target = made_of(site, source)
    assert (outcome.video, target.name) == (".webm", "talk.clean.webm")
    assert b"webm" in target.read_bytes()[:64]
    found = seen(target)
    assert found.click_s == pytest.approx(found.flash_s, abs=TOGETHER_S)
    assert found.kinds == [("video", "vp8"), ("audio", "opus")]


@pytest.mark.parametrize(("by_s", "late_s"), [(0.48, 1.5), (1.26, 0.0)])
def test_what_an_edit_list_cuts_away_stays_away(site: Site, tmp_path: Path, by_s: float, late_s: float) -> None:
    """Also in the middle of a group of pictures, whose first ones are needed and not shown."""
    source = cut(film(tmp_path / "talk.mp4", late_s=late_s), by_s)
    before, after = seen(source), seen(made_of(site, source)[1])
    assert before.flash_s < AT_S - by_s + 0.05
    assert after.flash_s == pytest.approx(before.flash_s, abs=0.001)
    assert after.click_s == pytest.approx(before.click_s, abs=TOGETHER_S / 2)


def test_the_other_sound_tracks_stay_and_the_right_one_is_replaced(site: Site, tmp_path: Path) -> None:
    source = film(tmp_path / "talk.mkv", sounds=2, sound="libopus")
    outcome, target = made_of(site, source, track=2, output_format="m4a")
    assert seen(target).kinds == [("video", "h264"), ("audio", "opus"), ("audio", "opus")]
    assert seen(target, 1).click_s == pytest.approx(AT_S, abs=TOGETHER_S)
    with av.open(str(source)) as before, av.open(str(target)) as after:
        tracks = [[bytes(packet) for packet in one.demux(audio=0) if packet.size] for one in (before, after)]
    assert tracks[0] == tracks[1]
    assert outcome.after.suffix == ".m4a"


def test_the_pictures_are_copied_and_not_encoded_again(site: Site, tmp_path: Path) -> None:
    source = film(tmp_path / "talk.mp4")
    target = made_of(site, source)[1]
    with av.open(str(source)) as before, av.open(str(target)) as after:
        pictures = [[bytes(packet) for packet in one.demux(video=0) if packet.size] for one in (before, after)]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("stretch", [None, (1.0, 1.0)])
def test_no_video_of_sound_alone_or_of_a_part(
    site: Site, talk: Path, tmp_path: Path, stretch: tuple[float, float]
) -> None:
    source = film(tmp_path / "talk.mp4") if stretch else talk
    outcome = enhance(Handle(), site, Order(source, OFF, stretch=stretch))
    assert (outcome.video, video.place(outcome)) == ("", None)


@pytest.mark.parametrize("disposition", [Disposition.attached_pic, Disposition.default])
def test_one_picture_is_no_video(site: Site, tmp_path: Path, disposition: Disposition) -> None:
    """Neither one that is called a cover, nor one that is not."""
    source, moving = tmp_path / "talk.mp4", film(tmp_path / "moving.mp4", lasts_s=1.0, at_s=0.5, pictures="mjpeg")
    with av.open(str(moving)) as one, av.open(str(source), "w") as out:
        video, sound = one.streams.video[0], one.streams.audio[0]
        made = {stream.index: out.add_stream_from_template(stream, opaque=True) for stream in (video, sound)}
        made[video.index].disposition = disposition
        pictures = [packet for packet in one.demux(video) if packet.size]
        one.seek(0)
        for packet in [pictures[0], *(packet for packet in one.demux(sound) if packet.size)]:
            packet.stream = made[packet.stream.index]
            out.mux(packet)
    assert enhance(Handle(), site, Order(moving, OFF)).video == ".mp4"
    assert enhance(Handle(), site, Order(source, OFF)).video == ""
