from __future__ import annotations

import json
import sys
from subprocess import run

from tests.delivery.files import ROOT

COUNTED = """if True:
    import json
    import app
    from gradio import blocks, routes
    plain, made = routes.App.create_app, []
    routes.App.create_app = lambda *given, **named: made.append(plain(*given, **named)) or made[-1]
    parts = app._build()
    built = len(made)
    app._application(parts)
    print(json.dumps([built, len(made), blocks.App is routes.App]))
"""


def test_the_application_is_made_when_the_page_is_mounted_not_before() -> None:
    done = run([sys.executable, "-c", COUNTED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [0, 1, True]
