// Times as people say them.

import { language, plural, say } from "./words.js";

/** How long something still takes. @param {number} s */
export function left(s) {
  if (s < 3) return say("time.moment");
  if (s < 50) return say("time.seconds", { n: s < 10 ? Math.ceil(s) : Math.ceil(s / 5) * 5 });
  const minutes = Math.max(1, Math.round(s / 60));
  if (minutes < 60) return minutes === 1 ? say("time.minute") : say("time.minutes", { n: minutes });
  return plural("time.hours", Math.round(minutes / 6) / 10);
}

/** The time of day. @param {number} unix_s */
export const ofDay = (unix_s) => new Date(unix_s * 1000).toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
