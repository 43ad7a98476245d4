// The words of the page, one catalogue per language: words/en.json and its neighbours. Which one is said by the page's
// own `lang` (choose-language.js); what it lacks is said in English.

export const language = document.documentElement.lang || "en";

const read = async (name) => {
  const answer = await fetch(new URL(`./words/${name}.json`, import.meta.url)).catch(() => null);
  const found = answer?.ok ? await answer.json() : {};
  return Object.fromEntries(Object.entries(found).filter(([, said]) => said));  // "" is still to be translated
};

const [english, own] = await Promise.all([read("en"), language === "en" ? {} : read(language)]);
const catalogue = { ...english, ...own };

/** What the server says, English → this language: see translated.js. @type {Record<string, string>} */
export const sentences = Object.fromEntries(Object.entries(own).filter(([key]) => !(key in english)));

const numbers = new Intl.NumberFormat(language, { useGrouping: false, maximumFractionDigits: 3 });

/**
 * The sentence for a key, with values in place of {names}. A key without a sentence is shown as it is.
 * @param {string} key @param {Record<string, string | number>} [values]
 */
export const say = (key, values = {}) =>
  (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => shown(values[name] ?? all));

const shown = (value) => (typeof value === "number" ? numbers.format(value) : String(value));

/** The sentence `key.one`, `key.few`, …, else `key.other`, by the rules of the language. @param {string} key @param {number} n */
export function plural(key, n) {
  const form = new Intl.PluralRules(language).select(n);
  return say(`${key}.${form}` in catalogue ? `${key}.${form}` : `${key}.other`, { n });
}

/** As text within HTML. @param {unknown} text */
export const escaped = (text) => String(text).replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
