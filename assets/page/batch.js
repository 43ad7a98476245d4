// Several recordings, one order: each becomes a job of its own, a few in the line at a time.

import { Following } from "./following.js";
import { address, begin, end, Lost } from "./server.js";
import { plural, say } from "./words.js";

const AT_ONCE = 2;

/**
 * Event "change". `files` is what <speech-files> shows.
 * @typedef {{id: string, name: string, path: string, state: string, fraction: number, sentence?: string, bytes?: number,
 *   url?: string, download?: string, job?: any, token?: string}} Entry
 */
export class Batch extends EventTarget {
  /** @type {Map<string, Following>} */ #followed = new Map();
  #order = {};
  #is_on = false;

  /** @param {{path: string, name: string, bytes: number}[]} given */
  constructor(given) {
    super();
    /** @type {Entry[]} */
    this.files = given.map(({ path, name, bytes }, k) => ({ id: String(k), name, path, bytes, state: "waiting", fraction: 0 }));
  }

  get busy() {
    return this.#is_on && this.files.some(({ state }) => state === "waiting" || state === "running");
  }

  /** Of those that are done. */
  get tokens() {
    return this.files.filter(({ state }) => state === "done").map(({ token }) => token);
  }

  get zip() {
    return address(`api/zip?jobs=${this.tokens.join(",")}`);
  }

  /** Make all, or all anew. @param {object} order the settings; the file is each entry's own */
  start(order) {
    this.#order = order;
    this.#is_on = true;
    for (const entry of this.files) if (entry.state !== "running") this.#reset(entry);
    this.#next();
  }

  retry(id) {
    const entry = this.#entry(id);
    if (!entry) return;
    this.#reset(entry);
    this.#is_on = true;
    this.#next();
  }

  /** What is under way is cancelled; what has ended leaves the list. */
  remove(id) {
    const entry = this.#entry(id);
    if (!entry) return;
    if (entry.token) end(entry.token).catch(() => {});
    this.#followed.get(id)?.stop();
    this.#followed.delete(id);
    if (entry.state === "waiting" || entry.state === "running") entry.state = "cancelled";
    else this.files = this.files.filter((one) => one !== entry);
    this.#next();
  }

  /** All that is under way. */
  cancel() {
    this.#is_on = false;
    for (const { id, state } of [...this.files]) if (state === "waiting" || state === "running") this.remove(id);
  }

  close() {
    for (const following of this.#followed.values()) following.stop();
    this.#followed.clear();
  }

  #entry(id) {
    return this.files.find((one) => one.id === id);
  }

  #reset(entry) {
    Object.assign(entry, { state: "waiting", fraction: 0, sentence: "", url: undefined, token: undefined, job: undefined });
  }

  #next() {
    while (this.#is_on && this.files.filter(({ state }) => state === "running").length < AT_ONCE) {
      const entry = this.files.find(({ state, token }) => state === "waiting" && !token);
      if (!entry) break;
      entry.state = "running";
      this.#begin(entry);
    }
    this.#tell();
  }

  /** @param {Entry} entry */
  async #begin(entry) {
    try {
      entry.token = await begin({ ...this.#order, file: entry.path, name: entry.name });
    } catch (fault) {
      this.#failed(entry, fault instanceof Lost ? say("work.lost.try") : fault.message);
      return;
    }
    const following = new Following(entry.token);
    this.#followed.set(entry.id, following);
    following.addEventListener("change", ({ detail }) => this.#look(entry, detail));
    following.addEventListener("gone", ({ detail }) => this.#failed(entry, detail.message));
  }

  #failed(entry, sentence) {
    Object.assign(entry, { state: "failed", sentence });
    this.#next();
  }

  #look(entry, job) {
    if (!this.#followed.has(entry.id)) return;
    entry.fraction = job.fraction;
    entry.sentence = job.before ? plural("work.before", job.before) : "";
    if (job.state === "done") {
      Object.assign(entry, { state: "done", job, bytes: job.result.bytes, sentence: "" });
      Object.assign(entry, { url: address(`api/jobs/${job.job}/download`), download: job.result.name });
    } else if (job.state === "failed") entry.state = "failed", (entry.sentence = job.error.error);
    else if (job.state === "cancelled") entry.state = "cancelled";
    if (entry.state !== "running") this.#next();
    else this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}
