"""What becomes of settings on the page: steps back, versions, presets of one's own, the address."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.page.site import as_js

KINDS = {"strength_db": {"minimum": 0, "maximum": 60}, "method": {"options": ["a", "b"]}}
DEFAULTS = {"strength_db": 30, "method": "a", "loud": True}


def run(blank: Page, module: str, body: str, **values: Any) -> Any:
    """What the function body `body` returns, in which the module's names are known, and `values`."""
    named = "".join(f"const {name} = {as_js(value)};" for name, value in values.items())
    return blank.evaluate(f"import('/page/{module}.js').then((m) => {{ {named} {body} }})")


def test_every_step_can_be_taken_back_and_taken_again(blank: Page) -> None:
    found = run(
        blank, "past",
        """const past = new m.Past("a"); past.note("b", 1000); past.note("c", 5000);
        return [past.undo(), past.undo(), past.undo(), past.redo(), past.redo(), past.redo()];""",
    )  # fmt: skip
    assert found == ["b", "a", "a", "b", "c", "c"]


def test_a_slider_on_its_way_is_one_step(blank: Page) -> None:
    found = run(
        blank, "past",
        """const past = new m.Past(0); [1, 2, 3].forEach((n) => past.note(n, 1000 + 100 * n)); past.note(4, 9000);
        return [past.undo(), past.undo(), past.can_undo];""",
    )  # fmt: skip
    assert found == [3, 0, False]


def test_what_is_chosen_is_a_step_of_its_own_however_soon(blank: Page) -> None:
    found = run(
        blank, "past",
        """const past = new m.Past(0); past.note(1, 1000); past.close(); past.note(2, 1001); past.close();
        past.note(3, 1002); return [past.undo(), past.undo(), past.undo()];""",
    )  # fmt: skip
    assert found == [2, 1, 0]


def test_another_way_from_an_earlier_step_ends_the_old_one(blank: Page) -> None:
    found = run(
        blank, "past",
        """const past = new m.Past("a"); past.note("b", 1000); past.undo(); past.note("c", 1100);
        return [past.can_redo, past.now, past.undo()];""",
    )  # fmt: skip
    assert found == [False, "c", "a"]


VERSION = "const of = (job, created) => ({ job: { job, created }, asked: {}, preset: 'default' });"


def test_the_newest_version_is_shown_and_the_oldest_of_many_leaves(blank: Page) -> None:
    found = run(
        blank, "versions",
        VERSION + """const all = new m.Versions(); for (let k = 0; k < 12; k++) all.add(of(`t${k}`, k));
        const newest = all.shown.job.job; all.choose(0); const oldest = all.shown.job.job; all.choose(99);
        return [newest, oldest, all.all.length, all.shown.job.job];""",
    )  # fmt: skip
    assert found == ["t11", "t3", 9, "t3"]


def test_versions_that_are_heard_of_later_stand_in_their_order(blank: Page) -> None:
    found = run(
        blank, "versions",
        VERSION + """const all = new m.Versions(); all.add(of("new", 30)); all.addEarlier(of("old", 10));
        all.addEarlier(of("middle", 20)); all.addEarlier(of("old", 10)); all.add(of("new", 30));
        return [all.all.map((one) => one.job.job), all.shown.job.job];""",
    )  # fmt: skip
    assert found == [["old", "middle", "new"], "new"]


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"strength_db": 12, "method": "b", "loud": False}, {"strength_db": 12, "method": "b", "loud": False}),
        ({"strength_db": 61, "method": "c", "loud": 1}, {}),
        ({"strength_db": "12", "loud": True, "nonsense": 1, "__proto__": {"method": "b"}}, {"loud": True}),
        ({"strength_db": None, "method": ["a"]}, {}),
    ],
)
def test_only_values_that_can_be_are_taken(blank: Page, values: dict[str, Any], kept: dict[str, Any]) -> None:
    body = "return m.known(JSON.parse(text), kinds, defaults);"
    assert run(blank, "own-presets", body, text=json.dumps(values), kinds=KINDS, defaults=DEFAULTS) == kept


def test_what_is_saved_to_a_file_is_what_is_read_from_it(blank: Page) -> None:
    body = "return m.fromFile(m.toFile('Küche & Co.', values), 'other.json');"
    assert run(blank, "own-presets", body, values=DEFAULTS) == {"name": "Küche & Co.", "settings": DEFAULTS}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"strength_db": 3}', "kitchen"),
        ('{"name": "  a \\u0000 b ", "settings": {}}', "a b"),
        ('{"name": 3, "settings": {}}', "kitchen"),
    ],
)
def test_a_file_without_a_name_gives_its_own(blank: Page, text: str, name: str) -> None:
    assert run(blank, "own-presets", "return m.fromFile(text, 'kitchen.json').name;", text=text) == name


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "no json", '{"settings": [1]}'])
def test_what_is_no_preset_is_refused(blank: Page, text: str) -> None:
    body = "try { m.fromFile(text, 'x.json'); } catch (fault) { return fault instanceof m.NoPreset; }"
    assert run(blank, "own-presets", body, text=text) is True


def test_a_preset_of_the_same_name_is_replaced_and_thirty_are_kept(blank: Page) -> None:
    body = """let all = {}; for (let k = 0; k < 33; k++) all = m.withOne(all, `p${k}`, { k });
    all = m.withOne(all, "p10", { k: 100 }); return [Object.keys(all).length, all.p10.k, "p2" in all];"""
    assert run(blank, "own-presets", body) == [30, 100, False]


def test_a_link_says_what_differs_from_its_preset_and_is_read_again(blank: Page) -> None:
    found = run(
        blank, "settings",
        """const link = m.toAddress("podcast", { ...defaults, strength_db: 12, loud: false }, defaults);
        return [new URL(link).search, m.fromAddress(new URL(link).search, defaults)];""",
        defaults=DEFAULTS,
    )  # fmt: skip
    assert found == ["?preset=podcast&strength_db=12&loud=false", {"strength_db": 12, "loud": False}]
