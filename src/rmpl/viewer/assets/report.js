"use strict";
// Text is only ever moved with textContent and attributes: the page holds text from anywhere.
(() => {
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

  // Filters: an item is [setting, kind, type, role, verdict]; a row is shown when one of its items
  // agrees with everything chosen, a document when one of its rows or links is.
  const toolbar = document.getElementById("toolbar");
  const fields = ["setting", "kind", "type", "role", "verdict"];
  const cards = [...document.querySelectorAll(".card")].map((card) => ({
    card,
    words: card.textContent.toLowerCase(),
    rows: [...card.querySelectorAll("[data-items]")].map((row) => ({
      row,
      items: JSON.parse(row.dataset.items),
    })),
  }));
  const control = (name) => toolbar.querySelector(`[name="${name}"]`);

  const filter = () => {
    const wanted = fields.map((name) => control(name).value);
    const words = control("document").value.trim().toLowerCase();
    const any = wanted.some(Boolean);
    let shown = 0;
    for (const { card, words: text, rows } of cards) {
      let found = !any;
      for (const { row, items } of rows) {
        const fits = !any || items.some((item) => wanted.every((w, i) => !w || item[i] === w));
        row.hidden = !fits;
        found = found || fits;
      }
      card.hidden = !found || !text.includes(words);
      if (!card.hidden) shown += 1;
    }
    document.getElementById("shown").textContent = `${shown} of ${cards.length} documents`;
    clear();
  };

  const choose = (chosen) => {
    for (const name of fields) control(name).value = chosen[name] || "";
    control("document").value = "";
    filter();
  };

  if (toolbar) {
    toolbar.addEventListener("input", filter);
    control("reset").addEventListener("click", () => choose({}));
    for (const button of document.querySelectorAll("[data-filter]")) {
      button.addEventListener("click", () => {
        choose(JSON.parse(button.dataset.filter));
        toolbar.scrollIntoView();
      });
    }
    filter();
  }

  // An address into the page wins over the filters: what it names must be seen.
  const reveal = (hash) => {
    const target = document.getElementById(hash.slice(1));
    if (!target) return null;
    if (toolbar && target.closest("[hidden]")) choose({});
    const folded = target.closest("details");
    if (folded) folded.open = true;
    return target;
  };
  addEventListener("hashchange", () => {
    const target = reveal(location.hash);
    if (target) target.scrollIntoView();
  });

  // The example of an error lights up what it is about.
  document.addEventListener("click", (what) => {
    const example = what.target.closest && what.target.closest("a[data-mark]");
    const target = example && example.hash && reveal(example.hash);
    if (!target) return;
    const key = example.dataset.mark;
    const mark = mates(target, "e", key)[0] || mates(target, "l", key)[0];
    if (mark) show(mark);
  });

  const step = (by) => {
    const seen = cards.map((one) => one.card).filter((card) => !card.hidden);
    const now = seen.findIndex((card) => card.contains(document.activeElement));
    const next = seen[Math.min(seen.length - 1, Math.max(0, now + by))];
    if (!next) return;
    next.focus({ preventScroll: true });
    next.scrollIntoView();
  };

  document.addEventListener("keydown", (what) => {
    if (what.ctrlKey || what.metaKey || what.altKey) return;
    if (what.key === "Escape") {
      clear();
      if (what.target.matches("#toolbar input")) what.target.blur();
      return;
    }
    if (what.target.matches("input, select")) return;
    if (what.key === "j") step(1);
    else if (what.key === "k") step(-1);
    else if (what.key === "/" && toolbar) {
      what.preventDefault();
      control("document").focus();
    }
  });
})();
