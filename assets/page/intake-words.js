// Words that depend on a number: "1 file", "3 files", by the rules of the language.

import { say } from "./words.js";

export { say };

/** The sentence `key.one`, `key.few`, …, else `key.other`. @param {string} key @param {number} n */
export function plural(key, n) {
  const form = new Intl.PluralRules(document.documentElement.lang || "en").select(n);
  const said = say(`${key}.${form}`, { n });
  return said === `${key}.${form}` ? say(`${key}.other`, { n }) : said;
}
