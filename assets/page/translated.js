// What the server says is English; here it becomes the page's language, as gettext does it: the English sentence is the
// key, with {0}, {1}, … where values stand (docs/translating.md). A value may be a sentence itself, a word, a number, a
// list of them. What is not known is shown as it came.

import { language, say, sentences } from "./words.js";

const WEAK = 4;  // letters; a template that has fewer is no proof: it begins with a number, and its values have no spaces
const NUMBER = /^[-−]?\d+(\.\d+)?$/;
const LIST = /^\S+(?:, \S+)* (and|or) \S+$/;
const WORDS = /\p{L}{2,} \p{L}{2,}/u;
const PARTS = [/(?<=[.!?…]) (?=[\p{Lu}„“"(\d])/u, /; /, /, /];  // what is joined of several, and by what

/** @typedef {{found: RegExp, order: number[], said: string, letters: number}} Template */

/** @param {Record<string, string>} known @returns {Template[]} the most telling first */
function compiled(known) {
  const made = Object.entries(known).filter(([key]) => /\{\d+\}/.test(key)).map(([key, said]) => {
    const letters = key.replace(/\{\d+\}/g, "").replace(/\P{L}/gu, "").length;
    const [first, value] = letters < WEAK ? ["(\\S*\\d\\S*)", "(\\S+)"] : ["(.+?)", "(.+?)"];
    const literal = key.split(/\{\d+\}/).map((text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
    const pattern = literal[0] + first + literal.slice(1).join(value);
    const order = [...key.matchAll(/\{(\d+)\}/g)].map((one) => Number(one[1]));
    return { found: new RegExp(`^${pattern}$`, "su"), order, said, letters };
  });
  return made.sort((one, other) => other.letters - one.letters);
}

/**
 * A translator into a language. `known` : English → that language
 * @param {Record<string, string>} known @param {string} language
 */
export function translator(known, language) {
  const templates = compiled(known);
  const join = (type) => new Intl.ListFormat(language, { type });

  /** @returns {string | null} null where it is not known @param {string} text */
  function find(text) {
    if (Object.hasOwn(known, text)) return known[text];
    for (const { found, order, said } of templates) {
      const match = found.exec(text);
      if (!match) continue;
      const values = Object.fromEntries(order.map((number, k) => [number, translate(match[k + 1])]));
      return said.replace(/\{(\d+)\}/g, (all, number) => values[number] ?? all);
    }
    return null;
  }

  /** As it stands, or as it stands within a sentence. */
  function whole(text) {
    const said = find(text), lower = text[0].toLowerCase() + text.slice(1);
    if (said !== null || lower === text) return said;
    const within = find(lower);
    return within && within[0].toLocaleUpperCase(language) + within.slice(1);
  }

  /** "12.5 dB", "40 %", "3 a minute". */
  function measured(text) {
    const [, number, unit] = /^(\S+) (\S.*)$/s.exec(text) ?? [];
    if (!number || !NUMBER.test(number)) return null;
    const said = find(unit);
    return said === null && unit.includes(" ") ? null : `${numeral(number)} ${said ?? unit}`;
  }

  /** With the language's comma, and as many digits as it has. */
  function numeral(text) {
    const digits = /\.(\d+)/.exec(text)?.[1].length ?? 0;
    const form = { useGrouping: false, minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(language, form).format(Number(text.replace("−", "-")));
  }

  /** "FLAC (smaller, same quality)", "Noise reduction (dB)". */
  function explained(text) {
    const [, head, more] = /^([^()]+) \(([^()]+)\)$/.exec(text) ?? [];
    if (!head) return null;
    const [one, other] = [head, more].map(translate);
    return one === head && other === more ? null : `${one} (${other})`;
  }

  function listed(text) {
    const kind = LIST.exec(text)?.[1];
    if (!kind) return null;
    return join(kind === "and" ? "conjunction" : "disjunction").format(text.split(/, | and | or /).map(translate));
  }

  /** Several, one behind the other. */
  function parted(text) {
    for (const sign of PARTS) {
      const parts = text.split(sign);
      if (parts.length < 2) continue;
      const said = parts.map(translate), unknown = parts.filter((one, k) => one === said[k]);
      if (unknown.length === parts.length || (sign === PARTS.at(-1) && unknown.some((one) => WORDS.test(one)))) continue;
      return said.join(text.match(sign)?.[0] ?? " ");
    }
    return null;
  }

  /** @param {string} text @returns {string} */
  function translate(text) {
    if (!text) return text;
    if (NUMBER.test(text)) return numeral(text);
    return whole(text) ?? measured(text) ?? listed(text) ?? explained(text) ?? parted(text) ?? text;
  }

  return translate;
}

const isEnglish = language === "en";
const known = isEnglish ? (text) => text : translator(sentences, language);

/** A sentence or word of the server's in the page's language. @type {<T>(text: T) => T} */
export const translated = (text) => (typeof text === "string" ? /** @type {any} */ (known(text)) : text);

/** What was done, in one sentence, of the parts that the server names. @param {string[]} parts */
export function verdictOf(parts) {
  const said = new Intl.ListFormat(language, { type: "conjunction" }).format(parts.map(translated));
  return say("result.verdict", { done: said[0].toLocaleUpperCase(language) + said.slice(1) });
}

/** A refusal or a fault, whichever way it is written. */
export const faultIn = (fault) => fault && {
  ...fault,
  ...(fault.message !== undefined && { message: translated(fault.message) }),
  ...(fault.error !== undefined && { error: translated(fault.error) }),
  suggestion: translated(fault.suggestion),
  details: translated(fault.details),
};

/** A job as the server tells it. */
export function jobIn(job) {
  if (isEnglish || !job) return job;
  const { result } = job;
  return {
    ...job,
    stage: translated(job.stage),
    error: faultIn(job.error),
    result: result && {
      ...result,
      verdict: result.parts?.length ? verdictOf(result.parts) : translated(result.verdict),
      said: result.said.map(translated),
      rows: result.rows.map((row) => row.map(translated)),
    },
  };
}

/** What the page is told of the program: presets, formats, examples. */
export function factsIn(facts) {
  const labelled = (one) => ({ ...one, label: translated(one.label) });
  const kindIn = (kind) => ({ ...labelled(kind), unit: translated(kind.unit), labels: kind.labels?.map(translated) });
  const explained = ([name, preset]) => [name, { ...labelled(preset), why: translated(preset.why) }];
  return {
    ...facts,
    presets: Object.fromEntries(Object.entries(facts.presets).map(explained)),
    kinds: Object.fromEntries(Object.entries(facts.kinds).map(([name, kind]) => [name, kindIn(kind)])),
    formats: facts.formats.map(labelled),
    examples: facts.examples.map(labelled),
  };
}
