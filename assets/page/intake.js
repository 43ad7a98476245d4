// <speech-intake>: where a recording comes from. Dropped, pasted, chosen or recorded; sent; then told to the page.
//
//   max_bytes, max_s (or max-bytes="…", max-s="…")   largest file, longest recording
//   examples = [{name, label, href}]                 buttons "Hear it first"
//   give(files), choose(), record(), clear(), fail({message, suggestion})
//   state                                            empty | uploading | given | asking | recording | error
//   "given" {files: [{path, name, bytes, is_video, duration_s, file}]}, "cleared", "example" name, "state" state

import { takeAnywhere } from "./dropping.js";
import { durationOf } from "./duration.js";
import { exampleButton, icon, layout, way } from "./intake-layout.js";
import { clock, durationWords, isVideo, kindOf, short, shown, sizeWords } from "./names.js";
import { MicrophoneError, Recorder } from "./recorder.js";
import { UploadError, check, send } from "./upload.js";
import { plural, say } from "./words.js";

const CLEANED = "speech.browser_cleans";  // remembered
const COUNTDOWN_S = 60;
const TOLD_S = [60, 30, 10];  // left, to ears
const NAMED = 3;  // of many

/**
 * What is being sent. waiting : the first one is on its way. left : sentences on those that were not taken.
 * @typedef {{waiting: File[], done: Given[], left: UploadError[], notes: string[], bytes: number, stop: AbortController}} Work
 * @typedef {{path: string, name: string, bytes: number, is_video: boolean, duration_s: number | null, file: File}} Given
 */

export class SpeechIntake extends HTMLElement {
  /** @type {AbortController | null} */ #ending = null;
  /** @type {Work | null} */ #work = null;
  /** @type {Given[] | null} */ #given = null;
  /** @type {Recorder | null} */ #recorder = null;
  #recorded = new WeakMap();  // file → seconds
  #examples = [];
  #max_bytes = null;
  #max_s = null;
  #told = 0;

  // ---- what the page says -------------------------------------------------------------------------------------

  get state() {
    return this.dataset.state ?? "empty";
  }

  get max_bytes() {
    return this.#max_bytes ?? numberIn(this, "max-bytes");
  }

