"use strict";
(() => {
  // What was shown last, as it came: what is shown has the reader's own times in it.
  const shown = {};
  const moment = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
  const second = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium" });
  const localise = (part) => {
    for (const time of part.querySelectorAll("time")) time.textContent = (time.dataset.fine ? second : moment).format(new Date(time.dateTime));
  };
  const keep = (part) => {
    const fresh = part.innerHTML, before = shown[part.id];
    shown[part.id] = fresh;
    return fresh !== before;
  };
  const ids = ["held", "asked"];
  const rows = (part) => [...part.querySelectorAll("[data-row]")];
  for (const id of ids) {
    const part = document.getElementById(id);
    keep(part);
    localise(part);
  }

  let words = Object.fromEntries(rows(document).map((row) => [row.dataset.row, row.dataset.state]));
  const put = (part) => {
    const there = document.getElementById(part.id);
    const before = words;
    words = { ...words };
    for (const row of rows(part)) {
      if (before[row.dataset.row] !== row.dataset.state) row.classList.add("fresh");
      words[row.dataset.row] = row.dataset.state;
    }
    localise(part);
    there.replaceChildren(...document.importNode(part, true).childNodes);
  };
  const told = document.getElementById("told");
  // Presses so far, and whether the last one broke something.
  let presses = 0, broken = false;
  const refresh = async () => {
    if (document.hidden) return;
    const asked = presses;
    try {
      const answer = await fetch("/staff", { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const text = await answer.text();
      // Only the content is parsed: the head's style carries another nonce, which this page's policy refuses aloud.
      const content = new DOMParser().parseFromString(text.slice(text.indexOf("<main"), text.indexOf("</main>")), "text/html");
      for (const id of ids) {
        const part = content.getElementById(id);
        if (part && keep(part)) put(part);
      }
      // What is used up is told no longer; an answer to what was asked before a press knows nothing of it.
      if (broken && asked === presses && content.getElementById("told")?.dataset.left === "0") {
        broken = false;
        told.textContent = "";
      }
    } catch { /* The ERP is away; what is shown stays until it is back. */ }
  };
  setInterval(refresh, 1000);

  for (const button of document.querySelectorAll("[data-fault]")) button.addEventListener("click", async () => {
    const answer = await fetch("/_demo/faults", { method: "POST", headers: { "content-type": "application/json" }, body: button.dataset.fault }).catch(() => undefined);
    presses += 1;
    broken = Boolean(answer?.ok) && JSON.parse(button.dataset.fault).next !== 0;
    told.textContent = answer?.ok ? button.dataset.done : told.dataset.failed;
  });
})();
