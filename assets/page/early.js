// The first seconds of long work, made beside it: there is something to hear while the rest is made.

import { Following } from "./following.js";
import { begin, end } from "./server.js";

const LENGTH_S = 10, WORTH_S = 20;  // less work than that is soon done

export class Early {
  #take;
  /** @type {Following | null} */ #following = null;
  #is_on = true;
  #is_ordered = false;

  /** @param {(job: any) => void} take told of the finished stretch */
  constructor(take) {
    this.#take = take;
  }

  /** @param {any} job how the whole stands */
  look(job) {
    const left_s = (job.left_s ?? 0) + (job.wait_s ?? 0);
    if (this.#is_ordered || job.stretch || left_s < WORTH_S) return;
    this.#is_ordered = true;
    this.#order(job);
  }

  /** It is not wanted any more. */
  stop() {
    this.#is_on = false;
    this.#following?.stop();
    if (this.#following) end(this.#following.token).catch(() => {});
    this.#following = null;
  }

  async #order({ job, settings }) {
    const order = { like: job, settings, output_format: "flac", stretch: [0, LENGTH_S], listens: true };
    const token = await begin(order).catch(() => null);
    if (!token) return;
    this.#following = new Following(token);
    if (!this.#is_on) return this.stop();
    this.#following.addEventListener("change", ({ detail }) => {
      if (detail.state === "done") this.#take(detail);
    });
  }
}
