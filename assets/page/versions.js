// The results of one recording, in the order in which they were made: to compare them, and to go back. No DOM.

const MOST = 9;

/** @typedef {{job: any, asked: Record<string, unknown>, preset: string}} Version  asked : all settings, the file's too */

export class Versions {
  /** @type {Version[]} */ all = [];
  current = -1;

  /** The new one is the current one. @param {Version} version */
  add(version) {
    const again = this.all.findIndex(({ job }) => job.job === version.job.job);
    if (again >= 0) this.all[again] = version;
    else this.all = [...this.all, version].slice(-MOST);
    this.current = again >= 0 ? again : this.all.length - 1;
  }

  /** One that was made before the others, and is heard of later. @param {Version} version */
  addEarlier(version) {
    if (this.all.some(({ job }) => job.job === version.job.job)) return;
    const shown = this.all[this.current];
    this.all = [...this.all, version].sort((a, b) => a.job.created - b.job.created).slice(-MOST);
    this.current = this.all.indexOf(shown);
  }

  /** @returns {Version | null} */
  get shown() {
    return this.all[this.current] ?? null;
  }

  /** @param {number} index */
  choose(index) {
    if (index in this.all) this.current = index;
    return this.shown;
  }

  clear() {
    this.all = [];
    this.current = -1;
  }
}
