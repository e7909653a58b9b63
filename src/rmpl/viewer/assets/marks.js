// Text is only ever moved with textContent and attributes: the page holds text from anywhere.
// page.py puts these files into one function.

const root = document.documentElement;
const SVG = "http://www.w3.org/2000/svg";

// Light and dark: the system's choice until the button is used.
const theme = document.getElementById("theme");
if (theme) {
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
}

const tip = document.createElement("div");
tip.id = "tip";
tip.setAttribute("role", "status");
document.body.append(tip);

const clear = () => {
  for (const one of document.querySelectorAll(".hot")) one.classList.remove("hot");
  for (const one of document.querySelectorAll("svg.wires")) one.remove();
  tip.textContent = "";
};

const mates = (card, name, key) =>
  [...card.querySelectorAll(`[data-${name}]`)].filter((one) => one.dataset[name] === key);

// A line from each badge in a sentence to each badge of the same link on an image.
const wire = (card, ends) => {
  const frame = card.getBoundingClientRect();
  const centre = (one) => {
    const box = one.getBoundingClientRect();
    return [box.left + box.width / 2 - frame.left, box.top + box.height / 2 - frame.top];
  };
  const seen = ends.filter((one) => one.getClientRects().length);
  const wires = document.createElementNS(SVG, "svg");
  wires.setAttribute("class", "wires");
  for (const pane of ["gold", "predicted"]) {
    const inPane = seen.filter((one) => one.closest(`.pane.${pane}`));
    const texts = inPane.filter((one) => one.closest(".sentence, .nowhere"));
    const images = inPane.filter((one) => one.closest(".figure"));
    for (const from of texts) {
      for (const to of images) {
        const [x1, y1] = centre(from);
        const [x2, y2] = centre(to);
        const bend = Math.max(30, Math.abs(y2 - y1) / 2);
        for (const name of ["under", "over"]) {
          const path = document.createElementNS(SVG, "path");
          path.setAttribute("class", name);
          path.setAttribute("d", `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`);
          wires.append(path);
        }
      }
    }
  }
  card.append(wires);
};

const show = (target) => {
  clear();
  const card = target.closest(".card");
  if (!card) return;
  const link = target.closest("[data-l]");
  const event = target.closest("[data-e]");
  if (link) {
    const ends = mates(card, "l", link.dataset.l);
    for (const one of ends) {
      one.classList.add("hot");
      const mention = one.closest("[data-e]");
      if (mention) for (const part of mates(card, "e", mention.dataset.e)) part.classList.add("hot");
    }
    wire(card, ends);
  } else if (event) {
    for (const one of mates(card, "e", event.dataset.e)) one.classList.add("hot");
  }
  const said = (link || event).querySelector(":scope > title");
  tip.textContent = said ? said.textContent : (link || event).getAttribute("title") || "";
};

for (const kind of ["pointerover", "focusin", "click"]) {
  document.addEventListener(kind, (what) => {
    const target = what.target.closest && what.target.closest("[data-e], [data-l]");
    if (target) show(target);
    else if (kind !== "focusin") clear();
  });
}
