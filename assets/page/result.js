// <speech-result>: what a finished job has made: the verdict, the player, the download, the numbers.
//
//   result.job = {…, media, result} | null; result.is_older = true: the settings have moved since; result.preview = job | null
//   result.early = job | null: its first seconds alone, while the rest is made; result.versions = Versions
//   result.formats = [{name, label}]; result.presets = {name: {label}}
//   events: "apply" (make all of it anew), "back" (to the settings of what is shown), "version" {index}, "gentle",
//     "new" (another recording), "link" (copy the address of these settings)

import "./dock.js";
import "./player.js";
import { address } from "./server.js";
import { sizeWords } from "./names.js";
import { ofDay } from "./times.js";
import { escaped, language, say } from "./words.js";

const EVENTS = ["apply", "back", "gentle", "new", "link"];
const GENTLE_DB = 12;  // who asked for no more than that has it already

export class SpeechResult extends HTMLElement {
  #job = null;
  #early = null;
  #formats = [];
  /** @type {Record<string, {label: string}>} */ presets = {};
  #older = false;
  #previewed = false;

  connectedCallback() {
    this.innerHTML = `<section class="result" aria-labelledby="verdict" hidden>
      <p class="whose"></p><h2 id="verdict" class="verdict" tabindex="-1"></h2>
      <div class="kind notice" hidden><p></p><button type="button" data-do="gentle"></button></div>
      <fieldset class="versions" hidden><legend class="visually-hidden"></legend><b aria-hidden="true"></b></fieldset>
      <div class="older notice" hidden><p role="status"></p>
        <div><button type="button" data-do="apply"></button><button type="button" data-do="back"></button></div></div>
      <speech-player></speech-player>
      <div class="deliver">
        <a class="button primary" id="download" download></a>
        <label class="as"><span></span><select id="download-format"></select></label>
        <a class="button" id="download-removed" download></a>
        <a class="button" id="download-video" download hidden></a>
        <a class="button" id="download-picture" download></a>
        <button type="button" class="button" data-do="link"></button>
        <button type="button" class="button" data-do="new"></button>
      </div>
      <details id="report"><summary></summary><div class="report-body"></div></details>
      <speech-dock></speech-dock>
    </section>`;
    const text = (part, key) => { this.#find(part).textContent = say(key); };
    text("[data-do=apply]", "result.apply");
    text("[data-do=back]", "result.back");
    text("[data-do=gentle]", "result.gentle");
    text(".versions legend", "result.versions");
    text(".versions b", "result.versions");
    text("#download-picture", "result.picture");
    text("[data-do=new]", "result.new");
    text("[data-do=link]", "result.link");
    text(".as span", "result.format");
    text("#download-removed", "result.removed");
    text("#download-video", "result.video");
    text("summary", "result.measured");
    this.addEventListener("click", (event) => {
      const wanted = /** @type {Element} */ (event.target).closest("[data-do]")?.getAttribute("data-do");
      if (EVENTS.includes(wanted ?? "")) this.dispatchEvent(new CustomEvent(wanted));
    });
    this.#find(".versions").addEventListener("change", ({ target }) => this.dispatchEvent(new CustomEvent("version", { detail: { index: Number(target.value) } })));
    this.#find("speech-dock").player = this.player;
    this.#find("speech-dock").download = this.#find("#download");
    this.player.addEventListener("amount", () => this.#offer());
    this.#find("#download-format").addEventListener("change", () => this.#offer());
    this.#show();
  }

  get player() {
    return this.#find("speech-player");
  }

  get job() {
    return this.#job;
  }

  set job(job) {
    this.#job = job;
    this.#early = null;
    this.#older = this.#previewed = false;
    this.#show();
  }

  set early(job) {
    if (!job && !this.#early) return;
    this.#early = job;
    this.#show();
  }

  /** @param {import("./versions.js").Versions} versions */
  set versions({ all, current }) {
    const group = this.#find(".versions");
    group.hidden = all.length < 2;
    for (const label of group.querySelectorAll("label")) label.remove();
    all.forEach(({ preset }, k) => {
      const words = { n: k + 1, preset: this.presets[preset]?.label ?? preset.replace(/^own:/, "") };
      group.insertAdjacentHTML("beforeend", `<label><input type="radio" name="version" value="${k}" ${k === current ? "checked" : ""}>
        <span>${escaped(say("result.version", words))}</span></label>`);
    });
  }

  set formats(formats) {
    this.#formats = formats;
    this.#show();
  }

  get is_older() {
    return this.#older;
  }

  set is_older(older) {
    if (older === this.#older) return;
    this.#older = older;
    if (!older) this.preview = null;
    this.#mark();
  }

  /** A job of a stretch alone, with other settings; or none. */
  set preview(job) {
    this.#previewed = Boolean(job);
    this.player.stretch = job && { ...job.media, start_s: job.stretch[0], length_s: job.media.duration_s, gain_db: job.result.report.gain_db };
    this.#mark();
  }

  /** To the eye, the ear and the keyboard. */
  reveal() {
    const heading = this.#find("#verdict");
    heading.focus({ preventScroll: true });
    // At once: a smooth way there is given up when the player, which is being drawn, changes the page meanwhile.
    requestAnimationFrame(() => heading.scrollIntoView({ block: "start" }));
  }

  #find(selector) {
    return /** @type {any} */ (this.querySelector(selector));
  }

  #show() {
    const section = this.#find(".result"), shown = this.#job ?? this.#early;
    if (!section) return;
    section.hidden = !shown;
    section.classList.toggle("early", !this.#job && Boolean(shown));
    this.#play(shown);
    if (!shown) return;
    const { result } = shown;
    this.#find(".whose").textContent = shown.expires ? say("result.whose", { name: shown.name, time: ofDay(shown.expires) }) : say("result.example");
    this.#find("#verdict").textContent = this.#job ? unbroken(result.verdict) : say("result.early");
    this.#find("#download-format").innerHTML = this.#formats
      .map(({ name, label }) => `<option value="${name}" ${name === shown.output_format ? "selected" : ""}>${escaped(label)}</option>`).join("");
    const of_job = (part, path) => { this.#find(part).href = address(`api/jobs/${shown.job}/${path}`); };
    of_job("#download-removed", "removed");
    of_job("#download-video", "video");
    of_job("#download-picture", `picture?lang=${document.documentElement.lang}${document.body.classList.contains("dark") ? "&dark=1" : ""}`);
    this.#find("#download-video").hidden = !result.video;
    this.#find("#download-picture").hidden = this.#find(".as").hidden = !shown.expires;  // an example's file is as it is
    this.#report(result);
    this.#kind(shown);
    this.#offer();
    this.#mark();
  }

  /** Where the early part was heard, the whole goes on. */
  #play(shown) {
    const { player } = this, media = shown?.media;
    const { position_s, playing } = player, was_early = this.#find(".result").dataset.plays === "early";
    this.#find(".result").dataset.plays = this.#job ? "whole" : shown ? "early" : "";
    player.media = media ? { ...media, gain_db: shown.result.report.gain_db } : null;
    player.amount = 100;
    player.stretch = null;
    if (was_early && this.#job) {
      player.seek(position_s);
      if (playing) player.play();
    }
  }

  #report(result) {
    const rows = result.rows.map(([name, before, after]) =>
      `<tr><th scope="row">${escaped(name)}</th><td>${escaped(before)}</td><td>${escaped(after)}</td></tr>`).join("");
    const head = ["result.measure", "player.before", "player.after"].map((key) => `<th scope="col">${say(key)}</th>`).join("");
    const said = result.said.map((sentence) => `<p>${escaped(sentence)}</p>`).join("");
    this.#find(".report-body").innerHTML =
      `<div class="notes">${said}</div><table class="report"><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`;
  }

  /** What is no speech was cleaned as if it were: that is said, and there is a gentler way. */
  #kind({ result, settings, expires }) {
    const { kind, before } = result.report, note = this.#find(".kind");
    note.hidden = !["music", "other"].includes(kind) || !this.#job;
    if (note.hidden) return;
    note.querySelector("p").textContent = say(`result.kind.${kind}`, { percent: Math.round(before.activity_percent) });
    note.querySelector("button").hidden = !expires || settings?.denoise_strength_db <= GENTLE_DB;
  }

  /** The download is what is heard. */
  #offer() {
    const job = this.#job, link = this.#find("#download");
    if (!job) return;
    const form = this.#find("#download-format").value || job.output_format, amount = this.player.amount;
    const is_plain = !job.expires || (amount === 100 && form === job.output_format);
    link.href = address(`api/jobs/${job.job}/download${is_plain ? "" : `?amount=${amount}&format=${form}`}`);
    const words = { name: job.result.name, size: sizeWords(job.result.bytes, language), percent: amount, format: form.toUpperCase() };
    link.textContent = say(is_plain ? "result.download" : amount === 100 ? "result.download.as" : "result.download.part", words);
  }

  #mark() {
    const note = this.#find(".older");
    if (!note) return;
    note.hidden = !this.#older;
    note.querySelector("p").textContent = say(this.#previewed ? "result.previewed" : "result.older");
  }
}

/** A number and its unit stay on one line. @param {string} sentence */
const unbroken = (sentence) => sentence.replace(/(\d) (?=\p{L})/gu, "$1\u00a0");

customElements.define("speech-result", SpeechResult);
