"use strict";
const at = (id) => document.getElementById(id);
const said = document.body.dataset;
const letters = at("letters");
const touch = matchMedia("(pointer: coarse)");

const made = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);
const name = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const pause = (time) => new Promise((done) => setTimeout(done, time));
// Where one goes on: the field, but on a touch screen that would bring up the keyboard unasked.
const rest = () => (touch.matches ? letters : at("text")).focus({ preventScroll: true });

let noticed;
function notice(text) {
  at("notice").textContent = text;
  clearTimeout(noticed);
  noticed = setTimeout(() => { at("notice").textContent = ""; }, 6000);
}

// — What the person does. It waits here, and in the tab's own storage, until the server has kept it: a network that is away, a server
// that starts again and a reload lose nothing. The same act keeps its name when it is sent again, so that it happens once. —

const shelf = `waiting ${location.pathname}`;
let waiting = [];
try { waiting = JSON.parse(sessionStorage.getItem(shelf)) ?? []; } catch { /* the storage is shut: it waits in the page alone */ }
function keep() {
  try { sessionStorage.setItem(shelf, JSON.stringify(waiting)); } catch { /* as above */ }
}

function act(what, body, by = name()) {
  const one = { what, body: { ...body, act: by } };
  waiting.push(one);
  keep();
  show(one);
  return deliver();
}

const write = (text, what = "text") => { if (text.trim() !== "") act(what, { text: text.trim() }); };

let delivering = false;
async function deliver() {
  if (delivering) return;
  delivering = true;
  while (waiting.length > 0) {
    const one = waiting[0];
    const outcome = await post(one);
    if (outcome === "later") break;
    waiting.shift();
    keep();
    settle(one, outcome);
  }
  delivering = false;
  mark();
  speak();
}

const post = ({ what, body }) => send(what, JSON.stringify(body), "application/json", 45000);

async function send(what, body, kind, patience, known = false) {
  try {
    const answer = await fetch(what, { method: "POST", headers: { "content-type": kind }, body, signal: AbortSignal.timeout(patience) });
    if (answer.ok) return "kept";
    if (answer.status === 401 && !known && await enter()) return send(what, body, kind, patience, true);
    return answer.status === 503 || answer.status === 401 || answer.status === 429 ? "later" : "refused";
  } catch {
    return "later";
  }
}

function settle({ what, body }, outcome) {
  at(`act-${body.act}`)?.remove();
  if (outcome === "kept") return;
  notice(said.refused);
  if (what !== "press" && at("text").value === "") at("text").value = body.text;
}

// What was written stands in the conversation at once, and is replaced by what the server has kept of it.
function show({ what, body }) {
  if (what === "press" || at(`act-${body.act}`) || letters.querySelector(`[data-by="${body.act}"]`)) return;
  const bubble = made("article", { id: `act-${body.act}`, className: "mine open" });
  const text = made("div", { className: "text", textContent: body.text });
  text.append(made("div", { className: "foot", textContent: said.waiting, hidden: connected }));
  bubble.append(made("span", { className: "unseen", textContent: `${said.you}: ` }), text);
  letters.append(bubble);
  greet();
  down();
}

const mark = () => {
  for (const foot of letters.querySelectorAll("[id^=act-] .foot")) foot.hidden = connected;
};

setInterval(deliver, 4000);
addEventListener("online", () => { listen(); deliver(); });

const enter = () => fetch("enter", { method: "POST" }).then((answer) => answer.ok, () => false);

// — What the bot says. —

function button(key, number) {
  const [kind, value] = Object.entries(key.does)[0];
  if (kind === "open") return made("a", { className: "key", href: value, target: "_blank", rel: "noopener noreferrer", textContent: key.label });
  const shown = made("button", { type: "button", className: "key", textContent: key.label });
  shown.addEventListener("click", async () => {
    if (kind === "copy") {
      await copy(value);
      return notice(said.copied);
    }
    if (kind === "locate") return locate();
    if (kind === "say") return write(value);
    if (shown.getAttribute("aria-disabled") === "true") return;
    shown.setAttribute("aria-disabled", "true");
    act("press", { token: value, message: number });
    if (!connected) notice(said.waiting);
    while (waiting.some(({ body }) => body.token === value)) await pause(50);
    shown.removeAttribute("aria-disabled");
    if (!shown.isConnected && document.activeElement === document.body) rest();
  });
  return shown;
}

function locate() {
  const unknown = () => notice(said.nowhere);
  if (!navigator.geolocation) return unknown();
  const found = ({ coords }) => write(`${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`, "location");
  navigator.geolocation.getCurrentPosition(found, unknown, { timeout: 15000 });
}

