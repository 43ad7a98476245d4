// <speech-language>: the menu of languages. The choice is remembered, and the page begins anew in it.
//
//   <speech-language known="de en"></speech-language>

import { language, say } from "./words.js";

const KEY = "speech-enhancement.language";  // read by choose-language.js

/** As its own speakers call it. @param {string} name */
const nameOf = (name) => {
  const said = new Intl.DisplayNames(name, { type: "language" }).of(name) ?? name;
  return said[0].toLocaleUpperCase(name) + said.slice(1);
};

export class SpeechLanguage extends HTMLElement {
  connectedCallback() {
    const names = (this.getAttribute("known") ?? language).split(" ");
    const menu = document.createElement("select");
    menu.setAttribute("aria-label", say("language"));
    for (const name of names) {
      const option = new Option(nameOf(name), name, name === language, name === language);
      option.lang = name;
      menu.append(option);
    }
    menu.addEventListener("change", () => {
      try { localStorage.setItem(KEY, menu.value); } catch { /* it counts for this visit only */ }
      location.reload();
    });
    this.replaceChildren(menu);
    this.hidden = names.length < 2;
  }
}

customElements.define("speech-language", SpeechLanguage);
