// Gradio's "Use via API" opens by its button alone, also where the address asks for it: after a reload, or from a link.

if (new URLSearchParams(location.search).get("view") === "api") {
  const watcher = new MutationObserver(() => {
    const button = document.querySelector("footer .show-api");
    if (!button) return;
    watcher.disconnect();
    if (document.querySelector(".api-docs")) return;
    button.click();  // closes what was never opened
    button.click();
  });
  watcher.observe(document, { childList: true, subtree: true });
}
