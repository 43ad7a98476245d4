// What <speech-intake> is made of. All panels lie in one cell of a grid, so the card keeps its height whatever it shows.

import { FLOOR_DB } from "./levels.js";
import { ACCEPT } from "./names.js";
import { escaped, say } from "./words.js";

const ICONS = {
  upload: "M12 3.2a1 1 0 0 1 .7.3l4.3 4.3a1 1 0 0 1-1.4 1.4L13 6.6V15a1 1 0 0 1-2 0V6.6L8.4 9.2A1 1 0 0 1 7 7.8l4.3-4.3a1 1 0 0 1 .7-.3zM4 14a1 1 0 0 1 1 1v3.5c0 .3.2.5.5.5h13c.3 0 .5-.2.5-.5V15a1 1 0 1 1 2 0v3.5a2.5 2.5 0 0 1-2.5 2.5h-13A2.5 2.5 0 0 1 3 18.5V15a1 1 0 0 1 1-1z",
  microphone: "M12 2.5a3.5 3.5 0 0 1 3.5 3.5v5.5a3.5 3.5 0 0 1-7 0V6A3.5 3.5 0 0 1 12 2.5zM5.5 10.5a1 1 0 0 1 1 1 5.5 5.5 0 0 0 11 0 1 1 0 1 1 2 0 7.5 7.5 0 0 1-6.5 7.43V21a1 1 0 1 1-2 0v-2.07A7.5 7.5 0 0 1 4.5 11.5a1 1 0 0 1 1-1z",
  sound: "M9 17.5V6.2c0-.45.3-.85.74-.97l8.5-2.4A1 1 0 0 1 19.5 3.8v11.4a3 3 0 1 1-2-2.83V7.63l-6.5 1.83v8.04a3 3 0 1 1-2-2.83",
  video: "M4.5 5h10A1.5 1.5 0 0 1 16 6.5v2.7l3.97-2.38A.7.7 0 0 1 21 7.42v9.16a.7.7 0 0 1-1.03.6L16 14.8v2.7a1.5 1.5 0 0 1-1.5 1.5h-10A1.5 1.5 0 0 1 3 17.5v-11A1.5 1.5 0 0 1 4.5 5z",
  files: "M8 3h7.6a2 2 0 0 1 1.4.6l2.4 2.4a2 2 0 0 1 .6 1.4V16a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM3.5 7a1 1 0 0 1 1 1v11a.5.5 0 0 0 .5.5h10a1 1 0 1 1 0 2H5A2.5 2.5 0 0 1 2.5 19V8a1 1 0 0 1 1-1z",
  play: "M8 5.1v13.8a1 1 0 0 0 1.5.860l11.3-6.9a1 1 0 0 0 0-1.72L9.5 4.24A1 1 0 0 0 8 5.1z",
  warning: "M12 2.8a1.5 1.5 0 0 1 1.3.75l8.5 14.9A1.5 1.5 0 0 1 20.5 20.7h-17a1.5 1.5 0 0 1-1.3-2.25l8.5-14.9A1.5 1.5 0 0 1 12 2.8zm0 5.7a1 1 0 0 0-1 1v4.5a1 1 0 1 0 2 0V9.5a1 1 0 0 0-1-1zm0 7.5a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.4z",
};

const word = (key) => escaped(say(`intake.${key}`));
export const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

/** @param {string} does @param {string} key @param {string} [look] @param {string} [front] */
const button = (does, key, look = "", front = "") =>
  `<button type="button" class="si-button ${look}" data-do="${does}">${front}${word(key)}</button>`;

const DOT = '<span class="si-dot" aria-hidden="true"></span>';

const EMPTY = `
<div class="si-panel si-empty" data-panel="empty">
  <div class="si-big">${icon("upload")}</div>
  <p class="si-title"><span class="si-desk">${word("drop")}</span><span class="si-hand">${word("drop.touch")}</span></p>
  <div class="si-row">${button("choose", "choose", "si-first")}${button("record", "record", "", DOT)}</div>
  <p class="si-calm" data-is="limits"></p>
</div>`;

const UPLOADING = `
<div class="si-panel" data-panel="uploading">
  <p class="si-title si-name" data-is="sending"></p>
  <div class="si-bar" role="progressbar" aria-label="${word("uploading")}" aria-valuemin="0" aria-valuemax="100"
    aria-valuenow="0"><div></div></div>
  <div class="si-row si-between"><p class="si-calm si-count" data-is="sent" aria-hidden="true"></p>${button("stop", "stop")}</div>
</div>`;

const GIVEN = `
<div class="si-panel si-given" data-panel="given" tabindex="-1" role="group">
  <div class="si-big" data-is="kind"></div>
  <div class="si-facts">
    <p class="si-title si-name" data-is="name"></p>
    <p class="si-calm" data-is="facts"></p>
    <p class="si-note" data-is="note"></p>
  </div>
  <div class="si-row">${button("choose", "another")}${button("record", "record", "si-quiet", DOT)}</div>
</div>`;

const ASKING = `
<div class="si-panel" data-panel="asking">
  <div class="si-big">${icon("microphone")}</div>
  <p class="si-title">${word("asking")}</p>
  <p class="si-calm">${word("asking.do")}</p>
  <div class="si-row">${button("discard", "cancel")}</div>
</div>`;

const tick = (db) => `<span style="--si-at: ${(100 * (db - FLOOR_DB)) / -FLOOR_DB}%">${db ? "−" : ""}${-db}</span>`;

const RECORDING = `
<div class="si-panel si-recording" data-panel="recording">
  <p class="si-title si-row si-between"><span class="si-running" data-is="running"></span>
    <span class="si-count"><span data-is="elapsed" role="timer" aria-live="off">0:00</span> <span class="si-calm" data-is="left"></span></span></p>
  <div class="si-level" role="meter" aria-label="${word("level")}" aria-valuemin="${FLOOR_DB}" aria-valuemax="0" aria-valuenow="${FLOOR_DB}">
    <div class="si-scale"></div>
    <p class="si-ticks" aria-hidden="true">${[-60, -40, -20].map(tick).join("")}<span style="--si-at: 100%">0 dBFS</span></p>
  </div>
  <p class="si-warning" data-is="warning"></p>
  <div class="si-row">${button("finish", "finish", "si-first")}${button("pause", "pause")}${button("discard", "discard", "si-quiet")}</div>
  <label class="si-switch"><input type="checkbox" data-is="cleaned">${word("cleaned")}</label>
</div>`;

const ERROR = `
<div class="si-panel si-error" data-panel="error">
  <div class="si-big">${icon("warning")}</div>
  <p class="si-title" data-is="message"></p>
  <p class="si-calm" data-is="suggestion"></p>
  <p class="si-note" data-is="note"></p>
  <div class="si-row" data-is="ways"></div>
</div>`;

export const layout = () => `
<div class="si-card">${EMPTY}${UPLOADING}${GIVEN}${ASKING}${RECORDING}${ERROR}</div>
<div class="si-examples" hidden><p class="si-calm">${word("examples")}</p><ul></ul></div>
<input type="file" multiple accept="${ACCEPT}" hidden aria-hidden="true" tabindex="-1">
<p class="si-spoken" role="status"></p>
<p class="si-spoken" role="alert"></p>`;

/** @param {{name: string, label: string}} example */
export const exampleButton = ({ name, label }) =>
  `<li><button type="button" class="si-button si-quiet" data-example="${escaped(name)}">${icon("play")}<span>${escaped(label)}</span></button></li>`;

/** A button of the error panel. */
export const way = (does, key, look) => button(does, key, look);
