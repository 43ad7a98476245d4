// <speech-files>: several recordings and how far each is. It shows and tells; it fetches nothing.
//
//   files = [{id, name, state, fraction?, sentence?, bytes?, duration_s?, url?, download?}]
//     state     waiting | uploading | running | done | failed | cancelled
//     fraction  0…1 of what is under way. sentence: why it failed, or what is being done
//     url       of the result, to download (as `download`, else as the server says)
//   current = id   which one is being listened to
//   "listen", "retry", "remove" (which cancels what is under way) with the id, "zip" with the ids of those that are done

import { plural, say } from "./words.js";
import { clock, short, shown, sizeWords } from "./names.js";

const UNDER_WAY = new Set(["waiting", "uploading", "running"]);
const ICONS = {
  listen: "M8 5.1v13.8a1 1 0 0 0 1.5.86l11.3-6.9a1 1 0 0 0 0-1.72L9.5 4.24A1 1 0 0 0 8 5.1z",
  download: "M12 3a1 1 0 0 1 1 1v8.6l2.6-2.6a1 1 0 0 1 1.4 1.4l-4.3 4.3a1 1 0 0 1-1.4 0L7 11.4A1 1 0 0 1 8.4 10l2.6 2.6V4a1 1 0 0 1 1-1zM4 18a1 1 0 0 1 1 1h14a1 1 0 1 1 2 0 2 2 0 0 1-2 2H5a2 2 0 0 1-2-2 1 1 0 0 1 1-1z",
  retry: "M12 4.5a7.5 7.5 0 0 1 5.6 2.5V5a1 1 0 1 1 2 0v4.8a1 1 0 0 1-1 1h-4.8a1 1 0 1 1 0-2h2.7A5.5 5.5 0 1 0 17.3 13.6a1 1 0 1 1 1.9.6A7.5 7.5 0 1 1 12 4.5z",
  remove: "M6.3 6.3a1 1 0 0 1 1.4 0l4.3 4.3 4.3-4.3a1 1 0 1 1 1.4 1.4L13.4 12l4.3 4.3a1 1 0 0 1-1.4 1.4L12 13.4l-4.3 4.3a1 1 0 0 1-1.4-1.4l4.3-4.3-4.3-4.3a1 1 0 0 1 0-1.4z",
};
const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

const ROW = `
<div class="si-facts"><p class="si-name"></p><p class="si-calm si-state"></p></div>
<div class="si-does">
  <button type="button" class="si-tool" data-do="retry">${icon("retry")}</button>
  <button type="button" class="si-tool" data-do="listen">${icon("listen")}</button>
  <a class="si-tool" data-do="download" download>${icon("download")}</a>
  <button type="button" class="si-tool" data-do="remove">${icon("remove")}</button>
</div>
<div class="si-bar" aria-hidden="true"><div></div></div>`;

export class SpeechFiles extends HTMLElement {
  #files = [];
  #current = null;
  /** @type {Map<string, HTMLElement>} */ #rows = new Map();
  /** @type {AbortController | null} */ #ending = null;

  get files() {
    return this.#files;
  }

  set files(files) {
    this.#files = (files ?? []).map((file) => ({ ...file }));
    if (this.#ending) this.#draw();
  }

  get current() {
    return this.#current;
  }

  set current(id) {
    this.#current = id;
    if (this.#ending) this.#draw();
  }

  connectedCallback() {
    this.#ending = new AbortController();
    this.#rows.clear();
    this.innerHTML = `
      <div class="si-head"><p class="si-summary" role="status"></p>
        <button type="button" class="si-button" data-do="zip">${icon("download")}<span>${say("intake.zip")}</span></button></div>
      <ul aria-label="${say("intake.list")}"></ul>`;
    for (const name of ["files", "current"]) {  // what was set before this file had come
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.addEventListener("click", (event) => this.#pressed(event), { signal: this.#ending.signal });
    this.#draw();
  }

  disconnectedCallback() {
    this.#ending?.abort();
    this.#ending = null;
  }

  #pressed(event) {
    const button = event.target.closest?.("button[data-do]");
    if (!button) return;
    const does = button.dataset.do;
    if (does === "zip") return this.#tell("zip", this.#done().map((file) => file.id));
    const row = button.closest("li");
    this.#tell(does, this.#files.find((file) => String(file.id) === row.dataset.id)?.id);
  }

  #done() {
    return this.#files.filter((file) => file.state === "done");
  }

  #draw() {
    const list = this.querySelector("ul");
    const focused = /** @type {HTMLElement | null} */ (list.contains(document.activeElement) ? document.activeElement : null);
    const [at, does] = [[...list.children].findIndex((row) => row.contains(focused)), focused?.dataset.do];
    const ids = new Set(this.#files.map((file) => String(file.id)));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    this.#files.forEach((file, i) => {
      const row = this.#row(String(file.id));
      if (list.children[i] !== row) list.insertBefore(row, list.children[i] ?? null);
      this.#fill(row, file);
    });
    this.#summary();
    if (focused) this.#keepFocus(list, focused, at, does);
  }

