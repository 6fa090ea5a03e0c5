"use strict";
(() => {
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/", { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const text = await answer.text();
      // Only the content is parsed: the head's style carries another nonce, which this page's policy refuses aloud.
      const content = text.slice(text.indexOf("<main"), text.indexOf("</main>"));
      const fresh = new DOMParser().parseFromString(content, "text/html").getElementById("main");
      const shown = document.getElementById("main");
      if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(document.importNode(fresh, true));
    } catch { /* The ERP is away; what is shown stays until it is back. */ }
  };
  setInterval(refresh, 3000);
})();
