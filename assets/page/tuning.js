// <speech-tuning>: above the sliders: what was moved, and the ways back; presets of one's own.
//
//   tuning.state = {can_undo, can_redo, is_own, preset, moved: [{name, value, kind}]}; tuning.note = "…"
//   events: "undo", "redo", "put_back" {name | null}, "keep" {name}, "drop", "store", "load" {file}; "tuning" once it is there

import { escaped, say } from "./words.js";

const BUTTONS = ["undo", "redo", "keep", "store", "load", "drop"];

export class SpeechTuning extends HTMLElement {
  connectedCallback() {
    this.innerHTML = `<div class="steps">${BUTTONS.map((name) => `<button type="button" class="button small" data-tune="${name}"></button>`).join("")}
      <input type="file" accept=".json,application/json" hidden></div>
      <form class="naming" hidden><label><span></span><input maxlength="40" required autocomplete="off"></label>
        <button class="button small"></button><button type="button" class="button small" data-tune="never_mind"></button></form>
      <p class="moved"></p><p class="note" role="status"></p>`;
    for (const name of BUTTONS) this.#button(name).textContent = say(`tuning.${name}`);
    const form = this.#find(".naming");
    form.querySelector("span").textContent = say("tuning.name");
    form.querySelector("button").textContent = say("tuning.keep.do");
    this.#button("never_mind").textContent = say("intake.cancel");
    this.#find("input[type=file]").setAttribute("aria-label", say("tuning.load"));
    this.addEventListener("click", (event) => this.#pressed(/** @type {Element} */ (event.target).closest("[data-tune]")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#tell("keep", { name: form.querySelector("input").value });
      this.#name(false);
    });
    form.addEventListener("keydown", ({ key }) => { if (key === "Escape") this.#name(false); });
    this.#find("input[type=file]").addEventListener("change", ({ target }) => {
      const [file] = target.files;
      target.value = "";
      if (file) this.#tell("load", { file });
    });
    this.dispatchEvent(new Event("tuning", { bubbles: true }));
  }

  set state({ can_undo, can_redo, is_own, preset, moved }) {
    const off = (name, is_off) => this.#button(name).setAttribute("aria-disabled", String(is_off));
    off("undo", !can_undo);
    off("redo", !can_redo);
    this.#button("drop").hidden = !is_own;
    const chips = moved.map(({ name, value, kind }) => {
      const words = { name: kind.label, value: valueWords(value, kind) };
      return `<button type="button" class="chip" data-tune="put_back" data-name="${escaped(name)}" title="${escaped(say("tuning.reset", words))}"
        aria-label="${escaped(say("tuning.reset", words))}">${escaped(say("tuning.moved.one", words))} <span aria-hidden="true">↺</span></button>`;
    });
    const all = `<button type="button" class="chip all" data-tune="put_back">${escaped(say("tuning.reset.all", { preset }))}</button>`;
    this.#find(".moved").innerHTML = moved.length ? `${chips.join(" ")} ${all}` : escaped(say("tuning.moved.none", { preset }));
  }

  set note(text) {
    this.#find(".note").textContent = text;
  }

  #pressed(button) {
    const wanted = button?.getAttribute("data-tune");
    if (!wanted || button.getAttribute("aria-disabled") === "true") return;
    this.note = "";
    if (wanted === "keep") this.#name(true);
    else if (wanted === "never_mind") this.#name(false);
    else if (wanted === "load") this.#find("input[type=file]").click();
    else this.#tell(wanted, { name: button.dataset.name ?? null });
    if (!button.isConnected) this.#button("undo").focus();  // a chip that is gone leaves the keyboard nowhere
  }

  #name(is_asked) {
    const form = this.#find(".naming");
    form.hidden = !is_asked;
    form.querySelector("input").value = "";
    (is_asked ? form.querySelector("input") : this.#button("keep")).focus();
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #button(name) {
    return this.#find(`[data-tune=${name}]`);
  }

  #find(selector) {
    return /** @type {any} */ (this.querySelector(selector));
  }
}

/** "12 dB", "on", "Neural (best)". @param {unknown} value @param {{unit?: string, options?: string[], labels?: string[]}} kind */
export function valueWords(value, kind) {
  if (typeof value === "boolean") return say(value ? "tuning.on" : "tuning.off");
  if (kind.options) return kind.labels?.[kind.options.indexOf(String(value))] ?? String(value);
  return kind.unit ? `${value} ${kind.unit}` : String(value);
}

customElements.define("speech-tuning", SpeechTuning);