// A file is too large to wait in the tab's storage: it is tried for half a minute, and then the person hears of it.
async function attach(file) {
  if (file.size > 20 * 1024 * 1024) return notice(said.large);
  const address = `file?${new URLSearchParams({ act: name(), name: file.name })}`;
  at("attach").disabled = true;
  let outcome = "later";
  for (let attempt = 0; attempt < 5 && outcome === "later"; attempt += 1) {
    await pause(2500 * attempt);
    outcome = await send(address, file, file.type || "application/octet-stream", 300000);
  }
  at("attach").disabled = false;
  if (outcome !== "kept") notice(outcome === "refused" ? said.refused : said.failed);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = made("textarea", { value: text, className: "unseen" });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

function keys(letter) {
  const line = (...all) => {
    const row = made("div", { className: "row" });
    row.append(...all);
    return row;
  };
  const simple = (label, kind, does) => {
    const key = made("button", { type: "button", className: kind, textContent: label });
    key.addEventListener("click", does);
    return key;
  };
  const rows = letter.rows.map((row) => line(...row.map((key) => button(key, letter.number))));
  if (letter.contact) {
    const { label, skip } = letter.contact;
    rows.push(line(simple(label, "key main number", askNumber), ...(skip ? [simple(skip, "key", () => write(skip))] : [])));
  }
  // Nobody waits for the end of this any more: the tab that sent it was closed, and the server stopped before it was kept.
  const lost = letter.open && !letter.html.startsWith(CLIP) && Date.now() / 1000 - letter.at > 60 && !waiting.some(({ body }) => body.act === letter.by);
  if (lost) rows.push(line(simple(said.again, "quiet", (event) => { event.target.remove(); act("text", { text: plain(letter.html) }, letter.by); })));
  return rows;
}

const plain = (html) => made("div", { innerHTML: html }).textContent;

function moment(seconds) {
  const then = new Date(seconds * 1000);
  const today = then.toDateString() === new Date().toDateString();
  const form = today ? { timeStyle: "short" } : { dateStyle: "short", timeStyle: "short" };
  const time = made("time", { textContent: new Intl.DateTimeFormat(document.documentElement.lang, form).format(then) });
  time.dateTime = then.toISOString();
  // Texts speak of the bot's zone; this one may be another.
  const whole = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  time.title = `${whole.format(then)} (${whole.resolvedOptions().timeZone})`;
  return time;
}

// A file that a message shows: a picture where it stands, anything else to be kept.
function file({ number, protect, file: { picture, name: called, size } }) {
  const address = `shown/${number}`;
  const lost = () => made("div", { className: "lost", textContent: `${called}: ${said.lost}` });
  if (picture) {
    const shown = made("img", { src: address, alt: called, className: "picture" });
    // Its height is known only now; who stood at the end stays there.
    shown.addEventListener("load", () => { if (low() || letters.scrollHeight - letters.scrollTop - letters.clientHeight < shown.height + 160) down(); });
    shown.addEventListener("error", () => shown.replaceWith(lost()));
    if (protect) for (const kind of ["contextmenu", "dragstart"]) shown.addEventListener(kind, (event) => event.preventDefault());
    return shown;
  }
  const units = said.bytes.split(" ");
  const step = size < 1024 ? 0 : size < 1024 * 1024 ? 1 : 2;
  const amount = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: step === 2 ? 1 : 0 }).format(size / 1024 ** step);
  const link = made("a", { href: address, download: called, className: "file" });
  link.append(clip(), `${called}, ${amount} ${units[step]}`);
  return link;
}

// The sign of a file is drawn: not every machine has a font for it.
const CLIP = "📎";
function clip() {
  const drawing = at("attach").querySelector("svg").cloneNode(true);
  drawing.classList.add("clip");
  return drawing;
}

// What stands in `html` was made by the server from formatting alone.
function drawn(letter) {
  const bubble = made("article", { id: `letter-${letter.number}`, className: letter.by ? "mine" : "theirs" });
  bubble.classList.toggle("open", letter.open);
  bubble.classList.toggle("protected", letter.protect);
  if (letter.by) bubble.dataset.by = letter.by;
  const text = made("div", { className: "text", innerHTML: letter.html });
  for (const spoiler of text.querySelectorAll(".spoiler")) {
    spoiler.setAttribute("role", "button");
    spoiler.setAttribute("aria-label", said.spoiler);
    const reveal = () => {
      spoiler.classList.add("shown");
      spoiler.removeAttribute("role");
      spoiler.removeAttribute("aria-label");
    };
    spoiler.addEventListener("click", reveal);
    spoiler.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); reveal(); } });
  }
  if (letter.protect) for (const kind of ["copy", "cut", "contextmenu", "dragstart"]) text.addEventListener(kind, (event) => event.preventDefault());
  if (!letter.by) pressable(text);
  if (letter.html.startsWith(`${CLIP} `)) {
    text.firstChild.data = text.firstChild.data.slice(CLIP.length + 1);
    text.prepend(clip());
  }
  if (letter.file) text.prepend(file(letter));
  const foot = made("div", { className: "foot" });
  if (letter.unverified) foot.append(made("span", { textContent: said.unverified }));
  if (letter.at) foot.append(moment(letter.at));
  text.append(foot);
  bubble.append(made("span", { className: "unseen", textContent: `${letter.by ? said.you : said.bot}: ` }), text, ...keys(letter));
  return bubble;
}

