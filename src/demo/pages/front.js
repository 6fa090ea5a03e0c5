"use strict";
(() => {
  // What was chosen is chosen after a reload, too, for as long as the tab is open.
  const kept = (what) => { try { return sessionStorage.getItem(`front ${what}`); } catch { return null; } };
  const keep = (what, chosen) => { try { sessionStorage.setItem(`front ${what}`, chosen); } catch { /* The storage is shut: a reload begins with the first. */ } };

  const parts = [...document.querySelectorAll("header nav button")];
  const turn = (part) => {
    document.body.dataset.shown = part.dataset.part;
    for (const other of parts) other.toggleAttribute("aria-current", false);
    part.setAttribute("aria-current", "true");
    keep("part", part.dataset.part);
  };
  for (const part of parts) part.addEventListener("click", () => turn(part));

  const people = [...document.querySelectorAll(".people button")];
  const frameOf = (person) => document.getElementById(person.getAttribute("aria-controls"));
  const listen = (person) => {
    for (const other of people) {
      const frame = frameOf(other);
      other.setAttribute("aria-pressed", String(other === person));
      const was = frame.hidden;
      frame.hidden = other !== person;
      // A chat that is not shown holds no connection: a browser has six for all of them. What is said there meanwhile is kept.
      if (frame.hidden !== was) frame.contentWindow.location.replace(frame.hidden ? "about:blank" : frame.dataset.src);
    }
    keep("chat", frameOf(person).dataset.src);
  };
  for (const person of people) person.addEventListener("click", () => listen(person));

  const part = parts.find((part) => part.dataset.part === kept("part"));
  if (part) turn(part);
  const person = people.find((person) => frameOf(person).dataset.src === kept("chat"));
  if (person) listen(person);
})();
