// Colours for the canvas, from the style sheet, and a word when the theme changes.

/** @param {Element} element */
export function coloursOf(element) {
  const style = getComputedStyle(element);
  const of = (name) => style.getPropertyValue(`--sp-${name}`).trim();
  return {
    before: of("before"), after: of("after"), removed: of("removed"), ink: of("calm"), line: of("line"),
    paper: of("paper"), ground: of("ground"), font: style.fontFamily, heat: of("heat").split(/\s+/).map(rgb),
  };
}

const rgb = (hex) => /** @type {[number, number, number]} */ ([1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16) || 0));

/** @param {() => void} changed @param {AbortSignal} signal */
export function watchTheme(changed, signal) {
  const watch = new MutationObserver(changed);
  for (const element of [document.documentElement, document.body]) {
    watch.observe(element, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
  }
  signal.addEventListener("abort", () => watch.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed, { signal });
}