// A command in a text is there to be pressed, as in Telegram.
function pressable(text) {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("a, code, pre, .spoiler")) found.push(walker.currentNode);
  for (const node of found) {
    const parts = node.data.split(/(?<=^|[\s(«"])(\/[a-z][a-z0-9_]{0,31})(?![\w/])/);
    if (parts.length === 1) continue;
    node.replaceWith(...parts.map((part, place) => {
      if (place % 2 === 0) return part;
      const command = made("button", { type: "button", className: "command", textContent: part });
      command.addEventListener("click", () => { write(part); rest(); });
      return command;
    }));
  }
}

const drawnAs = new Map();
const essence = (letter) => JSON.stringify({ ...letter, open: false });

function put(letter) {
  const there = at(`letter-${letter.number}`);
  const before = drawnAs.get(letter.number);
  drawnAs.set(letter.number, essence(letter));
  if (letter.by) at(`act-${letter.by}`)?.remove();
  if (letter.gone) {
    const focused = there?.contains(document.activeElement);
    there?.remove();
    if (focused) rest();
  } else if (there && before === essence(letter)) {
    // The same, but kept now: it is not read aloud once more.
    there.classList.toggle("open", letter.open);
  } else if (there) {
    const focused = there.contains(document.activeElement);
    const changed = drawn(letter);
    there.replaceWith(changed);
    if (focused) (changed.querySelector(".row button, .row a") ?? at("text")).focus({ preventScroll: true });
  } else {
    const fresh = drawn(letter);
    fresh.classList.add("fresh");
    letters.insertBefore(fresh, letters.querySelector("[id^=act-]"));
  }
  greet();
  if (!at("number").hidden && !letters.querySelector(".key.number")) closeNumber();
}

const greet = () => { at("hello").hidden = letters.childElementCount > 0; };
const low = () => letters.scrollHeight - letters.scrollTop - letters.clientHeight < 120;
function down() {
  letters.scrollTop = letters.scrollHeight;
  at("down").hidden = true;
}
// A message that is taller than the page is read from its beginning.
function reach(bubble) {
  down();
  const hidden = bubble ? letters.getBoundingClientRect().top - bubble.getBoundingClientRect().top : 0;
  if (hidden > 0 && !bubble.classList.contains("mine")) letters.scrollTop -= hidden + 8;
  at("down").hidden = low();
}
letters.addEventListener("scroll", () => { if (low()) at("down").hidden = true; }, { passive: true });
at("down").addEventListener("click", () => { down(); rest(); });

// — The connection. —

// What a link brings: handed in once the conversation is there, and taken out of the address when it waits here.
function open() {
  const brought = new URLSearchParams(location.search).get("start");
  if (brought === null) return;
  if (/^[\w-]{1,64}$/.test(brought)) write(`/start ${brought}`);
  history.replaceState(null, "", location.pathname);
}

let events, again, connected = false, greeted = false, tries = 0;

// A browser has six connections to a server for all its tabs. A page that nobody looks at gives its own back; what comes meanwhile waits in
// the mailbox, and is there as soon as somebody looks.
let asleep = false, drowsy;
document.addEventListener("visibilitychange", () => {
  clearTimeout(drowsy);
  if (document.hidden) {
    drowsy = setTimeout(() => { asleep = true; clearTimeout(again); events?.close(); }, 3000);
  } else if (asleep || (!connected && greeted)) {
    asleep = false;
    listen();
  }
});

function state(now) {
  connected = now;
  document.body.classList.toggle("away", !now);
  at("state").textContent = now ? said.online : greeted ? said.alone : said.connecting;
  const trouble = now || !greeted && navigator.onLine ? "" : navigator.onLine ? said.away : said.offline;
  if (at("trouble").textContent !== trouble) {
    // What it says takes room; whoever stood at the end stays there.
    const stays = low();
    at("trouble").textContent = trouble;
    if (stays) down();
  }
  mark();
}

function entered() {
  try { return localStorage.getItem(shelf) === "entered"; } catch { return false; }
}

async function listen() {
  clearTimeout(again);
  events?.close();
  if (asleep) return;
  // A browser that is known here need not ask first; should it be forgotten, the next try does.
  if ((tries > 0 || !entered()) && !await enter()) return later();
  events = new EventSource("events");
  const on = (kind, does) => events.addEventListener(kind, (event) => does(JSON.parse(event.data)));
  on("letters", (all) => {
    // A page that opens is not read aloud from the beginning.
    letters.setAttribute("aria-live", "off");
    const focused = letters.contains(document.activeElement) && document.activeElement !== letters;
    letters.replaceChildren();
    drawnAs.clear();
    tries = 0;
    state(true);
    try { localStorage.setItem(shelf, "entered"); } catch { /* it asks again, then */ }
    all.forEach(put);
    waiting.forEach(show);
    for (const bubble of letters.querySelectorAll(".fresh")) bubble.classList.remove("fresh");
    greet();
    down();
    requestAnimationFrame(() => {
      down();
      letters.setAttribute("aria-live", "polite");
      if (!greeted) performance.mark("usable");
      greeted = true;
    });
    open();
    if (focused || (!greeted && !touch.matches && window === window.top)) rest();
    deliver();
  });
  on("letter", (letter) => {
    const follow = low() || letter.by;
    const known = at(`letter-${letter.number}`);
    put(letter);
    if (follow) reach(at(`letter-${letter.number}`));
    else if (!known && !letter.gone) at("down").hidden = false;
  });
  on("notice", notice);
  on("commands", (told) => { menu(told.commands); language = told.language; speak(); });
  events.onerror = later;
}

// It tries again by itself: soon at first, then every few seconds, never all pages of the world at the same moment.
function later() {
  events?.close();
  state(false);
  tries += 1;
  clearTimeout(again);
  again = setTimeout(listen, Math.min(500 * 2 ** tries, 8000) * (0.5 + Math.random() / 2));
}
addEventListener("offline", () => state(false));

// — The menu, the number, the field. —

// Whoever has changed the language reads the page's own words in it, too: it comes anew, once, and not while something is being written
// or waits to be sent.
let language = "";
function speak() {
  const changed = `${shelf} ${language}`;
  if (document.documentElement.lang === language || !["ru", "en"].includes(language) || at("text").value !== "" || waiting.length > 0) return;
  try {
    if (sessionStorage.getItem("spoken") === changed) return;
    sessionStorage.setItem("spoken", changed);
  } catch { return; /* nobody would know that it has come anew already */ }
  location.reload();
}

function menu(all) {
  at("menu-button").hidden = all.length === 0;
  at("menu").replaceChildren(...all.map(([command, title]) => {
    const item = made("li");
    const choice = made("button", { type: "button" });
    choice.append(made("b", { textContent: command }), made("span", { textContent: title }));
    choice.addEventListener("click", () => { fold(); rest(); write(command); });
    item.append(choice);
    return item;
  }));
}

function fold() {
  at("menu").hidden = true;
  at("menu-button").setAttribute("aria-expanded", "false");
}

function askNumber() {
  at("number").hidden = false;
  at("write").hidden = true;
  at("own").focus();
  down();
}

function closeNumber() {
  at("number").hidden = true;
  at("write").hidden = false;
  rest();
}

at("menu-button").addEventListener("click", () => {
  const opens = at("menu").hidden;
  at("menu").hidden = !opens;
  at("menu-button").setAttribute("aria-expanded", String(opens));
  if (opens) at("menu").querySelector("button")?.focus();
});
at("menu").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...at("menu").querySelectorAll("button")];
  all.at((all.indexOf(document.activeElement) + step) % all.length)?.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!at("menu").hidden) { fold(); at("menu-button").focus(); }
  else if (!at("number").hidden) closeNumber();
});
document.addEventListener("click", (event) => { if (!event.target.closest("header")) fold(); });
at("begin").addEventListener("click", () => { write("/start"); rest(); });
at("attach").addEventListener("click", () => at("file").click());
at("file").addEventListener("change", async () => {
  for (const file of at("file").files) await attach(file);
  at("file").value = "";
});
at("cancel").addEventListener("click", closeNumber);
at("number").addEventListener("submit", (event) => {
  event.preventDefault();
  write(at("own").value, "contact");
  at("own").value = "";
  closeNumber();
});
at("write").addEventListener("submit", (event) => {
  event.preventDefault();
  write(at("text").value);
  at("text").value = "";
  grow();
});
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("write").requestSubmit();
  }
});
const grow = () => { const field = at("text"); field.rows = Math.min(6, field.value.split("\n").length); };
at("text").addEventListener("input", grow);
at("text").addEventListener("focus", fold);

menu(JSON.parse(said.commands));
listen();
