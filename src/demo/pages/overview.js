"use strict";
(() => {
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/", { headers: { accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
      const shown = document.getElementById("main");
      if (fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceWith(document.importNode(fresh, true));
    } catch { /* The ERP is away; what is shown stays until it is back. */ }
  };
  setInterval(refresh, 3000);
})();
