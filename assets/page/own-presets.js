// Presets of the visitor's own: kept by the browser, and as files that can be given to others. No DOM, no storage.

export const PREFIX = "own:";  // of their names among the presets, so that none is taken for one of ours
const MOST = 30, MOST_LETTERS = 40, MOST_BYTES = 64 * 1024;

/** A file that is no preset. */
export class NoPreset extends Error {}

/** @param {string} text */
export const tidy = (text) => text.replace(/[\p{C}\s]+/gu, " ").trim().slice(0, MOST_LETTERS);

/**
 * What of `values` is a setting that there is, with a value that it can have; the rest is left out.
 * @param {Record<string, unknown>} values
 * @param {Record<string, {minimum?: number, maximum?: number, options?: string[]}>} kinds
 * @param {Record<string, unknown>} defaults
 */
export function known(values, kinds, defaults) {
  const found = {};
  for (const [name, usual] of Object.entries(defaults)) {
    const value = values[name], { minimum = -Infinity, maximum = Infinity, options } = kinds[name] ?? {};
    if (typeof value !== typeof usual || (options && !options.includes(/** @type {string} */ (value)))) continue;
    if (typeof value === "number" && !(value >= minimum && value <= maximum)) continue;
    found[name] = value;
  }
  return found;
}

/**
 * The presets with one more, or another of that name.
 * @param {Record<string, Record<string, unknown>>} presets @param {string} name @param {Record<string, unknown>} values
 */
export function withOne(presets, name, values) {
  const { [name]: _, ...others } = presets;
  return Object.fromEntries([...Object.entries(others), [name, values]].slice(-MOST));
}

/** The text of the file. @param {string} name @param {Record<string, unknown>} values */
export const toFile = (name, values) => `${JSON.stringify({ name, settings: values }, null, 2)}\n`;

/**
 * Raises NoPreset. One without a name has its file's.
 * @param {string} text @param {string} file_name
 * @returns {{name: string, settings: Record<string, unknown>}}
 */
export function fromFile(text, file_name) {
  let found;
  try {
    found = JSON.parse(text.slice(0, MOST_BYTES));
  } catch {
    throw new NoPreset();
  }
  const settings = found?.settings ?? found;
  if (!settings || typeof settings !== "object" || Array.isArray(settings)) throw new NoPreset();
  const name = tidy(typeof found.name === "string" ? found.name : "") || tidy(file_name.replace(/\.[^.]*$/, ""));
  return { name: name || "1", settings };
}
