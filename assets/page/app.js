// <speech-app>: the page's main job. It holds the parts together; what each of them does is in its own file.
//
//   <speech-app facts='{"names": […], "defaults": {…}, "presets": {…}, "formats": […], "max_bytes": …, "examples": […]}'>

import "./files.js";
import "./gradio-words.js";
import "./intake.js";
import "./language.js";
import "./presets.js";
import "./progress.js";
import "./result.js";
import "./tuning.js";
import { Batch } from "./batch.js";
import { Desk, FILE_KEYS } from "./desk.js";
import { Early } from "./early.js";
import { Following } from "./following.js";
import * as memory from "./memory.js";
import { begin, end, look, Lost } from "./server.js";
import { same } from "./settings.js";
import { factsIn, translated } from "./translated.js";
import { Versions } from "./versions.js";
import { say } from "./words.js";

const PREVIEW_S = 10, PREVIEW_AFTER_MS = 500, GENTLE = "gentle";
const OF_NO_USE = new Set([413, 422]);  // the recording: no settings change that

export class SpeechApp extends HTMLElement {
  #facts = null;
  /** @type {Desk} */ #desk;
  #recording = null;  // {path, name}
  #of = "";  // names the recording among the work that is remembered
  #versions = new Versions();
  /** @type {Early | null} */ #early = null;
  /** @type {Batch | null} */ #batch = null;  // of several
  #following = null;
  #asked = null;  // what the shown job was asked for
  #stopped = false;  // before the server had answered the order
  #preview = 0;
  #previewing = null;

  connectedCallback() {
    this.#facts = factsIn(JSON.parse(this.getAttribute("facts")));
    this.innerHTML = `<speech-intake></speech-intake>
      <div class="order"><speech-presets></speech-presets>
        <div class="act"><button type="button" id="enhance-button" class="button primary"></button>
          <button type="button" id="cancel-button" class="button" hidden></button></div>
        <speech-files hidden></speech-files></div>
      <div class="outcome"><speech-progress id="status"></speech-progress>
        <speech-result id="results"></speech-result></div>`;
    const { presets, formats, max_bytes, max_s, examples } = this.#facts;
    this.#desk = new Desk(this.#facts, this.#part("presets"));
    this.#part("intake").max_bytes = max_bytes;
    this.#part("intake").max_s = max_s;
    this.#part("intake").examples = examples;
    this.#part("result").formats = formats;
    this.#part("result").presets = presets;
    this.#find("#enhance-button").textContent = say("work.enhance");
    this.#find("#cancel-button").textContent = say("work.stop");
    this.#listen();
    this.#begin();
    this.#mark();
    // Gradio's parts come one by one, each moving the others; they are shown together (web/theme.py, EARLY).
    requestAnimationFrame(() => requestAnimationFrame(() => document.body.classList.add("ready")));
  }

  disconnectedCallback() {
    this.#following?.stop();
    this.#previewing?.stop();
    this.#early?.stop();
  }