  set max_bytes(bytes) {
    this.#max_bytes = bytes;
    if (this.#ending) this.#limits();
  }

  get max_s() {
    return this.#max_s ?? numberIn(this, "max-s");
  }

  set max_s(s) {
    this.#max_s = s;
  }

  /** What was given last. @returns {Given[]} */
  get files() {
    return this.#given ?? [];
  }

  get examples() {
    return this.#examples;
  }

  set examples(examples) {
    this.#examples = [...(examples ?? [])];
    if (!this.#ending) return;
    this.#find(".si-examples").hidden = !this.#examples.length;
    this.#find(".si-examples ul").innerHTML = this.#examples.map(exampleButton).join("");
  }

  /** Takes them and sends them, in place of what was given before. @param {Iterable<File>} files */
  async give(files) {
    const list = [...files];
    if (!list.length) return;
    if (this.#recorder) return this.#warn(say("intake.finish_first"));
    this.#forget();
    const [taken, others] = [[], []];
    for (const file of list) (kindOf(file.name, file.type) === "other" ? others : taken).push(file);
    const left = others.map((file) => neither(file));
    const bytes = taken.reduce((sum, file) => sum + file.size, 0);
    await this.#send({ waiting: taken, done: [], left, notes: [], bytes, stop: new AbortController() });
  }

  /** Asks for files. To be called within a press. */
  choose() {
    this.#find("input[type=file]").click();
  }

  clear() {
    this.#forget();
    this.#recorder?.cancel();
    this.#recorder = null;
    this.#show("empty");
  }

  /** What was given cannot be used, the page says. @param {{message: string, suggestion?: string}} fault */
  fail({ message, suggestion = "" }) {
    this.#work?.stop.abort();
    this.#work = this.#given = null;
    this.#error({ message, suggestion }, [["choose", "another"], ["record", "record"]]);
  }

  // ---- life ---------------------------------------------------------------------------------------------------

  connectedCallback() {
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    const built = Boolean(this.querySelector(".si-card"));  // it was only moved
    if (!built) this.innerHTML = layout();
    for (const name of ["max_bytes", "max_s", "examples"]) this.#taken(name);
    this.examples = this.#examples;
    this.#limits();
    this.#find("[data-is=cleaned]").checked = remembered();
    this.addEventListener("click", (event) => this.#pressed(event), { signal });
    this.addEventListener("change", (event) => this.#changed(event), { signal });
    addEventListener("beforeunload", (event) => { if (this.#recorder) event.preventDefault(); }, { signal });
    takeAnywhere({ take: (files) => this.give(files), may: () => this.#sheet(), signal });
    if (!built) this.#show("empty");
  }

  disconnectedCallback() {
    this.#ending?.abort();
    this.#ending = null;
    queueMicrotask(() => {  // unless it was only moved to another place
      if (this.isConnected) return;
      this.#work?.stop.abort();
      this.#recorder?.cancel();
      this.#work = this.#recorder = null;
      this.#show(this.#given ? "given" : "empty");
    });
  }

  /** What was set before this file had come. */
  #taken(name) {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete this[name];
    this[name] = value;
  }

  #pressed(event) {
    const button = event.target.closest?.("button");
    if (!button && event.target.closest?.("[data-panel=empty]")) return this.choose();
    if (!button || !this.contains(button)) return;
    if (button.dataset.example !== undefined) return this.#tell("example", button.dataset.example);
    const does = {
      choose: () => this.choose(),
      record: () => this.record(),
      stop: () => this.clear(),
      finish: () => this.#recorder?.stop(),
      discard: () => this.#discard(),
      pause: () => (this.#recorder?.state === "paused" ? this.#recorder.resume() : this.#recorder?.pause()),
      again: () => this.#work && this.#send({ ...this.#work, stop: new AbortController() }),
      go_on: () => this.#work && this.#deliver(this.#work),
      save: () => this.#save(),
      back: () => this.#back(),
    };
    does[button.dataset.do]?.();
  }

  async #changed(event) {
    const input = event.target;
    event.stopPropagation();
    if (input.type === "file") {
      const files = [...input.files];
      input.value = "";  // the same one may be chosen again
      await this.give(files);
    } else if (input.dataset.is === "cleaned") {
      remember(input.checked);
      const now = await this.#recorder?.clean(input.checked);
      if (now === false) this.#warn(say("intake.cleaned.next"));
    }
  }

  // ---- sending ------------------------------------------------------------------------------------------------

  /** @param {Work} work */
  async #send(work) {
    this.#work = work;
    const { signal } = work.stop;
    if (work.waiting.length) this.#show("uploading", "[data-do=stop]");
    this.#told = -1;
    while (work.waiting.length) {
      const [file] = work.waiting;
      this.#moved(work, 0);
      try {
        const known = this.#recorded.get(file) ?? durationOf(file, signal);
        await check(file, this.max_bytes, language());
        const path = await send(file, { moved: (bytes) => this.#moved(work, bytes), signal });
        const name = shown(file.name) || say("intake.recording.word");
        const about = { path, name, bytes: file.size, is_video: isVideo(file.name, file.type) };
        work.done.push({ ...about, duration_s: await known, file });
      } catch (fault) {
        if (work !== this.#work || signal.aborted) return;
        if (!(fault instanceof UploadError)) throw fault;
        if (fault.again) return this.#interrupted(fault, work);
        work.left.push(fault);
      }
      if (work !== this.#work || signal.aborted) return;
      work.waiting.shift();
    }
    if (work.done.length) this.#deliver(work);
    else this.#refused(work);
  }

  /** @param {Work} work @param {number} bytes of the first one that waits */
  #moved(work, bytes) {
    if (work !== this.#work) return;
    const files = work.done.length + work.waiting.length;
    const sent = work.bytes - work.waiting.reduce((sum, file) => sum + file.size, 0) + bytes;
    const percent = Math.min(99, Math.floor((100 * sent) / Math.max(work.bytes, 1)));  // 100 is when the server says so
    const name = short(work.waiting[0].name) || say("intake.recording.word");
    const many = files > 1 ? say("intake.nth", { n: work.done.length + 1, all: files }) : "";
    this.#write("sending", many ? `${many} · ${name}` : name);
    const sizes = { sent: sizeWords(sent, language()), all: sizeWords(work.bytes, language()) };
    this.#write("sent", `${say("intake.percent", { percent })} · ${say("intake.sent", sizes)}`);
    const bar = this.#find(".si-bar");
    bar.setAttribute("aria-valuenow", String(percent));
    bar.firstElementChild.style.transform = `scaleX(${percent / 100})`;
    const step = Math.floor(percent / 10) * 10;
    if (step === this.#told) return;
    this.#told = step;
    this.#speak(say("intake.uploading.percent", { name, percent: step }));
  }

  /** @param {Work} work */
  #deliver(work) {
    this.#work = null;
    this.#given = work.done;
    const skipped = work.waiting.map((file) => say("intake.skipped", { name: short(file.name) }));
    const said = [...work.notes, ...work.left.map((fault) => fault.message), ...skipped];
    this.#describe(work.done, said);
    const mine = this.#mine();
    this.#show("given");
    this.#speak(say("intake.given", { name: this.#find("[data-panel=given]").getAttribute("aria-label") }));
    this.#tell("given", { files: work.done.map((one) => ({ ...one })) });
    if (mine && (!at() || this.contains(at()))) this.#focus("[data-panel=given]");  // unless the page knew better
  }

  /** @param {Given[]} files @param {string[]} said */
  #describe(files, said) {
    const bytes = sizeWords(files.reduce((sum, one) => sum + one.bytes, 0), language());
    const one = files.length === 1 ? files[0] : null;
    const name = one ? short(one.name) : plural("intake.files", files.length);
    const names = files.slice(0, NAMED).map((file) => short(file.name, 24)).join(", ");
    const more = files.length - NAMED;
    const facts = one ? [one.duration_s && clock(one.duration_s), bytes, say(one.is_video ? "intake.video" : "intake.sound")]
      : [more > 0 ? say("intake.and_more", { names, n: more }) : names, bytes];
    this.#find("[data-is=kind]").innerHTML = icon(one ? (one.is_video ? "video" : "sound") : "files");
    this.#write("name", name);
    this.#find("[data-is=name]").title = files.map((file) => file.name).join("\n");
    this.#write("facts", facts.filter(Boolean).join(" · "));
    this.#note(said);
    const ears = [name, one?.duration_s && durationWords(one.duration_s, language()), bytes].filter(Boolean).join(", ");
    this.#find("[data-panel=given]").setAttribute("aria-label", ears);
  }

  /** @param {UploadError} fault @param {Work} work */
  #interrupted(fault, work) {
    const ways = [["again", "again"]];
    if (work.done.length) ways.push(["go_on", "go_on"]);
    this.#error(fault, [...ways, ...this.#saving(work), ["choose", "another"]]);
  }

  /** @param {Work} work */
  #refused(work) {
    const [first, ...others] = work.left;
    this.#error(first, [["choose", "another"], ...this.#saving(work)], others.map((fault) => fault.message));
  }

  /** What was recorded here is nowhere else. */
  #saving(work) {
    this.#kept = [...work.waiting, ...work.done.map((one) => one.file)].find((file) => this.#recorded.has(file)) ?? this.#kept;
    return this.#kept ? [["save", "save"]] : [];
  }

  /** @type {File | null} */ #kept = null;

  #save() {
    const url = URL.createObjectURL(this.#kept);
    Object.assign(document.createElement("a"), { href: url, download: this.#kept.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  /** Stops what is under way; what was given is gone. */
  #forget() {
    this.#work?.stop.abort();
    const given = this.#given;
    this.#work = this.#given = this.#kept = null;
    if (given) this.#tell("cleared", null);
  }

  // ---- recording ----------------------------------------------------------------------------------------------

  /** To be called within a press. */
  async record() {
    if (this.#recorder) return;
    this.#work?.stop.abort();
    this.#work = null;
    const { max_s, max_bytes } = this;
    const recorder = new Recorder({ max_s, max_bytes, cleaned: this.#find("[data-is=cleaned]").checked });
    this.#recorder = recorder;
    this.#told = Infinity;
    this.#warn("");
    this.#show("asking", "[data-do=discard]");
    this.#speak(say("intake.asking"));
    recorder.addEventListener("tick", () => this.#tick(recorder));
    recorder.addEventListener("state", () => this.#running(recorder));
    recorder.addEventListener("end", () => this.#recordedFile(recorder));
    try {
      await recorder.start();
    } catch (fault) {
      if (recorder !== this.#recorder) return;
      this.#recorder = null;
      if (!(fault instanceof MicrophoneError)) throw fault;
      const ways = fault.kind === "insecure" ? [] : [["record", fault.kind === "refused" ? "allow" : "again"]];
      this.#error(fault, [...ways, ["choose", "choose"], ["back", "back"]]);
    }
  }

  /** @param {Recorder} recorder */
  #running(recorder) {
    if (recorder.state === "ended") return;
    const paused = recorder.state === "paused";
    if (this.state !== "recording") this.#show("recording", "[data-do=finish]");
    this.dataset.paused = String(paused);
    this.#write("running", say(paused ? "intake.paused" : "intake.recording"));
    this.#find("[data-do=pause]").textContent = say(paused ? "intake.resume" : "intake.pause");
    this.#speak(say(paused ? "intake.paused" : "intake.recording"));
    this.#tick(recorder);
  }

  /** @param {Recorder} recorder */
  #tick(recorder) {
    const { elapsed_s, left_s, max_s, meter } = recorder;
    this.#find(".si-level").style.setProperty("--si-part", String(meter.part));
    this.#find(".si-level").dataset.clipped = String(meter.clipped);
    if (this.#write("elapsed", clock(Math.floor(elapsed_s)))) {
      this.#find(".si-level").setAttribute("aria-valuenow", String(Math.round(meter.level_db)));
    }
    const ending = left_s <= COUNTDOWN_S;
    const whole = Math.ceil(left_s);
    const left = ending ? say("intake.left", { time: clock(whole) }) : say("intake.of", { time: clock(max_s) });
    this.#write("left", Number.isFinite(max_s) ? left : "");
    this.#find("[data-is=left]").classList.toggle("si-ending", ending);
    const due = TOLD_S.filter((s) => whole <= s && s < this.#told && s < max_s).at(-1);
    if (due) {
      this.#told = due;
      this.#speak(plural("intake.left_s", due));
    }
    if (meter.clipped) this.#warn(say("intake.clipped"));
    else if (meter.silent) this.#warn(say("intake.silent"));
    else if (this.#warned) this.#warn("");
    this.#warned = meter.clipped || meter.silent;
  }

  #warned = false;

  /** @param {string} text */
  #warn(text) {
    if (this.#write("warning", text) && text) this.#speak(text);
  }

  /** @param {Recorder} recorder */
  async #recordedFile(recorder) {
    if (recorder !== this.#recorder) return;
    this.#recorder = null;
    const { file, cause, elapsed_s, max_s } = recorder;
    if (!file?.size) {
      return this.#error({ message: say("intake.nothing"), suggestion: say("intake.nothing.do") }, [["record", "again"], ["back", "back"]]);
    }
    this.#recorded.set(file, elapsed_s);
    this.#forget();
    const notes = cause ? [say(`intake.ended.${cause}`, { time: clock(max_s) })] : [];
    await this.#send({ waiting: [file], done: [], left: [], notes, bytes: file.size, stop: new AbortController() });
  }

  #discard() {
    this.#recorder?.cancel();
    this.#recorder = null;
    this.#back();
  }

  #back() {
    this.#work = null;
    this.#show(this.#given ? "given" : "empty", this.#given ? "[data-panel=given]" : "[data-do=choose]");
  }

  // ---- what is seen -------------------------------------------------------------------------------------------

  /**
   * @param {{message: string, suggestion?: string}} fault @param {string[][]} ways what the buttons do, and their words
   * @param {string[]} [more]
   */
  #error({ message, suggestion = "" }, ways, more = []) {
    this.#write("message", message);
    this.#write("suggestion", suggestion);
    this.#note(more);
    this.#find("[data-is=ways]").innerHTML = ways
      .map(([does, key], i) => way(does, key, i === 0 ? "si-first" : ["back", "save"].includes(does) ? "si-quiet" : "")).join("");
    this.#show("error", "[data-is=ways] button");
    this.#speak("");
    this.#find("[role=alert]").textContent = `${message} ${suggestion}`;
  }

  /** @param {string[]} said */
  #note(said) {
    const more = said.length - NAMED;
    const text = [...said.slice(0, NAMED), ...(more > 0 ? [plural("intake.more", more)] : [])].join(" ");
    for (const note of this.querySelectorAll("[data-is=note]")) note.textContent = text;
  }

  /** @param {string} state @param {string} [next] what to press next; has the focus if it was here, or nowhere */
  #show(state, next = "[data-do=choose]") {
    const mine = this.#mine() && this.dataset.state !== undefined;
    const changed = this.state !== state;
    this.dataset.state = state;
    for (const panel of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-panel]"))) {
      panel.toggleAttribute("data-shown", panel.dataset.panel === state);
      panel.inert = panel.dataset.panel !== state;
    }
    if (state !== "error") this.#find("[role=alert]").textContent = "";
    if (mine && state !== "given") this.#focus(`[data-shown] ${next}, ${next}[data-shown]`);
    if (changed) this.#tell("state", state);
  }

  /** Whether the focus is this element's to give: it has it, or nobody does. */
  #mine() {
    return !at() || this.contains(at());
  }

  #focus(selector) {
    this.querySelector(selector)?.focus({ preventScroll: true });
  }

  #limits() {
    const bytes = this.max_bytes;
    this.#write("limits", Number.isFinite(bytes) ? say("intake.limit", { size: sizeWords(bytes, language()) }) : "");
  }

  #sheet() {
    if (this.#recorder) return say("intake.finish_first");
    const old = this.#given?.length === 1 ? short(this.#given[0].name, 32) : "";
    return old ? say("intake.sheet.instead", { name: old }) : say("intake.sheet");
  }

  /** @param {string} part @param {string} text @returns {boolean} whether it is new */
  #write(part, text) {
    const element = this.#find(`[data-is=${part}]`);
    if (element.textContent === text) return false;
    element.textContent = text;
    return true;
  }

  #speak(text) {
    this.#find("[role=status]").textContent = text;
  }

  /** @returns {any} */
  #find(selector) {
    return this.querySelector(selector);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

/** What has the focus, if anything has. */
const at = () => (document.activeElement === document.body ? null : document.activeElement);

const language = () => document.documentElement.lang || "en";

const numberIn = (element, name) => Number(element.getAttribute(name)) || Infinity;

const neither = (file) =>
  new UploadError("other", say("intake.other", { name: short(file.name) }), { suggestion: say("intake.other.do") });

const remembered = () => { try { return localStorage.getItem(CLEANED) === "1"; } catch { return false; } };

const remember = (cleaned) => { try { localStorage.setItem(CLEANED, cleaned ? "1" : "0"); } catch { /* not allowed here */ } };

customElements.define("speech-intake", SpeechIntake);
