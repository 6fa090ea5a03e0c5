const flaws = [];
const shown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && element.getBoundingClientRect().width > 1
  && element.getBoundingClientRect().right > 0;
const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const light = (colour) => {
  const [red, green, blue] = channels(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    const parts = channels(colour);
    if (parts.length === 3 || parts[3] === 1) return colour;
  }
  return "rgb(255, 255, 255)";
};
const describe = (element) => `${element.tagName.toLowerCase()} ${element.textContent.trim().slice(0, 40)}`;

const card = document.querySelector(".card").getBoundingClientRect();
for (const element of document.body.querySelectorAll("*")) {
  const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  if (!texts.length || !shown(element)) continue;
  // On a phone all text keeps to the column of the card.
  for (const text of innerWidth < 600 ? texts : []) {
    const range = document.createRange();
    range.selectNodeContents(text);
    if (range.getBoundingClientRect().right > card.right + 1) flaws.push(["out", describe(element)]);
  }
  const [one, other] = [light(getComputedStyle(element).color), light(ground(element))];
  const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  if (contrast < 4.5) flaws.push(["faint", describe(element), contrast]);
}
if (document.documentElement.scrollWidth > innerWidth) flaws.push(["wide", document.documentElement.scrollWidth, innerWidth]);
for (const control of document.querySelectorAll("a, button, input")) {
  if (!shown(control)) continue;
  const { width, height } = control.getBoundingClientRect();
  if (Math.min(width, height) < 24) flaws.push(["small", describe(control), width, height]);
}
return flaws;