  /** A row went, or its button did: the same button nearby, or another of the row. */
  #keepFocus(list, focused, at, does) {
    const usable = (element) => element?.isConnected && !element.hidden;
    if (usable(focused)) return document.activeElement === focused ? null : focused.focus({ preventScroll: true });
    const row = focused.isConnected ? focused.closest("li") : list.children[Math.min(at, list.children.length - 1)];
    const all = [...(row?.querySelectorAll("[data-do]") ?? [])].filter(usable);
    const next = /** @type {HTMLElement | undefined} */ (all.find((button) => button.dataset.do === does) ?? all[0]);
    if (next) return next.focus({ preventScroll: true });
    this.tabIndex = -1;
    this.focus({ preventScroll: true });
  }

  #row(id) {
    const known = this.#rows.get(id);
    if (known) return known;
    const row = document.createElement("li");
    row.dataset.id = id;
    row.innerHTML = ROW;
    this.#rows.set(id, row);
    return row;
  }

  #fill(row, file) {
    const find = (selector) => row.querySelector(selector);
    const name = short(file.name);
    row.dataset.state = file.state;
    put(find(".si-name"), name);
    find(".si-name").title = shown(file.name);
    put(find(".si-state"), this.#said(file));
    const moving = ["uploading", "running"].includes(file.state);
    find(".si-bar").dataset.moving = String(moving);
    find(".si-bar div").style.transform = `scaleX(${moving ? clamped(file.fraction) : 0})`;
    const shows = { retry: ["failed", "cancelled"], listen: ["done"], download: file.url ? ["done"] : [], remove: null };
    for (const [does, states] of Object.entries(shows)) {
      const button = find(`[data-do=${does}]`);
      button.hidden = Boolean(states) && !states.includes(file.state);
      const key = does === "remove" && UNDER_WAY.has(file.state) ? "cancel_file" : does;
      const label = say(`intake.${key}`, { name });
      if (button.title !== label) {
        button.title = label;
        button.setAttribute("aria-label", label);
      }
    }
    const listening = this.#current !== null && String(this.#current) === String(file.id);
    row.toggleAttribute("data-current", listening);
    find("[data-do=listen]").setAttribute("aria-pressed", String(listening));
    if (file.url) {
      find("[data-do=download]").href = file.url;
      find("[data-do=download]").download = file.download ?? "";
    }
  }

  /** @returns {string} */
  #said(file) {
    const language = document.documentElement.lang || "en";
    const percent = Math.floor(clamped(file.fraction) * 100);
    const facts = [file.duration_s && clock(file.duration_s), file.bytes && sizeWords(file.bytes, language)].filter(Boolean);
    switch (file.state) {
      case "uploading": return say("intake.state.uploading", { percent });
      case "running": return `${file.sentence || say("intake.state.running")} · ${say("intake.percent", { percent })}`;
      case "failed": return file.sentence || say("intake.state.failed");
      default: return [say(`intake.state.${file.state}`), ...facts].join(" · ");
    }
  }

  #summary() {
    const [all, done] = [this.#files.length, this.#done().length];
    const failed = this.#files.filter((file) => file.state === "failed").length;
    const said = all ? [say("intake.summary", { done, all }), failed && plural("intake.summary.failed", failed)] : [];
    put(this.querySelector(".si-summary"), said.filter(Boolean).join(" · "));
    const zip = /** @type {HTMLElement} */ (this.querySelector("[data-do=zip]"));
    const had = document.activeElement === zip;
    zip.inert = done < 2;
    zip.classList.toggle("si-unseen", done < 2);  // its place is kept
    if (had && done < 2) this.querySelector("li button:not([hidden])")?.focus({ preventScroll: true });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

const clamped = (fraction) => Math.min(1, Math.max(0, fraction ?? 0));

/** Only what is new: a live region speaks at every change. */
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

customElements.define("speech-files", SpeechFiles);
