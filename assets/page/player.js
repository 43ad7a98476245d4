// <speech-player>: one recording before and after the work, and what was removed, at one position and equal loudness.
//
//   player.media = {…, gain_db}     what the server says of a finished job; null empties it
//   player.stretch = {…, start_s, length_s} | null    made anew: replaces "after" and "removed" there
//   player.heard  "before" | "after" | "removed"; player.amount 0 … 100; player.equal; player.passage; player.position_s
//   player.play(), pause(), seek(s); player.playing
//   events: "amount" {percent}, "position" {s}, "heard" {heard}, "playing" {playing}

import { helpDialog } from "./help.js";
import { command, isOurs } from "./keys.js";
import { layout } from "./layout.js";
import { Recording } from "./recording.js";
import { Stage } from "./stage.js";
import { clamp, clock, passage, RATE, whole } from "./timeline.js";
import { Transport } from "./transport.js";
import { say } from "./words.js";

const STEP_S = 5, PAGE_S = 30, PASSAGE_S = 5, TELL_MS = 250, PATIENT_MS = 300;
const HEARD = ["before", "after", "removed"];

let count = 0;
/** @type {Set<SpeechPlayer>} the one that was used last takes the keys of the page */
const players = new Set();

export class SpeechPlayer extends HTMLElement {
  static observedAttributes = ["media"];

  #transport = new Transport();
  /** @type {Recording | null} */
  #open = null;
  /** @type {import("./mixing.js").Heard} */
  #heard = "after";
  #amount = 100;
  #equal = true;
  /** @type {Stage | null} */
  #stage = null;
  #ending = new AbortController();
  #by_pointer = false;
  #told_ms = 0;
  #frame = 0;
  #patience = 0;
  #asleep = false;

  // ---- for the page -------------------------------------------------------------------------------------------

  get media() {
    return this.#open?.media ?? null;
  }

  set media(media) {
    const same = media && this.media && Math.abs(media.duration_s - this.media.duration_s) < 0.01;
    const position_s = same ? this.position_s : 0;
    if (!same) this.#transport.pause(), (this.#transport.passage = null);
    this.#open?.close();
    this.#open = media ? new Recording(media) : null;
    this.#open?.addEventListener("trouble", () => this.#said());
    this.#open?.addEventListener("change", () => this.#stage?.redraw());
    if (!same) this.#transport.load([], 0);
    this.#load();
    if (!same) this.#transport.seek(position_s * RATE);
    this.#show(!same);
  }

  get stretch() {
    return this.#open?.stretch ?? null;
  }

