// The settings are Gradio's components. All their values come here when one is moved; to move them, the wanted values
// are left here and a hidden button of Gradio's is pressed, whose script fetches them.

const BRIDGE = "#settings-bridge";
const PATIENCE_MS = 20_000;

/** Events: "change" {values, by_hand}. */
export class Settings extends EventTarget {
  /** @param {string[]} names in the order of Gradio's components @param {Record<string, unknown>} values */
  constructor(names, values) {
    super();
    this.names = names;
    this.values = { ...values };
    this.wanted = null;
  }

  /** Called by Gradio, with all values in order. @param {unknown[]} found */
  arrived(found) {
    const values = Object.fromEntries(this.names.map((name, k) => [name, found[k]]));
    if (same(values, this.values)) return;
    this.values = values;
    this.dispatchEvent(new CustomEvent("change", { detail: { values, by_hand: true } }));
  }

  /** Move the components there. @param {Record<string, unknown>} values those that are to change */
  async set(values) {
    const known = Object.fromEntries(Object.entries(values).filter(([name]) => this.names.includes(name)));
    this.values = { ...this.values, ...known };
    this.dispatchEvent(new CustomEvent("change", { detail: { values: this.values, by_hand: false } }));
    (await present(BRIDGE))?.click();
  }

  /** What Gradio's components are to show, in order. */
  inOrder() {
    return this.names.map((name) => this.values[name]);
  }
}

export const same = (a, b) => Object.keys({ ...a, ...b }).every((name) => a[name] === b[name]);

/** The element, once Gradio has made it. @returns {Promise<HTMLElement | null>} */
async function present(selector) {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    const found = document.querySelector(selector);
    if (found) return /** @type {HTMLElement} */ (found);
    await new Promise((done) => requestAnimationFrame(done));
  }
  return null;
}

/** Values from the page's address, as far as they are known. @param {string} search @param {Record<string, unknown>} defaults */
export function fromAddress(search, defaults) {
  const found = {};
  for (const [name, text] of new URLSearchParams(search)) {
    const usual = defaults[name];
    if (typeof usual === "number" && text.trim() !== "" && Number.isFinite(Number(text))) found[name] = Number(text);
    else if (typeof usual === "boolean") found[name] = ["true", "1", "on", "yes"].includes(text.toLowerCase());
    else if (typeof usual === "string") found[name] = text;
  }
  return found;
}

/** The page's address with a preset and what differs from it. */
export function toAddress(preset, values, of_preset) {
  const address = new URL(document.baseURI);
  address.hash = "";
  address.search = "";
  address.searchParams.set("preset", preset);
  for (const [name, value] of Object.entries(values)) {
    if (of_preset[name] !== value) address.searchParams.set(name, String(value));
  }
  return address.href;
}
