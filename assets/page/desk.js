// The settings as the visitor moves them: presets, ours and their own; undo; what comes back next time; the link.

import * as memory from "./memory.js";
import { fromFile, known, NoPreset, PREFIX, tidy, toFile, withOne } from "./own-presets.js";
import { Past } from "./past.js";
import { fromAddress, same, Settings, toAddress } from "./settings.js";
import { say } from "./words.js";

const USUAL = "default";
export const FILE_KEYS = ["output_format", "subtype", "bitrate_kbps"];

/** Event "change": the settings have moved. */
export class Desk extends EventTarget {
  #settings;
  #facts;
  #presets;  // the element
  /** @type {any} */ #tuning = null;  // the element; Gradio makes it when it likes
  #past;
  #is_back = false;  // undone or redone: no new step

  /** @param {any} facts @param {any} presets <speech-presets> */
  constructor(facts, presets) {
    super();
    this.#facts = facts;
    this.#presets = presets;
    this.#settings = new Settings(facts.names, facts.defaults);
    this.#past = new Past(this.#stand());
    this.#settings.addEventListener("change", () => this.#moved());
    presets.addEventListener("chosen", ({ detail }) => this.choose(detail.name));
    window.speech = {
      settings: (values) => this.#settings.arrived(values),
      wanted: () => this.#settings.inOrder(),
    };
    document.addEventListener("tuning", ({ target }) => this.#tune(target));
    const made = document.querySelector("speech-tuning");
    if (made?.matches(":defined")) this.#tune(made);
  }

  get values() {
    return this.#settings.values;
  }

  get preset() {
    return this.#presets.value;
  }

  /** Without the file's format, which no preset moves and which makes no other result. @param {Record<string, unknown>} values */
  static sound(values) {
    return Object.fromEntries(Object.entries(values).filter(([name]) => !FILE_KEYS.includes(name)));
  }

  /** The settings of the address, else those of the last visit. */
  begin() {
    this.#offer();
    const { defaults } = this.#facts, asked = new URLSearchParams(location.search), kept = memory.settings();
    const told = known(fromAddress(location.search, defaults), this.#facts.kinds, defaults);
    const has_address = asked.has("preset") || Object.keys(told).length > 0;
    const preset = asked.get("preset") ?? (has_address ? USUAL : kept.preset) ?? USUAL;
    this.#presets.value = this.#of(preset) ? preset : USUAL;
    const values = has_address ? told : known(kept.values ?? {}, this.#facts.kinds, defaults);
    const start = { ...this.base, ...values };
    if (!same(start, defaults)) this.#settings.set(start);
    this.#past = new Past(this.#stand());
    this.#show();
  }

  /** All settings as the chosen preset has them. */
  get base() {
    return { ...this.#facts.defaults, ...this.#of(this.preset) };
  }

  /** @param {string} name */
  choose(name) {
    this.#past.close();
    this.#presets.value = name;
    this.#settings.set(Desk.sound(this.base));
    this.#past.close();
  }

  /** As they were for a result. @param {Record<string, unknown>} values @param {string} preset */
  back(values, preset) {
    this.#presets.value = this.#of(preset) ? preset : USUAL;
    this.#settings.set(values);
  }

  /** The address of this page with these settings. */
  get link() {
    const is_own = this.preset.startsWith(PREFIX);  // which nobody else has
    return toAddress(is_own ? USUAL : this.preset, this.values, is_own ? this.#facts.defaults : this.base);
  }

  // ---- what has moved -------------------------------------------------------------------------------------------

  #moved() {
    if (!this.#is_back) this.#past.note(this.#stand());
    memory.keepSettings(this.preset, this.values);
    this.#show();
    this.dispatchEvent(new Event("change"));
  }

  #stand() {
    return { preset: this.#presets.value || USUAL, values: { ...this.#settings.values } };
  }

  #travel({ preset, values }) {
    this.#is_back = true;
    this.back(values, preset);
    this.#is_back = false;
  }

  #show() {
    if (!this.#tuning) return;
    const base = this.base, moved = Object.keys(Desk.sound(base)).filter((name) => base[name] !== this.values[name]);
    this.#tuning.state = {
      can_undo: this.#past.can_undo, can_redo: this.#past.can_redo, is_own: this.preset.startsWith(PREFIX),
      preset: this.#presets.label, moved: moved.map((name) => ({ name, value: this.values[name], kind: this.#facts.kinds[name] })),
    };
  }

  #tune(element) {
    this.#tuning = element;
    const on = (name, does) => element.addEventListener(name, does);
    on("undo", () => this.#travel(this.#past.undo()));
    on("redo", () => this.#travel(this.#past.redo()));
    on("put_back", ({ detail }) => this.#settings.set(detail.name ? { [detail.name]: this.base[detail.name] } : Desk.sound(this.base)));
    on("keep", ({ detail }) => this.#keep(detail.name, Desk.sound(this.values)));
    on("drop", () => this.#drop());
    on("store", () => this.#store());
    on("load", ({ detail }) => this.#load(detail.file));
    this.#show();
  }

  // ---- own presets ----------------------------------------------------------------------------------------------

  /** @param {string} preset @returns {Record<string, unknown> | undefined} */
  #of(preset) {
    if (!preset.startsWith(PREFIX)) return Object.hasOwn(this.#facts.presets, preset) ? this.#facts.presets[preset].settings : undefined;
    const own = memory.presets(), name = preset.slice(PREFIX.length);
    return Object.hasOwn(own, name) ? known(own[name], this.#facts.kinds, this.#facts.defaults) : undefined;
  }

  /** All presets, to the element. */
  #offer() {
    const ours = Object.entries(this.#facts.presets).map(([name, { label, why }]) => ({ name, label, why }));
    const own = Object.keys(memory.presets()).map((name) => ({ name: PREFIX + name, label: name, why: say("presets.own") }));
    this.#presets.choices = [...ours, ...own];
  }

  #keep(text, values) {
    const name = tidy(text);
    if (!name) return;
    memory.keepPresets(withOne(memory.presets(), name, values));
    this.#offer();
    this.choose(PREFIX + name);
    this.#tuning.note = say(PREFIX + name === this.preset && this.#of(this.preset) ? "tuning.kept" : "tuning.kept.not", { name });
  }

  #drop() {
    const { [this.preset.slice(PREFIX.length)]: _, ...others } = memory.presets();
    memory.keepPresets(others);
    const values = this.values;
    this.#offer();
    this.back(values, USUAL);
    this.#tuning.note = say("tuning.dropped");
  }

  #store() {
    const name = this.#presets.label;
    const url = URL.createObjectURL(new Blob([toFile(name, Desk.sound(this.values))], { type: "application/json" }));
    Object.assign(document.createElement("a"), { href: url, download: `${name}.preset.json` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  /** @param {File} file */
  async #load(file) {
    try {
      const { name, settings } = fromFile(await file.text(), file.name);
      const found = Desk.sound(known(settings, this.#facts.kinds, this.#facts.defaults));
      if (!Object.keys(found).length) throw new NoPreset();
      this.#keep(name, { ...Desk.sound(this.#facts.defaults), ...found });
    } catch {
      this.#tuning.note = say("tuning.load.failed", { name: file.name });
    }
  }
}