  set stretch(media) {
    const swap = () => { this.#load(); this.#stage?.redraw(); };
    this.#open?.replace(media, this.playing ? this.#transport.position : null, swap);
  }

  get playing() {
    return this.#transport.state !== "paused";
  }

  get position_s() {
    return this.#transport.position / RATE;
  }

  set position_s(s) {
    this.seek(s);
  }

  get heard() {
    return this.#heard;
  }

  set heard(heard) {
    if (!HEARD.includes(heard) || heard === this.#heard) return;
    this.#heard = heard;
    this.#mix();
    this.#mark();
    this.#stage?.redraw();
    this.#tell("heard", { heard });
  }

  get amount() {
    return this.#amount;
  }

  set amount(percent) {
    this.#amount = clamp(Math.round(percent), 0, 100);
    this.#mix();
    this.#mark();
    this.#stage?.redraw();
  }

  get equal() {
    return this.#equal;
  }

  set equal(equal) {
    this.#equal = Boolean(equal);
    this.#mix();
    this.#mark();
    this.#stage?.redraw();
  }

  /** @returns {import("./timeline.js").Passage | null} */
  get passage() {
    const found = this.#transport.passage;
    return found && { start_s: found[0] / RATE, end_s: found[1] / RATE };
  }

  set passage(wanted) {
    const found = wanted && passage(wanted.start_s, wanted.end_s, this.#duration_s);
    this.#transport.passage = found && [Math.round(found.start_s * RATE), Math.round(found.end_s * RATE)];
    if (this.#stage) this.#stage.passage = found;
    this.#mark();
  }

  /** To be called within a press, as every browser demands. */
  play() {
    if (this.#open) this.#transport.play();
  }

  pause() {
    this.#transport.pause();
  }

  seek(s) {
    this.#transport.seek(clamp(s, 0, this.#duration_s) * RATE);
    this.#stage?.reveal(this.position_s);
  }

  /** Bytes of decoded sound in memory. */
  get held_bytes() {
    return this.#open?.held_bytes ?? 0;
  }

  // ---- life ---------------------------------------------------------------------------------------------------

  attributeChangedCallback(_name, _old, text) {
    this.media = text ? JSON.parse(text) : null;
  }

  connectedCallback() {
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    this.innerHTML = layout(`speech-player-${++count}`);
    set(this, "role", "region");
    set(this, "aria-label", say("player.label"));
    this.help = helpDialog();
    this.append(this.help);
    this.#stage = new Stage(this.#find(".sp-stage"), this.#find(".sp-scroll"), this.#pictures());
    this.#listen(signal);
    players.add(this);
    for (const name of ["media", "stretch", "heard", "amount", "equal", "passage"]) this.#taken(name);
    this.#mix();
    this.#show(true);
  }

  disconnectedCallback() {
    players.delete(this);
    this.#ending.abort();
    this.#transport.pause();
    this.#stage?.close();
    this.#stage = null;
    cancelAnimationFrame(this.#frame);
    queueMicrotask(() => {  // unless it was only moved to another place
      if (this.isConnected) return;
      this.#transport.close();
      this.#open?.close();
      this.#open = null;
    });
  }

  /** What was set before this file had come. */
  #taken(name) {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete this[name];
    this[name] = value;
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const on = (target, name, take) => target.addEventListener(name, take, { signal });
    on(this.#transport, "state", () => this.#changed());
    on(this.#transport, "moved", () => this.#moved(true));
    on(this.#transport, "asleep", () => { this.#asleep = true; this.#said(); });
    on(this, "click", (event) => this.#clicked(event));
    on(this, "pointerdown", () => { this.#by_pointer = true; players.delete(this); players.add(this); });
    on(document, "keydown", (event) => this.#pressed(event));
    on(this.#find(".sp-equal input"), "change", (event) => { this.equal = event.target.checked; });
    on(this.#find(".sp-amount input"), "input", (event) => {
      this.amount = Number(event.target.value);
      this.heard = "after";  // nothing else has an amount
      this.#tell("amount", { percent: this.#amount });
    });
    on(this.#find(".sp-again"), "click", () => this.#open?.retry());
    on(this.#stage, "seek", ({ detail }) => this.seek(detail.s));
    on(this.#stage, "passage", ({ detail }) => {
      if (detail.done) this.passage = detail.passage;
      else this.#stage.passage = detail.passage;
    });
    on(this.#stage, "view", () => this.#mark());
  }

  // ---- what is pressed ----------------------------------------------------------------------------------------

  #clicked(event) {
    const button = event.target.closest("button");
    if (!button || !this.contains(button)) return;
    const { heard, view, do: wanted } = button.dataset;
    if (heard) this.heard = heard;
    if (view) this.#view(view);
    if (wanted) this.#does(wanted);
  }

  #pressed(event) {
    if (event.key === "Tab") this.#by_pointer = false;
    const target = event.target instanceof Element ? event.target : document.body;
    const meant = command(event);
    if (event.defaultPrevented || this.help.open || ![...players].at(-1)?.isSameNode(this) && !this.contains(target)) return;
    if (meant && isOurs(target, this, meant) && !this.#ownKey(event, target, meant)) {
      event.preventDefault();
      this.#does(meant);
    } else if (target.closest(".sp-stage") && this.contains(target)) this.#paged(event);
  }

  /** Keys that the part which has the focus needs itself; one that was only clicked needs none. */
  #ownKey(event, target, meant) {
    if (!this.contains(target)) return false;
    if (target.matches("input[type=range]")) return ["back", "on", "start", "end"].includes(meant);
    if (meant === "clear") return !this.passage;
    const button = target.closest("button");
    if (this.#by_pointer) return false;
    if (button?.matches("[role=radio]")) {
      const by = { back: -1, on: 1 }[meant];
      if (by) this.#chooseNext(button, by), event.preventDefault();
      return Boolean(by) || (meant === "toggle" && !button.matches("[aria-checked=true]"));
    }
    return meant === "toggle" && Boolean(button || target.matches("input[type=checkbox]"));
  }

  #chooseNext(button, by) {
    const all = [...button.parentElement.children];
    const next = all[(all.indexOf(button) + by + all.length) % all.length];
    next.click();
    next.focus();
  }

  #paged(event) {
    const by = { PageUp: -PAGE_S, PageDown: PAGE_S, ArrowUp: STEP_S, ArrowDown: -STEP_S }[event.key];
    if (!by) return;
    event.preventDefault();
    this.seek(this.position_s + by);
  }

  #does(wanted) {
    const swap = () => { this.heard = this.#heard === "before" ? "after" : "before"; };
    const zoom = (factor) => this.#stage.zoom(factor);
    ({
      toggle: () => (this.playing ? this.pause() : this.play()),
      before: () => { this.heard = "before"; },
      after: () => { this.heard = "after"; },
      removed: () => { this.heard = "removed"; },
      swap,
      back: () => this.seek(this.position_s - STEP_S),
      on: () => this.seek(this.position_s + STEP_S),
      start: () => this.seek(0),
      end: () => this.seek(this.#duration_s),
      loop: () => { this.passage = this.passage ? null : this.#nextPassage(); },
      loop_start: () => this.#bound(this.position_s, this.passage?.end_s ?? this.position_s + PASSAGE_S),
      loop_end: () => this.#bound(this.passage?.start_s ?? this.position_s - PASSAGE_S, this.position_s),
      clear: () => { this.passage = null; },
      closer: () => zoom(2),
      wider: () => zoom(0.5),
      whole: () => { this.#stage.view = whole(this.#duration_s); },
      help: () => this.help.showModal(),
    })[wanted]?.();
  }

  /** From here five seconds on; at the very end the last five. */
  #nextPassage() {
    const start_s = Math.max(0, Math.min(this.position_s, this.#duration_s - PASSAGE_S));
    return { start_s, end_s: start_s + PASSAGE_S };
  }

  /** A passage with a new end; one that would end before it begins is begun anew. */
  #bound(start_s, end_s) {
    if (end_s > start_s) this.passage = { start_s, end_s };
  }

  #view(kind) {
    this.#stage.kind = kind;
    for (const button of this.#all("[data-view]")) check(button, button.dataset.view === kind);
  }

  // ---- what sounds --------------------------------------------------------------------------------------------

  get #duration_s() {
    return this.media?.duration_s ?? 0;
  }

  #load() {
    this.#mix();
    this.#transport.load(this.#open?.voices() ?? [], this.#open?.total ?? 0);
  }

  #mix() {
    if (this.#open) this.#transport.gains = this.#open.gains(this.#heard, this.#amount, this.#equal);
  }

  /** @returns {import("./stage.js").Pictures} */
  #pictures() {
    return {
      layers: (colours, from_s, to_s) =>
        this.#open?.layers(this.#heard, this.#equal, colours, from_s, to_s) ?? { layers: [], scale: 1 },
      spectrograms: () => this.#open?.spectrograms(this.#heard) ?? [],
      hz: () => this.media?.spectrogram ?? null,
    };
  }

  // ---- what is seen -------------------------------------------------------------------------------------------

  #find(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }

  #input(selector) {
    return /** @type {HTMLInputElement} */ (this.querySelector(selector));
  }

  #all(selector) {
    return /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll(selector));
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  #show(anew) {
    if (!this.#stage) return;
    if (anew) this.#stage.show(this.#duration_s), (this.#stage.passage = this.passage);
    this.toggleAttribute("empty", !this.media);
    for (const part of this.#all("button, input")) {
      part.toggleAttribute("disabled", !this.media && !this.help.contains(part));
    }
    this.#mark();
    this.#moved(false);
    this.#said();
    this.#stage.redraw();
  }

  #changed() {
    if (this.#transport.state === "playing") this.#asleep = false;
    this.#tell("playing", { playing: this.playing });
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#said(), PATIENT_MS);
    cancelAnimationFrame(this.#frame);
    const step = () => {
      this.#moved(false);
      if (this.playing) this.#frame = requestAnimationFrame(step);
    };
    step();
    this.#mark();
    if (!this.playing) this.#moved(true);
  }

  /** Playhead and clock; others are told now and then, or at once after a jump. */
  #moved(at_once) {
    if (!this.#stage) return;
    const s = Math.min(this.position_s, this.#duration_s);
    this.#stage.at(s, this.playing);
    const now = this.#find(".sp-now"), text = clock(s);
    if (now.textContent !== text) {
      now.textContent = text;
      const area = this.#find(".sp-stage");
      set(area, "aria-valuenow", s.toFixed(0));
      set(area, "aria-valuetext", say("player.time", { position: text, duration: clock(this.#duration_s) }));
    }
    if (this.#asleep && this.#transport.running) this.#asleep = false, this.#said();
    if (!at_once && performance.now() - this.#told_ms < TELL_MS) return;
    this.#told_ms = performance.now();
    if (this.media) this.#tell("position", { s });
  }

  /** Buttons, switch and slider as things are. */
  #mark() {
    if (!this.#stage) return;
    this.dataset.state = this.#transport.state;
    this.dataset.heard = this.#heard;
    set(this.#find(".sp-play"), "aria-label", say(this.playing ? "player.pause" : "player.play"));
    for (const button of this.#all("[data-heard]")) check(button, button.dataset.heard === this.#heard);
    this.#input(".sp-equal input").checked = this.#equal;
    const slider = this.#input(".sp-amount input");
    slider.value = String(this.#amount);
    slider.style.setProperty("--sp-part", `${this.#amount}%`);
    const percent = say("player.amount.value", { percent: this.#amount });
    this.#find(".sp-percent").textContent = percent;
    set(slider, "aria-valuetext", percent);
    const loop = this.#find(".sp-loop");
    set(loop, "aria-pressed", Boolean(this.passage));
    loop.title = say(this.passage ? "player.loop.clear" : "player.loop.set");
    this.#find(".sp-all").textContent = clock(this.#duration_s);
    set(this.#find(".sp-stage"), "aria-valuemax", this.#duration_s.toFixed(0));
  }

  /** What is to be known: in words, over the picture, so that nothing moves. */
  #said() {
    if (!this.#stage) return;
    const trouble = this.#open?.trouble ?? null;
    const waits = this.#transport.state === "waiting" ? "loading" : null;
    const key = this.media ? trouble ?? (this.#asleep ? "asleep" : waits) : "empty";
    this.#find(".sp-said").textContent = key ? say(`player.${key}`) : "";
    this.#find(".sp-again").hidden = key !== "damaged" && key !== "gone";
  }
}

const set = (element, name, value) => element.setAttribute(name, String(value));

function check(button, checked) {
  set(button, "aria-checked", checked);
  button.tabIndex = checked ? 0 : -1;
}

/** The element is not shown before its looks are there: nothing jumps. */
async function styled() {
  if (document.querySelector("link[href$='player.css']")) return;
  const href = new URL("./player.css", import.meta.url).href;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  const there = new Promise((resolve) => { link.onload = link.onerror = resolve; });
  document.head.append(link);
  await there;
}

await styled();
if (!customElements.get("speech-player")) customElements.define("speech-player", SpeechPlayer);
