// What the browser keeps between visits: the settings, own presets, and the names of work that may still be there.

const KEY = "speech-enhancement";
const MOST_JOBS = 20;

/** @typedef {{token: string, name: string, at: number, of?: string, preset?: string}} Kept  of : the recording; with which preset */

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return found && typeof found === "object" ? found : {};
  } catch {  // not ours, or forbidden
    return {};
  }
}

function write(changed) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...read(), ...changed }));
  } catch {
    // a browser that keeps nothing is a browser that keeps nothing
  }
}

/** @returns {Kept[]} the newest first */
export const jobs = () => (Array.isArray(read().jobs) ? read().jobs : []).filter((one) => /^[\w-]{32}$/.test(one?.token));

/** @param {Kept} job */
export const keepJob = (job) => write({ jobs: [job, ...jobs().filter(({ token }) => token !== job.token)].slice(0, MOST_JOBS) });

/** @param {string} token */
export const dropJob = (token) => write({ jobs: jobs().filter((one) => one.token !== token) });

/** @returns {{preset?: string, values?: Record<string, unknown>}} */
export const settings = () => read().settings ?? {};

export const keepSettings = (preset, values) => write({ settings: { preset, values } });

/** @returns {Record<string, Record<string, unknown>>} name → settings */
export const presets = () => read().presets ?? {};

export const keepPresets = (found) => write({ presets: found });
