// What files are called, what they are, how large and how long, in words. No DOM, no catalogue: the language is given.

/** @typedef {"sound" | "video" | "other"} Kind */

const SOUNDS = new Set(
  ("aac ac3 aif aifc aiff alac amr ape au awb caf dsf dss dts eac3 flac gsm m4a m4b m4r mka mp2 mp3 mpc oga ogg opus " +
    "ra snd spx tak tta voc w64 wav wma wv").split(" "),
);
const VIDEOS = new Set(
  "3g2 3gp asf avi divx f4v flv m2ts m2v m4v mkv mov mp4 mpeg mpg mts mxf ogv qt rm rmvb ts vob webm wmv".split(" "),
);
const PAPERS = /^(image|text|font|model|message)\/|^application\/(pdf|rtf|zip|json|msword|gzip|x-(tar|gzip|7z|rar).*|vnd\.(ms-|openxml|oasis\.).*)$/;

/** For `accept`: what browsers do not count among audio and video themselves stands there by its ending. */
export const ACCEPT = ["audio/*", "video/*", ...[...SOUNDS, ...VIDEOS].map((ending) => `.${ending}`)].join(",");

/** "wav" of "Talk.WAV", "" where there is none. @param {string} name */
export const ending = (name) => /[^.]\.([a-z0-9]{1,5})$/i.exec(name)?.[1].toLowerCase() ?? "";

/**
 * "other" only for what is certainly neither: the server knows more formats than any list here, and looks inside.
 * @param {string} name @param {string} [type] MIME, often empty or wrong for rare formats
 * @returns {Kind}
 */
export function kindOf(name, type = "") {
  if (/^audio\/|^application\/ogg/.test(type)) return "sound";
  if (type.startsWith("video/")) return ending(name) === "ogg" ? "sound" : "video";
  if (SOUNDS.has(ending(name))) return "sound";
  if (VIDEOS.has(ending(name))) return "video";  // .ts is text/vnd.trolltech.linguist to some
  return PAPERS.test(type) ? "other" : "sound";
}

/** @param {string} name @param {string} [type] */
export const isVideo = (name, type = "") => kindOf(name, type) === "video";

/**
 * As it can be shown: no folder, no signs that are not seen or that turn the direction of reading.
 * @param {string} name
 */
export const shown = (name) =>
  name.replace(/^.*[/\\]/, "").replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, "").trim();

/**
 * `shown`, and of a long one the beginning and the end, where names differ.
 * @param {string} name @param {number} [most] letters
 */
export function short(name, most = 56) {
  const letters = [...(globalThis.Intl?.Segmenter ? new Intl.Segmenter().segment(shown(name)) : shown(name))].map(
    (letter) => (typeof letter === "string" ? letter : letter.segment),
  );
  if (letters.length <= most) return letters.join("");
  const tail = Math.floor(most / 3);
  return `${letters.slice(0, most - tail - 1).join("").trimEnd()}…${letters.slice(-tail).join("").trimStart()}`;
}

/**
 * "3.4 MB": powers of 1024, as the server counts its limits.
 * @param {number} bytes @param {string} [language]
 */
export function sizeWords(bytes, language = "en") {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let power = 0;
  while (power < 3 && bytes / 1024 ** power >= 999.5) power += 1;
  const value = bytes / 1024 ** power;
  const maximumFractionDigits = power > 1 && value < 9.95 ? 1 : 0;
  const unitDisplay = power ? "short" : "long";
  return new Intl.NumberFormat(language, { style: "unit", unit: units[power], unitDisplay, maximumFractionDigits }).format(value);
}

/** "1:02:03", "0:09". @param {number} s */
export function clock(s) {
  const whole = Math.max(0, Math.round(s));
  const [h, m, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(rest)}` : `${m}:${two(rest)}`;
}

/**
 * "21 minutes 40 seconds", for ears; from an hour on without seconds.
 * @param {number} s @param {string} [language]
 */
export function durationWords(s, language = "en") {
  const whole = Math.max(0, Math.round(s));
  const parts = { hour: Math.floor(whole / 3600), minute: Math.floor(whole / 60) % 60, second: whole < 3600 ? whole % 60 : 0 };
  const said = Object.entries(parts).filter(([unit, n]) => n || (unit === "second" && !whole));
  const words = ([unit, n]) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(n);
  return said.map(words).join(" ");
}

/** What a recording of this type ends with. @param {string} type MIME */
export const endingOf = (type) =>
  /mp4|aac/.test(type) ? "m4a" : /ogg/.test(type) ? "ogg" : /wav/.test(type) ? "wav" : "webm";

/**
 * "Recording 2026-11-29 16.20.webm", by the clock of whoever records. No colon: Windows takes none.
 * @param {Date} at @param {string} type MIME @param {string} [word]
 */
export function recordingName(at, type, word = "Recording") {
  const two = (n) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${word} ${day} ${two(at.getHours())}.${two(at.getMinutes())}.${endingOf(type)}`;
}
