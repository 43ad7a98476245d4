// What Gradio shows, in the page's language: the settings' names and help, tabs, the diagnostics, its own words as far as
// its own catalogues leave them English. Text nodes and attributes are translated as they come; values are no text nodes.

import { translated } from "./translated.js";
import { language } from "./words.js";

const ATTRIBUTES = ["aria-label", "title", "placeholder", "alt"];
// Our elements say their words themselves; code, credits and what is written for programmers stay as they are.
const LEFT = "speech-app, script, style, textarea, pre, code, .cm-editor, [lang]:not(html), [translate=no], #credits .prose, .api-docs";

/** @param {Element | Document} root */
function translateIn(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node instanceof Element && node.matches(LEFT) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) translateOne(node);
}

/** @param {Node} node */
function translateOne(node) {
  if (node instanceof Text) {
    const [, before, text, after] = /^(\s*)(.*?)(\s*)$/s.exec(node.data) ?? [];
    const said = text && translated(text.replace(/\s+/g, " "));
    if (said && said !== text.replace(/\s+/g, " ")) node.data = before + said + after;
  } else if (node instanceof Element) {
    for (const name of ATTRIBUTES) {
      const text = node.getAttribute(name), said = text && translated(text);
      if (said !== text) node.setAttribute(name, said);
    }
  }
}

/** @param {MutationRecord[]} records */
function take(records) {
  for (const { type, target, addedNodes } of records) {
    const element = target instanceof Element ? target : target.parentElement;
    if (!element || element.closest(LEFT)) continue;
    if (type !== "childList") translateOne(target);
    for (const node of addedNodes) {
      if (node instanceof Element) node.matches(LEFT) || translateIn(node);
      else translateOne(node);
    }
  }
}

if (language !== "en") {
  translateIn(document);
  const all = { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES };
  new MutationObserver(take).observe(document.documentElement, all);
}
