"use strict";
(() => {
  const parts = document.querySelectorAll("header nav button");
  for (const part of parts) part.addEventListener("click", () => {
    document.body.dataset.shown = part.dataset.part;
    for (const other of parts) other.toggleAttribute("aria-current", false);
    part.setAttribute("aria-current", "true");
  });
  const people = document.querySelectorAll(".people button");
  for (const person of people) person.addEventListener("click", () => {
    for (const other of people) {
      const frame = document.getElementById(other.getAttribute("aria-controls"));
      other.setAttribute("aria-pressed", String(other === person));
      const was = frame.hidden;
      frame.hidden = other !== person;
      // A chat that is not shown holds no connection: a browser has six for all of them. What is said there meanwhile is kept.
      if (frame.hidden !== was) frame.contentWindow.location.replace(frame.hidden ? "about:blank" : frame.dataset.src);
    }
  });
})();
