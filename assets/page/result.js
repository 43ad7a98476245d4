// <speech-result>: what a finished job has made: the verdict, the player, the download, the numbers.
//
//   result.job = {…, media, result} | null; result.is_older = true: the settings have moved since; result.preview = job | null
//   result.formats = [{name, label}]
//   events: "apply" (make all of it anew), "new" (another recording), "link" (copy the address of these settings)

import "./player.js";
import { address } from "./server.js";
import { sizeWords } from "./names.js";
import { ofDay } from "./times.js";
import { escaped, language, say } from "./words.js";

export class SpeechResult extends HTMLElement {
  #job = null;
  #formats = [];
  #older = false;
  #previewed = false;

  connectedCallback() {
    this.innerHTML = `<section class="result" aria-labelledby="verdict" hidden>
      <p class="whose"></p><h2 id="verdict" class="verdict" tabindex="-1"></h2>
      <div class="older" role="status" hidden><p></p><button type="button" data-do="apply"></button></div>
      <speech-player></speech-player>
      <div class="deliver">
        <a class="button primary" id="download" download></a>
        <label class="as"><span></span><select id="download-format"></select></label>
        <a class="button" id="download-removed" download></a>
        <a class="button" id="download-video" download hidden></a>
        <button type="button" class="button" data-do="link"></button>
        <button type="button" class="button" data-do="new"></button>
      </div>
      <details id="report"><summary></summary><div class="report-body"></div></details>
    </section>`;
    const text = (part, key) => { this.#find(part).textContent = say(key); };
    text("[data-do=apply]", "result.apply");
    text("[data-do=new]", "result.new");
    text("[data-do=link]", "result.link");
    text(".as span", "result.format");
    text("#download-removed", "result.removed");
    text("#download-video", "result.video");
    text("summary", "result.measured");
    this.addEventListener("click", (event) => {
      const wanted = /** @type {Element} */ (event.target).closest("[data-do]")?.getAttribute("data-do");
      if (["apply", "new", "link"].includes(wanted ?? "")) this.dispatchEvent(new CustomEvent(wanted));
    });
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
    this.#older = this.#previewed = false;
    this.#show();
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
    const section = this.#find(".result"), job = this.#job;
    if (!section) return;
    section.hidden = !job;
    if (!job) {
      this.player.media = null;
      return;
    }
    const { result, media } = job;
    this.#find(".whose").textContent = job.expires ? say("result.whose", { name: job.name, time: ofDay(job.expires) }) : say("result.example");
    this.#find("#verdict").textContent = result.verdict;
    this.player.media = media && { ...media, gain_db: result.report.gain_db };
    this.player.amount = 100;
    this.player.stretch = null;
    this.#find("#download-format").innerHTML = this.#formats
      .map(({ name, label }) => `<option value="${name}" ${name === job.output_format ? "selected" : ""}>${escaped(label)}</option>`).join("");
    this.#find("#download-removed").href = address(`api/jobs/${job.job}/removed`);
    this.#find("#download-video").href = address(`api/jobs/${job.job}/video`);
    this.#find("#download-video").hidden = !result.video;
    this.#find(".as").hidden = !job.expires;  // an example's file is as it is
    const rows = result.rows.map(([name, before, after]) =>
      `<tr><th scope="row">${escaped(name)}</th><td>${escaped(before)}</td><td>${escaped(after)}</td></tr>`).join("");
    const head = ["result.measure", "player.before", "player.after"].map((key) => `<th scope="col">${say(key)}</th>`).join("");
    const said = result.said.map((sentence) => `<p>${escaped(sentence)}</p>`).join("");
    this.#find(".report-body").innerHTML =
      `<div class="notes">${said}</div><table class="report"><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`;
    this.#offer();
    this.#mark();
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

customElements.define("speech-result", SpeechResult);
