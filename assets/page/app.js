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
import { Batch } from "./batch.js";
import { Following } from "./following.js";
import * as memory from "./memory.js";
import { begin, end, look, Lost } from "./server.js";
import { fromAddress, same, Settings, toAddress } from "./settings.js";
import { factsIn, translated } from "./translated.js";
import { say } from "./words.js";

const PREVIEW_S = 10, PREVIEW_AFTER_MS = 500, FILE_KEYS = ["output_format", "subtype", "bitrate_kbps"];

export class SpeechApp extends HTMLElement {
  #facts = null;
  #settings = null;
  #recording = null;  // {path, name}
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
    const { names, defaults, presets, formats, max_bytes, examples } = this.#facts;
    this.#settings = new Settings(names, defaults);
    this.#part("intake").max_bytes = max_bytes;
    this.#part("intake").examples = examples;
    this.#part("presets").choices = Object.entries(presets).map(([name, { label, why }]) => ({ name, label, why }));
    this.#part("result").formats = formats;
    this.#find("#enhance-button").textContent = say("work.enhance");
    this.#find("#cancel-button").textContent = say("work.stop");
    this.#listen();
    window.speech = {
      settings: (values) => this.#settings.arrived(values),
      wanted: () => this.#settings.inOrder(),
    };
    this.#begin();
    this.#mark();
    // Gradio's parts come one by one, each moving the others; they are shown together (web/theme.py, EARLY).
    requestAnimationFrame(() => requestAnimationFrame(() => document.body.classList.add("ready")));
  }

  disconnectedCallback() {
    this.#following?.stop();
    this.#previewing?.stop();
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
    on(this, "chosen", ({ detail }) => this.#choose(detail.name));
    on(this.#settings, "change", () => this.#moved());
    on(this.#find("#enhance-button"), "click", () => this.#enhance());
    on(this.#find("#cancel-button"), "click", () => this.#cancel());
    on(this.#part("progress"), "again", () => this.#enhance());
    on(this.#part("result"), "apply", () => this.#enhance());
    on(this.#part("result"), "new", () => this.#anew());
    on(this.#part("result"), "link", () => this.#copyLink());
    on(this.#part("files"), "listen", ({ detail }) => this.#listenTo(detail));
    on(this.#part("files"), "retry", ({ detail }) => this.#batch?.retry(detail));
    on(this.#part("files"), "remove", ({ detail }) => this.#batch?.remove(detail));
    on(this.#part("files"), "zip", () => { location.href = this.#batch?.zip ?? ""; });
  }

  // ---- how it begins --------------------------------------------------------------------------------------------

  /** The settings of the address, else those of the last visit; and the work that is still there. */
  #begin() {
    const { presets, defaults } = this.#facts;
    const asked = new URLSearchParams(location.search), kept = memory.settings();
    const told = fromAddress(location.search, defaults);
    const preset = asked.get("preset") ?? (Object.keys(told).length ? "default" : kept.preset) ?? "default";
    const known = preset in presets ? preset : "default";
    this.#part("presets").value = known;
    const values = asked.has("preset") || Object.keys(told).length ? told : kept.values ?? {};
    const start = { ...defaults, ...presets[known].settings, ...values };
    if (!same(start, defaults)) this.#settings.set(start);
    const job = memory.jobs()[0];
    this.toggleAttribute("expecting", Boolean(job));  // its place is kept free
    if (job) this.#follow(job.token, true);
  }

  // ---- what is given --------------------------------------------------------------------------------------------

  #given(files) {
    this.#forgetResult();
    this.#recording = files[0] ?? null;
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
    const job = this.#part("result").job;
    if (job) memory.dropJob(job.job);
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
    this.#part("progress").job = null;
    this.#part("result").job = null;
    this.#busy(false);  // what was under way goes on without being watched
    this.#asked = null;
  }

  // ---- settings -------------------------------------------------------------------------------------------------

  #choose(name) {
    this.#settings.set(this.#facts.presets[name].settings);
  }

  #moved() {
    memory.keepSettings(this.#part("presets").value, this.#settings.values);
    this.#compare();
  }

  /** Whether the result is one of these settings; else ten seconds of it are made with them. */
  #compare() {
    const result = this.#part("result");
    if (!this.#asked || !result.job) return;
    const sound = (values) => Object.fromEntries(Object.entries(values).filter(([name]) => !FILE_KEYS.includes(name)));
    result.is_older = !same(sound(this.#settings.values), sound(this.#asked));
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
    const { output_format, subtype, bitrate_kbps, ...settings } = this.#settings.values;
    return { file: this.#recording?.path, settings, output_format, subtype, bitrate_kbps, listens: true };
  }

  async #enhance() {
    const shown = this.#part("result").job;
    if (!this.#recording && !shown) {
      this.#part("progress").fault = { message: say("work.nothing"), suggestion: say("work.nothing.why") };
      return;
    }
    if (this.hasAttribute("busy")) return;
    if (this.#batch) {
      this.#batch.start({ ...this.#order(), file: undefined });
      return;
    }
    const order = this.#recording ? this.#order() : { ...this.#order(), file: null, like: shown.job };
    this.#stopped = false;
    this.#busy(true);
    this.#part("progress").job = { state: "waiting", stage: translated("Starting…"), fraction: 0, before: 0 };
    this.#part("progress").scrollIntoView({ block: "nearest" });
    try {
      const token = await begin(order);
      memory.keepJob({ token, name: this.#recording?.name ?? shown.name, at: Date.now() });
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
      return;
    }
    this.#following = null;
    this.#busy(false);
    if (job.state === "failed" && job.error?.status === 422) this.#part("intake").clear();  // it was of no use
    progress.job = job.state === "done" || is_old ? null : job;
    if (job.state === "done") this.#done(job, is_old);
    else memory.dropJob(job.job);
  }

  #done(job, is_old) {
    const { output_format, subtype, bitrate_kbps } = this.#settings.values;
    this.#asked = { ...job.settings, output_format, subtype, bitrate_kbps };
    this.#part("result").job = job;
    if (!is_old) this.#part("result").reveal();
    this.#mark();
    this.#compare();
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
    this.#find("#enhance-button").textContent = say(busy ? "work.working" : "work.enhance");
    this.#find("#cancel-button").hidden = !busy;
    this.toggleAttribute("busy", busy);
    this.#mark();
  }

  #mark() {
    const can = Boolean(this.#recording) && !this.hasAttribute("busy");
    this.#find("#enhance-button").setAttribute("aria-disabled", String(!can));
    this.toggleAttribute("given", Boolean(this.#recording));
    this.toggleAttribute("done", Boolean(this.#part("result").job));
  }

  async #copyLink() {
    const preset = this.#part("presets").value, of_preset = { ...this.#facts.defaults, ...this.#facts.presets[preset].settings };
    const link = toAddress(preset, this.#settings.values, of_preset), button = this.#find("[data-do=link]");
    try {
      await navigator.clipboard.writeText(link);
    } catch {
      prompt(say("result.link"), link);  // without HTTPS there is no clipboard to write to
    }
    button.textContent = say("result.link.done");
    setTimeout(() => { button.textContent = say("result.link"); }, 1500);
  }
}

customElements.define("speech-app", SpeechApp);
