"""Draws the icons of the installed page, assets/page/icon-*.png, from assets/page/favicon.svg in a browser.

usage: python -m scripts.make_icons        CHROMIUM=… names the browser
"""

from __future__ import annotations

import os
import sys

from playwright.sync_api import sync_playwright

from service.site import ASSETS

PAGE = ASSETS / "page"
BACKGROUND = "#0f766e"  # of favicon.svg
# Name, pixels, and how much of its edge a mask may cut off: there is background alone.
ICONS = (("icon-192", 192, 0.0), ("icon-512", 512, 0.0), ("icon-maskable-512", 512, 0.15))


def main() -> int:
    """Write all of them."""
    drawing = (PAGE / "favicon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox"])
        for name, size, edge in ICONS:
            page = browser.new_page(viewport={"width": size, "height": size})
            colour = BACKGROUND if edge else "transparent"
            style = f"body{{margin:0;background:{colour}}} svg{{display:block;box-sizing:border-box;width:{size}px;"
            page.set_content(f"<style>{style}height:{size}px;padding:{edge * size}px}}</style>{drawing}")
            page.screenshot(path=PAGE / f"{name}.png", omit_background=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
