// What the player is made of. Words come from the catalogue; nothing here knows what the parts do.

import { escaped, say } from "./words.js";

const ICONS = {
  play: "M8 5.1v13.8a1 1 0 0 0 1.5.86l11.3-6.9a1 1 0 0 0 0-1.72L9.5 4.24A1 1 0 0 0 8 5.1z",
  pause: "M7 4.5h3.2a.8.8 0 0 1 .8.8v13.4a.8.8 0 0 1-.8.8H7a.8.8 0 0 1-.8-.8V5.3a.8.8 0 0 1 .8-.8zm6.8 0H17a.8.8 0 0 1 .8.8v13.4a.8.8 0 0 1-.8.8h-3.2a.8.8 0 0 1-.8-.8V5.3a.8.8 0 0 1 .8-.8z",
  loop: "M17 2.6 21.4 7 17 11.4V8H7.5A3.5 3.5 0 0 0 4 11.5v1a1 1 0 0 1-2 0v-1A5.5 5.5 0 0 1 7.5 6H17zM7 21.4 2.6 17 7 12.6V16h9.5a3.5 3.5 0 0 0 3.5-3.5v-1a1 1 0 0 1 2 0v1a5.5 5.5 0 0 1-5.5 5.5H7z",
  closer: "M11 5a1 1 0 0 1 2 0v6h6a1 1 0 0 1 0 2h-6v6a1 1 0 0 1-2 0v-6H5a1 1 0 0 1 0-2h6z",
  wider: "M5 11h14a1 1 0 0 1 0 2H5a1 1 0 0 1 0-2z",
  whole: "M3 5a1 1 0 0 1 2 0v14a1 1 0 0 1-2 0zm16 0a1 1 0 0 1 2 0v14a1 1 0 0 1-2 0zM9.7 7.3a1 1 0 0 1 0 1.4L7.4 11h9.2l-2.3-2.3a1 1 0 0 1 1.4-1.4L20.4 12l-4.7 4.7a1 1 0 0 1-1.4-1.4l2.3-2.3H7.4l2.3 2.3a1 1 0 0 1-1.4 1.4L3.6 12l4.7-4.7a1 1 0 0 1 1.4 0z",
};

const word = (key) => escaped(say(`player.${key}`));
const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;

const choice = (name, options, chosen) => options.map((option) => `
  <button type="button" role="radio" class="sp-choice" data-${name}="${option}" aria-checked="${option === chosen}"
    tabindex="${option === chosen ? 0 : -1}" data-label="${word(option)}">${word(option)}</button>`).join("");

const tool = (name, label, extra = "") =>
  `<button type="button" class="sp-tool" data-do="${name}" aria-label="${word(label)}" title="${word(label)}"
    ${extra}>${icon(name)}</button>`;

/** @param {string} id that no other player has */
export const layout = (id) => `
<div class="sp-top">
  <button type="button" class="sp-play" data-do="toggle" aria-label="${word("play")}">${icon("play")}${icon("pause")}</button>
  <p class="sp-time"><span class="sp-now">0:00</span><span class="sp-of"> / </span><span class="sp-all">0:00</span></p>
  <div class="sp-group sp-heard" role="radiogroup" aria-label="${word("heard")}">
    ${choice("heard", ["before", "after", "removed"], "after")}
  </div>
  <label class="sp-equal" title="${word("equal.why")}">
    <input type="checkbox" role="switch" checked>${word("equal")}
  </label>
</div>
<div class="sp-picture">
  <div class="sp-stage" role="slider" tabindex="0" aria-label="${word("axis")}" aria-valuemin="0" aria-valuemax="0"
    aria-valuenow="0"><canvas aria-hidden="true"></canvas><div class="sp-passage" hidden></div><div class="sp-head"></div></div>
  <p class="sp-said" role="status"></p>
  <button type="button" class="sp-button sp-again" hidden>${word("again")}</button>
</div>
<div class="sp-scroll" aria-hidden="true"><div></div></div>
<div class="sp-tools">
  <div class="sp-group sp-view" role="radiogroup" aria-label="${word("view")}">
    ${choice("view", ["waveform", "spectrogram"], "waveform")}
  </div>
  <div class="sp-buttons">
    <button type="button" class="sp-tool sp-loop" data-do="loop" aria-pressed="false"
      aria-label="${word("loop")}" title="${word("loop.set")}">${icon("loop")}<span>${word("loop")}</span></button>
    ${tool("wider", "zoom_out")}${tool("closer", "zoom_in")}${tool("whole", "zoom_all")}
    <button type="button" class="sp-tool" data-do="help" aria-label="${word("help")}" title="${word("help")}"
      aria-haspopup="dialog"><span aria-hidden="true">?</span></button>
  </div>
</div>
<div class="sp-amount">
  <label for="${id}-amount">${word("amount")}</label>
  <span class="sp-end" aria-hidden="true">${word("amount.gentle")}</span>
  <input id="${id}-amount" type="range" min="0" max="100" step="1" value="100">
  <span class="sp-end" aria-hidden="true">${word("amount.all")}</span>
  <span class="sp-percent" aria-hidden="true"></span>
</div>`;
