// Draws `text` as a terminal shows it: what is typed, and what is answered.
document.documentElement.lang = "ru";
document.body.style.cssText = "margin: 0; padding: 28px; background: #0f141c";
const screen = document.createElement("pre");
screen.style.cssText = "margin: 0; padding: 20px 24px; border-radius: 14px; background: #182030; color: #e9eef7; box-shadow: 0 12px 32px rgb(0 0 0 / .5); "
  + "font: 15px/1.5 'DejaVu Sans Mono', monospace; white-space: pre-wrap; overflow-wrap: anywhere";
const span = (words, style) => Object.assign(document.createElement("span"), { textContent: words, style });
for (const line of text.trimEnd().split("\n")) {
  const [, who, rest] = line.match(/^(вы {2}│|бот │| {4}│|\$)(.*)$/) ?? [null, "", line];
  const typed = who.startsWith("вы") || who === "$";
  screen.append(span(who, `color: ${typed ? "#7fe0b2" : "#6b7890"}; font-weight: ${typed ? 700 : 400}`));
  for (const part of rest.split(/(\[\d+\]|https?:\/\/[\w.:/-]+)/)) {
    const link = part.startsWith("http"), key = /^\[\d+\]$/.test(part);
    screen.append(span(part, link ? "color: #8ea8ff; text-decoration: underline" : key ? "color: #ffd58a; font-weight: 700" : typed ? "font-weight: 700" : ""));
  }
  screen.append("\n");
}
document.body.append(screen);
