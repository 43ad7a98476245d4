// Which language the page speaks: the one that was chosen here, else the browser's first that there is. Run in the page's
// head, before anything reads it; Gradio reads the navigator. See web/languages.py.
(known) => {
  let kept = null;
  try { kept = localStorage.getItem("speech-enhancement.language"); } catch { /* not allowed here */ }
  const wanted = [kept, ...(navigator.languages ?? [navigator.language])].filter(Boolean).map((name) => name.toLowerCase());
  const of = (name) => known.find((one) => one === name) ?? known.find((one) => one === name.split("-")[0]);
  const found = wanted.map(of).find(Boolean) ?? "en";
  const rest = (navigator.languages ?? []).filter((name) => name !== found);
  if (navigator.language?.toLowerCase().split("-")[0] !== found.split("-")[0]) {
    Object.defineProperty(navigator, "language", { get: () => found, configurable: true });
    Object.defineProperty(navigator, "languages", { get: () => [found, ...rest], configurable: true });
  }
  const locale = /** @type {any} */ (new Intl.Locale(found));
  const direction = (locale.getTextInfo?.() ?? locale.textInfo)?.direction;
  document.documentElement.lang = found;
  document.documentElement.dir = direction ?? (/^(ar|fa|he|ps|ur)\b/.test(found) ? "rtl" : "ltr");
}
