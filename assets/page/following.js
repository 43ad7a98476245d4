// A job, looked at until it has ended. It runs whether anybody looks or not; a lost connection is waited for.

import { Fault, look, Lost } from "./server.js";

const QUICK_MS = 300, SLOW_MS = 1000, QUICK_FOR_MS = 15_000, LOST_MS = 2000;
export const ENDED = new Set(["done", "failed", "cancelled"]);

/** Events: "change" {job}, "lost", "gone" {fault}. */
export class Following extends EventTarget {
  #stopped = false;
  #timer = 0;
  #since_ms = performance.now();
  #lost = false;
  #wake = () => this.#soon(0);

  /** @param {string} token */
  constructor(token) {
    super();
    this.token = token;
    addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    this.#soon(0);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
  }

  #soon(ms) {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.#look(), ms);
  }

  async #look() {
    let job;
    try {
      job = await look(this.token);
    } catch (fault) {
      if (this.#stopped) return;
      if (fault instanceof Lost || fault.status === 429 || fault.status === 503) {
        if (!this.#lost) this.dispatchEvent(new Event("lost"));
        this.#lost = true;
        this.#soon(LOST_MS);
      } else {
        this.stop();
        this.dispatchEvent(new CustomEvent("gone", { detail: fault instanceof Fault ? fault : new Fault({ message: String(fault) }) }));
      }
      return;
    }
    if (this.#stopped) return;
    this.#lost = false;
    if (ENDED.has(job.state)) this.stop();
    else this.#soon(performance.now() - this.#since_ms < QUICK_FOR_MS ? QUICK_MS : SLOW_MS);
    this.dispatchEvent(new CustomEvent("change", { detail: job }));
  }
}
