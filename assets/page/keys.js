// Which key means what, and whether the page leaves it to us.

const BY_KEY = {
  " ": "toggle", 1: "before", 2: "after", 3: "removed", x: "swap", ArrowLeft: "back", ArrowRight: "on",
  Home: "start", End: "end", l: "loop", "[": "loop_start", "]": "loop_end", "+": "closer", "=": "closer", "-": "wider",
  "−": "wider", "?": "help", Escape: "clear",
};
const BY_CODE = { Digit1: "before", Digit2: "after", Digit3: "removed" };  // where a digit needs Shift
const TYPED = "input:not([type=range],[type=checkbox],[type=radio],[type=button]), textarea, select, [contenteditable]";
const ACTIVE = "a[href], button, summary, input, [role=tab], [role=slider], [role=button], [tabindex]:not([tabindex=\"-1\"])";

/** @param {KeyboardEvent} event @returns {string | null} */
export function command(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  return BY_KEY[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? BY_CODE[event.code] ?? null;
}

/**
 * Whether a key pressed there is meant for the player: within it, or where nothing else takes keys; never where one
 * types. Home and End elsewhere scroll the page.
 * @param {Element} target @param {Element} player @param {string} meant
 */
export function isOurs(target, player, meant) {
  if (target.closest(TYPED)) return false;
  if (player.contains(target)) return true;
  if (document.querySelector("dialog[open]") || ["start", "end", "clear"].includes(meant)) return false;
  return !target.closest(ACTIVE);
}
