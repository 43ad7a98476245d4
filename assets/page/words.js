// The words of the page, one catalogue per language: words/en.json and its neighbours.

const answer = await fetch(new URL("./words/en.json", import.meta.url)).catch(() => null);
const catalogue = answer?.ok ? await answer.json() : {};

/**
 * The sentence for a key, with values in place of {names}. A key without a sentence is shown as it is.
 * @param {string} key @param {Record<string, string | number>} [values]
 */
export const say = (key, values = {}) =>
  (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));

/** The sentence `key.one`, `key.few`, …, else `key.other`, by the rules of the language. @param {string} key @param {number} n */
export function plural(key, n) {
  const form = new Intl.PluralRules(document.documentElement.lang || "en").select(n);
  const said = say(`${key}.${form}`, { n });
  return said === `${key}.${form}` ? say(`${key}.other`, { n }) : said;
}

/** As text within HTML. @param {unknown} text */
export const escaped = (text) => String(text).replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
