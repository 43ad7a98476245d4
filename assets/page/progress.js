// <speech-progress>: how far a job is, in words, per cent and time left; and what became of it if it was no result.
//
//   progress.job = {…} | null;  progress.lost = true | false;  progress.fault = Fault | null;
//   events: "again"; "choose" (another recording), where the same one would fail again

import { left } from "./times.js";
import { plural, say } from "./words.js";

const FINAL = new Set([404, 410, 413, 415, 422]);  // the recording is gone, or cannot be used

export class SpeechProgress extends HTMLElement {
  #job = null;
  #lost = false;
  #spoken = -1;

  connectedCallback() {
    this.innerHTML = `<div class="card" hidden><p class="what"><b></b><span class="left"></span></p>
      <div class="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"><div></div></div>
      <p class="advice"></p><p class="details"></p><button type="button" class="again" hidden></button></div>
      <p class="spoken visually-hidden" role="status"></p>`;
    this.querySelector(".bar").setAttribute("aria-label", say("work.progress"));
    const again = this.querySelector(".again");
    again.addEventListener("click", () => this.dispatchEvent(new Event(again.dataset.way)));
  }

  get job() {
    return this.#job;
  }

  set job(job) {
    this.#job = job;
    this.#lost = false;
    this.#show();
  }

  set lost(lost) {
    this.#lost = lost;
    this.#show();
  }

  /**
   * What is shown instead of progress.
   * @param {{message: string, suggestion?: string, details?: string, status?: number, choose?: string} | null} fault
   *   choose : what the button says that asks for a recording
   */
  set fault(fault) {
    this.#job = fault && { state: "failed", error: { ...fault, error: fault.message } };
    this.#lost = false;
    this.#show();
  }

  #show() {
    const card = this.querySelector(".card"), job = this.#job;
    if (!card) return;
    const state = job?.state ?? "none", runs = state === "waiting" || state === "running";
    card.hidden = !runs && state !== "failed" && state !== "cancelled";
    card.className = `card ${state}`;
    const text = (part, words) => { card.querySelector(part).textContent = words ?? ""; };
    text("b", this.#what(job));
    text(".left", runs && !this.#lost ? this.#left(job) : "");
    text(".advice", this.#lost ? say("work.lost.why") : job?.error?.suggestion);
    text(".details", job?.error?.details);
    this.#way(state === "failed" ? job.error ?? {} : null);
    const bar = card.querySelector(".bar"), percent = Math.floor(100 * (job?.fraction ?? 0));
    bar.hidden = !runs;
    if (state === "running") bar.setAttribute("aria-valuenow", String(percent));
    else bar.removeAttribute("aria-valuenow");
    bar.firstElementChild.style.width = `${Math.max(2, percent)}%`;
    bar.toggleAttribute("endless", state === "waiting");
    this.#speak(state, percent, job);
    // On a phone it would stand below the fold.
    if (state === "failed") requestAnimationFrame(() => card.scrollIntoView({ block: "nearest" }));
  }

  /** The button of a fault: what may help. @param {{status?: number, choose?: string} | null} fault */
  #way(fault) {
    const button = /** @type {HTMLElement} */ (this.querySelector(".again"));
    button.hidden = !fault;
    const is_final = Boolean(fault?.choose) || FINAL.has(fault?.status ?? 0);
    button.dataset.way = is_final ? "choose" : "again";
    button.textContent = is_final ? fault?.choose ?? say("intake.another") : say("work.again");
  }

  #what(job) {
    if (!job) return "";
    if (this.#lost) return say("work.lost");
    if (job.state === "cancelled") return say("work.cancelled");
    if (job.state === "failed") return job.error?.error ?? say("work.failed");
    if (job.before) return plural("work.before", job.before);
    return say(`stage.${job.stage}`) === `stage.${job.stage}` ? job.stage : say(`stage.${job.stage}`);
  }

  #left(job) {
    if (job.state === "waiting") return job.wait_s == null ? "" : say("work.wait", { time: left(job.wait_s) });
    const percent = say("intake.percent", { percent: Math.floor(100 * job.fraction) });
    return job.left_s == null ? percent : `${percent} · ${say("work.left", { time: left(job.left_s) })}`;
  }

  /** To a screen reader only now and then. */
  #speak(state, percent, job) {
    const step = state === "running" ? Math.floor(percent / 25) : state;
    if (step === this.#spoken) return;
    this.#spoken = step;
    const said = this.#what(job);
    this.querySelector(".spoken").textContent = state === "running" ? `${said} ${this.#left(job)}` : said;
  }
}

customElements.define("speech-progress", SpeechProgress);