  #find(selector) {
    return /** @type {any} */ (this.querySelector(selector));
  }

  /** @param {"intake" | "presets" | "progress" | "files" | "result"} name */
  #part(name) {
    return this.#find(`speech-${name}`);
  }

  #listen() {
    const on = (part, name, does) => part.addEventListener(name, does);
    on(this, "given", ({ detail }) => this.#given(detail.files));
    on(this, "cleared", () => this.#cleared());
    on(this, "example", ({ detail }) => this.#example(detail));
    on(this.#desk, "change", () => this.#compare());
    on(this.#find("#enhance-button"), "click", () => this.#enhance());
    on(this.#find("#cancel-button"), "click", () => this.#cancel());
    on(this.#part("progress"), "again", () => this.#enhance());
    on(this.#part("progress"), "choose", () => this.#part("intake").choose());
    on(this.#part("result"), "apply", () => this.#enhance());
    on(this.#part("result"), "back", () => this.#back());
    on(this.#part("result"), "gentle", () => { this.#desk.choose(GENTLE); this.#enhance(); });
    on(this.#part("result"), "version", ({ detail }) => this.#show(this.#versions.choose(detail.index)));
    on(this.#part("result"), "new", () => this.#anew());
    on(this.#part("result"), "link", () => this.#copyLink());
    on(this.#part("files"), "listen", ({ detail }) => this.#listenTo(detail));
    on(this.#part("files"), "retry", ({ detail }) => this.#batch?.retry(detail));
    on(this.#part("files"), "remove", ({ detail }) => this.#batch?.remove(detail));
    on(this.#part("files"), "zip", () => { location.href = this.#batch?.zip ?? ""; });
  }

  // ---- how it begins --------------------------------------------------------------------------------------------

  /** The settings of the address or of the last visit; and the work that is still there. */
  #begin() {
    this.#desk.begin();
    const [job, ...earlier] = memory.jobs();
    this.toggleAttribute("expecting", Boolean(job));  // its place is kept free
    if (!job) return;
    this.#of = job.of ?? "";
    this.#follow(job.token, true);
    for (const one of earlier) if (this.#of && one.of === this.#of) this.#recall(one);
  }

  /** An earlier version of what is shown. @param {memory.Kept} kept */
  async #recall({ token, of, preset }) {
    const job = await look(token).catch(() => null);
    if (job?.state !== "done" || of !== this.#of) return;
    this.#versions.addEarlier({ job, asked: this.#askedOf(job), preset: preset ?? "default" });
    this.#part("result").versions = this.#versions;
  }

  // ---- what is given --------------------------------------------------------------------------------------------

  #given(files) {
    this.#forgetResult();
    this.#recording = files[0] ?? null;
    this.#of = newName();
    this.#part("progress").job = null;
    if (files.length > 1) {
      const batch = (this.#batch = new Batch(files));
      batch.addEventListener("change", () => { if (this.#batch === batch) this.#showBatch(); });
      this.#showBatch();
    }
    this.#mark();
    if (this.#recording) this.#find("#enhance-button").focus({ preventScroll: true });
  }

  #cleared() {
    this.#recording = null;
    this.#forgetResult();
    this.#mark();
  }

  /** Heard at once: it was made beforehand. */
  async #example(name) {
    this.#forgetResult();
    this.#recording = null;
    try {
      const job = await look(name);
      this.#part("result").job = job;
      this.#part("result").reveal();
    } catch (fault) {
      this.#part("progress").fault = fault;
    }
    this.#mark();
  }

  #anew() {
    for (const { job } of this.#versions.all) memory.dropJob(job.job);
    this.#forgetResult();
    this.#part("intake").clear();
    this.#part("intake").scrollIntoView({ block: "start" });
  }

  #forgetResult() {
    this.#batch?.cancel();
    this.#batch?.close();
    this.#batch = null;
    this.#part("files").hidden = true;
    this.#following?.stop();
    this.#following = null;
    this.#endEarly();
    this.#versions.clear();
    this.#of = "";
    this.#part("progress").job = null;
    this.#part("result").job = null;
    this.#busy(false);  // what was under way goes on without being watched
    this.#asked = null;
  }

  // ---- settings -------------------------------------------------------------------------------------------------

  /** Whether the result is one of these settings; else ten seconds of it are made with them. */
  #compare() {
    const result = this.#part("result");
    if (!this.#asked || !result.job) return;
    result.is_older = !same(Desk.sound(this.#desk.values), Desk.sound(this.#asked));
    clearTimeout(this.#preview);
    this.#previewing?.stop();
    if (result.is_older) this.#preview = setTimeout(() => this.#try(), PREVIEW_AFTER_MS);
  }

  async #try() {
    const result = this.#part("result"), job = result.job, { duration_s } = job.media;
    const start_s = Math.max(0, Math.min(result.player.position_s - PREVIEW_S / 4, duration_s - PREVIEW_S));
    try {
      const stretch = [start_s, Math.min(PREVIEW_S, duration_s)];
      const token = await begin({ ...this.#order(), output_format: "flac", like: job.job, stretch, file: null });
      this.#previewing = new Following(token);
      this.#previewing.addEventListener("change", ({ detail }) => {
        if (detail.state === "done" && result.job === job && result.is_older) result.preview = detail;
      });
    } catch {
      // the note says already that the result is an older one
    }
  }

  // ---- work -----------------------------------------------------------------------------------------------------

  #order() {
    const { output_format, subtype, bitrate_kbps, ...settings } = this.#desk.values;
    const { path, name } = this.#recording ?? {};
    return { file: path, name, settings, output_format, subtype, bitrate_kbps, listens: true };
  }

  async #enhance() {
    const shown = this.#part("result").job;
    if (!this.#recording && !shown) {
      this.#part("progress").fault = { message: say("work.nothing"), suggestion: say("work.nothing.why"), choose: say("intake.choose") };
      return;
    }
    if (this.hasAttribute("busy")) return;
    if (this.#batch) {
      this.#batch.start({ ...this.#order(), file: undefined, name: undefined });
      return;
    }
    const order = this.#recording ? this.#order() : { ...this.#order(), file: null, like: shown.job };
    this.#stopped = false;
    this.#busy(true);
    this.#part("progress").job = { state: "waiting", stage: translated("Starting…"), fraction: 0, before: 0 };
    this.#part("progress").scrollIntoView({ block: "nearest" });
    try {
      const token = await begin(order);
      const name = this.#recording?.name ?? shown.name;
      this.#of ||= newName();
      memory.keepJob({ token, name, at: Date.now(), of: this.#of, preset: this.#desk.preset });
      this.#follow(token, false);
      if (this.#stopped) this.#cancel();
    } catch (fault) {
      this.#busy(false);
      this.#part("progress").fault = fault instanceof Lost ? { message: say("work.lost"), suggestion: say("work.lost.try") } : fault;
    }
  }

  #follow(token, is_old) {
    this.#following?.stop();
    const following = (this.#following = new Following(token)), progress = this.#part("progress");
    this.#endEarly();
    if (!is_old) this.#busy(true);
    following.addEventListener("change", ({ detail }) => this.#look(detail, is_old));
    following.addEventListener("lost", () => { progress.lost = true; });
    following.addEventListener("gone", ({ detail }) => {
      this.#following = null;
      memory.dropJob(token);
      this.#busy(false);
      if (!is_old) progress.fault = detail;
    });
  }

  #look(job, is_old) {
    const progress = this.#part("progress");
    if (job.state === "waiting" || job.state === "running") {
      this.#busy(true);
      progress.job = job;
      if (!this.#versions.shown) this.#hearEarly(job);
      return;
    }
    this.#following = null;
    this.#endEarly(job.state === "done");
    this.#busy(false);
    if (job.state === "failed" && OF_NO_USE.has(job.error?.status)) this.#part("intake").clear();
    progress.job = job.state === "done" || is_old ? null : job;
    if (job.state === "done") this.#done(job, is_old);
    else memory.dropJob(job.job);
  }

  #done(job, is_old) {
    const { preset } = memory.jobs().find(({ token }) => token === job.job) ?? this.#desk;
    this.#versions.add({ job, asked: this.#askedOf(job), preset: preset ?? "default" });
    this.#show(this.#versions.shown);
    if (!is_old) this.#part("result").reveal();
  }

  /** @param {import("./versions.js").Version | null} version */
  #show(version) {
    if (!version) return;
    this.#asked = version.asked;
    this.#part("result").job = version.job;
    this.#part("result").versions = this.#versions;
    this.#mark();
    this.#compare();
  }

  /** All settings of a job; the page's for what only its file has. */
  #askedOf(job) {
    const of_file = Object.fromEntries(FILE_KEYS.map((name) => [name, this.#desk.values[name]]));
    return { ...of_file, ...job.settings, output_format: job.output_format };
  }

  /** The settings as they were for what is shown. */
  #back() {
    const shown = this.#versions.shown;
    if (shown) this.#desk.back(Desk.sound(shown.asked), shown.preset);
  }

  /** While long work runs, its first seconds can be heard. */
  #hearEarly(job) {
    this.#early ??= new Early((stretch) => {
      if (!this.hasAttribute("busy")) return;
      this.toggleAttribute("early", true);
      this.#part("result").early = stretch;
    });
    this.#early.look(job);
  }

  /** @param {boolean} [is_done] the whole takes its place */
  #endEarly(is_done = false) {
    this.#early?.stop();
    this.#early = null;
    this.toggleAttribute("early", false);
    if (!is_done) this.#part("result").early = null;
  }

  // ---- several --------------------------------------------------------------------------------------------------

  #showBatch() {
    this.#part("files").hidden = false;
    this.#part("files").files = this.#batch.files;
    this.#busy(this.#batch.busy);
  }

  #listenTo(id) {
    const job = this.#batch?.files.find((one) => one.id === id)?.job;
    if (!job) return;
    this.#part("files").current = id;
    this.#done(job, false);
  }

  #cancel() {
    this.#batch?.cancel();
    const token = this.#following?.token;
    this.#stopped = !token;
    if (token) end(token).catch(() => {});
  }

  #busy(busy) {
    this.removeAttribute("expecting");
    const enhance = this.#find("#enhance-button"), cancel = this.#find("#cancel-button");
    enhance.textContent = say(busy ? "work.working" : "work.enhance");
    if (!busy && document.activeElement === cancel) enhance.focus({ preventScroll: true });  // which goes from under it
    cancel.hidden = !busy;
    this.toggleAttribute("busy", busy);
    this.#mark();
  }

  #mark() {
    const busy = this.hasAttribute("busy"), result = this.#part("result");
    const given = Boolean(this.#recording || (result.job && this.#asked));  // an earlier visit's can be made anew, too
    this.#find("#enhance-button").setAttribute("aria-disabled", String(!given || busy));
    this.toggleAttribute("given", given);
    this.toggleAttribute("done", Boolean(result.job));
    // What comes next is no more to enhance, but to listen, or to take what was made.
    const all = this.#batch && !busy && this.#batch.files.some(({ state }) => state === "done");
    this.toggleAttribute("made", Boolean(this.#batch ? all : result.job));
  }

  async #copyLink() {
    const { link } = this.#desk, button = this.#find("[data-do=link]");
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      prompt(say("result.link"), link);  // without HTTPS there is no clipboard to write to
    }
    button.textContent = say("result.link.done");
    setTimeout(() => { button.textContent = say("result.link"); }, 1500);
  }
}

/** Of a recording, in this browser. */
const newName = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");

customElements.define("speech-app", SpeechApp);
