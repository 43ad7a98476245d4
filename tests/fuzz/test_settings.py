"""Settings from whatever somebody sends: the settings, or a SettingsError in words, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.files.formats import Encoding
from pipeline.parameter import Kind, Range, Switch, kinds
from pipeline.presets import PRESETS
from pipeline.settings import Settings, parameters
from service import jobs
from service.config import Config
from service.jobs import EXTRAS
from service.registry.registry import Registry
from service.site import Site
from service.storage import Storage
from web.api import ADDED, enhance_endpoint
from web.front.listeners import Listeners

from . import hostile
from .scale import fuzzed, tried

LONGEST = 1_000  # letters of a refusal, the list of what is known among them


def near(kind: Kind) -> st.SearchStrategy[object]:
    """Values about the limits of a parameter, good ones among them."""
    if isinstance(kind, Range):
        ends = (kind.minimum, kind.maximum, kind.minimum - 1e-9, kind.maximum + 1e-9, int(kind.maximum))
        return st.one_of(st.sampled_from(ends), st.floats(kind.minimum, kind.maximum))
    return st.booleans() if isinstance(kind, Switch) else st.sampled_from(list(kind.options))


ALL = parameters()
one = st.sampled_from(list(ALL)).flatmap(
    lambda name: st.tuples(st.just(name), st.one_of(near(ALL[name]), hostile.values))
)
flat = st.one_of(
    st.lists(one, max_size=6).map(dict),
    st.dictionaries(st.one_of(st.sampled_from(list(ALL)), hostile.scalars), hostile.values, max_size=4),
)


def in_words(refusal: SettingsError) -> None:
    """One sentence, short and printable, so that page, log and terminal can take it."""
    text = " ".join(refusal.as_dict().values())
    assert refusal.message.endswith(".")
    assert len(text) < LONGEST
    assert text.isprintable(), text
    text.encode()


@fuzzed(300, 2_000)
@given(flat, st.sampled_from(list(PRESETS)))
@example({"denoise_strength_db": 10**400}, "default")
@example({None: 1, 2: 1}, "default")
def test_flat_settings(given: dict[str, object], preset: str) -> None:
    tried["settings"] += 1
    try:
        found = Settings.from_flat(given, PRESETS[preset])
    except SettingsError as refusal:
        in_words(refusal)
        return
    assert Settings.from_flat(found.flat()) == found
    assert hash(found) == hash(Settings.from_flat(json.loads(json.dumps(found.flat()))))
    for name, value in found.flat().items():
        kind = ALL[name]
        if isinstance(kind, Range):
            assert type(value) is float
            assert kind.minimum <= value <= kind.maximum
        if name in given:
            assert value == given[name]


@fuzzed(100, 500)
@given(st.dictionaries(st.sampled_from(list(kinds(Encoding))), hostile.values))
def test_the_encoding(given: dict[str, Any]) -> None:
    tried["settings"] += 1
    try:
        hash(Encoding(**given))
    except SettingsError as refusal:
        in_words(refusal)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(Config.from_environ({}), Storage(tmp_path_factory.mktemp("storage"), usable=True))


@fuzzed(120, 1_000)
@given(
    st.one_of(st.sampled_from([*PRESETS]), hostile.values), st.lists(one, max_size=4).map(dict),
    st.one_of(st.none(), hostile.values), st.one_of(st.none(), hostile.values), hostile.values,
    st.tuples(*[st.one_of(st.none(), st.booleans(), hostile.values)] * len(EXTRAS)),
)  # fmt: skip
def test_the_parameters_of_the_api(
    site: Site, preset: object, given: dict[str, object], output_format: object, bitrate: object, file: object,
    extras: tuple[object, ...],
) -> None:  # fmt: skip
    """What is refused is the visitor's fault (400, 422), never the program's (500)."""
    tried["settings"] += 1
    older, added = ([given.get(name) for name in ALL if (name in ADDED) is late] for late in (False, True))
    order = [file, preset, *older, output_format, None, bitrate, None, *added, *extras]
    with pytest.raises(gr.Error) as caught:  # nobody has uploaded anything
        list(enhance_endpoint(site, Registry(site), Listeners())(*order))
    answer = json.loads(caught.value.message)
    assert answer["status"] in (400, 422), answer
    assert answer["error"].endswith(".")
    caught.value.message.encode()
    assert not list(Path(site.storage.root).iterdir())


@fuzzed(60, 300)
@given(hostile.values)
def test_the_name_of_a_preset(name: object) -> None:
    tried["settings"] += 1
    try:
        assert jobs.preset(name) is PRESETS[str(name)]
    except SettingsError as refusal:
        in_words(refusal)


@pytest.mark.parametrize("name", [*ALL, "preset", "output_format"])
def test_what_is_nested_without_end(name: str) -> None:
    """Deeper than Python can go to show it."""
    tried["settings"] += 1
    deep: Any = hostile.nested(3_000)
    with pytest.raises(SettingsError) as caught:
        if name == "preset":
            jobs.preset(deep)
        elif name == "output_format":
            jobs.Order(Path("x"), Settings(), deep)
        else:
            Settings.from_flat({name: deep})
    in_words(caught.value)
