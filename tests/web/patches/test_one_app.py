from __future__ import annotations

import pytest

import app
from web.patches.one_app import made_later


def test_the_application_is_made_when_the_page_is_mounted_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    from gradio import routes

    made: list[object] = []
    plain = routes.App.create_app

    def create_app(*given: object, **named: object) -> object:
        made.append(plain(*given, **named))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(routes.App, "create_app", create_app)
    page, _ = app.build()
    assert made == []
    assert page.config["components"]


def test_pages_built_afterwards_have_theirs_at_once() -> None:
    import gradio.blocks

    plain = gradio.blocks.App
    with pytest.raises(KeyError), made_later():
        assert gradio.blocks.App is not plain
        raise KeyError
    assert gradio.blocks.App is plain
