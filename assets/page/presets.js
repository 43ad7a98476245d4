// <speech-presets>: one radio group, one stop for the tab key; the arrows choose.
//
//   presets.choices = [{name, label, why}]; presets.value = "podcast"; event "chosen" {name}

import { say } from "./words.js";

export class SpeechPresets extends HTMLElement {
  #choices = [];
  #value = "";

  set choices(choices) {
    this.#choices = choices;
    this.#draw();
  }

  get value() {
    return this.#value;
  }

  set value(name) {
    this.#value = name;
    for (const input of this.querySelectorAll("input")) input.checked = input.value === name;
    this.#explain();
  }

  /** What the chosen one is called. */
  get label() {
    return this.#choices.find(({ name }) => name === this.#value)?.label ?? "";
  }

  connectedCallback() {
    this.addEventListener("change", (event) => {
      this.value = /** @type {HTMLInputElement} */ (event.target).value;
      this.dispatchEvent(new CustomEvent("chosen", { detail: { name: this.#value }, bubbles: true }));
    });
    this.#draw();
  }

  #draw() {
    const group = document.createElement("fieldset");
    group.append(Object.assign(document.createElement("legend"), { textContent: say("presets.label") }));
    for (const { name, label } of this.#choices) {
      const input = Object.assign(document.createElement("input"), { type: "radio", name: "preset", value: name });
      input.checked = name === this.#value;
      const chip = document.createElement("label");
      chip.append(input, Object.assign(document.createElement("span"), { textContent: label }));
      group.append(chip);
    }
    const why = Object.assign(document.createElement("p"), { className: "why" });
    why.setAttribute("aria-live", "polite");
    this.replaceChildren(group, why);
    this.#explain();
  }

  #explain() {
    const line = this.querySelector(".why");
    if (line) line.textContent = this.#choices.find(({ name }) => name === this.#value)?.why ?? "";
  }
}

customElements.define("speech-presets", SpeechPresets);
