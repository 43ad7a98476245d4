// <speech-dock>: on a phone, the player and the download at the lower edge, wherever the page is scrolled to.
//
//   dock.player = <speech-player>; dock.download = <a>, whose address it has

import { say } from "./words.js";

const PLAY = "M8 5.1v13.8a1 1 0 0 0 1.5.86l11.3-6.9a1 1 0 0 0 0-1.72L9.5 4.24A1 1 0 0 0 8 5.1z";
const PAUSE = "M7 4.5h4v15H7zM13 4.5h4v15h-4z";

export class SpeechDock extends HTMLElement {
  /** @type {any} */ #player = null;
  /** @type {HTMLAnchorElement | null} */ #download = null;

  connectedCallback() {
    this.innerHTML = `<button type="button" data-dock="toggle"><svg viewBox="0 0 24 24" aria-hidden="true"><path/></svg></button>
      <button type="button" class="swap" data-dock="swap" aria-pressed="false"></button><span class="at" aria-hidden="true"></span>
      <a class="button primary" download></a>`;
    this.querySelector("a").textContent = say("result.download.short");
    this.addEventListener("click", (event) => {
      const wanted = /** @type {Element} */ (event.target).closest("[data-dock]")?.getAttribute("data-dock");
      if (wanted === "toggle") this.#player?.playing ? this.#player.pause() : this.#player?.play();
      if (wanted === "swap" && this.#player) this.#player.heard = this.#player.heard === "before" ? "after" : "before";
      this.#mark();
    });
    this.#mark();
  }

  set player(player) {
    this.#player = player;
    for (const name of ["playing", "heard", "position"]) player.addEventListener(name, () => this.#mark());
  }

  set download(link) {
    this.#download = link;
    new MutationObserver(() => this.#mark()).observe(link, { attributes: true });
    this.#mark();
  }

  #mark() {
    const toggle = this.querySelector("[data-dock=toggle]"), swap = this.querySelector(".swap");
    if (!toggle || !this.#player) return;
    const is_playing = this.#player.playing, is_before = this.#player.heard === "before";
    toggle.querySelector("path").setAttribute("d", is_playing ? PAUSE : PLAY);
    toggle.setAttribute("aria-label", say(is_playing ? "player.pause" : "player.play"));
    swap.setAttribute("aria-pressed", String(is_before));
    swap.textContent = say(`player.${this.#player.heard}`);
    swap.setAttribute("aria-label", say("dock.swap", { heard: say(`player.${this.#player.heard}`) }));
    this.querySelector("a").href = this.#download?.href ?? "";
  }
}

customElements.define("speech-dock", SpeechDock);
