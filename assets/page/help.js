// The list of keys, over the page.

import { say } from "./words.js";

/** @type {[string[], string][]} */
const KEYS = [
  [["player.help.space.key"], "player.help.space"],
  [["1", "2", "3"], "player.help.tracks"],
  [["X"], "player.help.swap"],
  [["←", "→"], "player.help.seek"],
  [["player.help.home.key", "player.help.end.key"], "player.help.ends"],
  [["L"], "player.help.loop"],
  [["[", "]"], "player.help.passage"],
  [["+", "−"], "player.help.zoom"],
  [["?"], "player.help.help"],
];

/** @returns {HTMLDialogElement} */
export function helpDialog() {
  const dialog = make("dialog", { className: "sp-help" });
  dialog.setAttribute("aria-label", say("player.help"));
  const list = make("dl");
  for (const [keys, meaning] of KEYS) {
    const term = make("dt");
    term.append(...keys.map((key) => make("kbd", { textContent: key.includes(".") ? say(key) : key })));
    list.append(term, make("dd", { textContent: say(meaning) }));
  }
  const close = make("button", { type: "button", className: "sp-button", textContent: say("player.help.close") });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });  // beside it
  const box = make("div");
  const title = make("h2", { textContent: say("player.help") });
  box.append(title, list, make("p", { textContent: say("player.help.mouse") }), close);
  dialog.append(box);
  return dialog;
}

const make = (name, properties = {}) => Object.assign(document.createElement(name), properties);
