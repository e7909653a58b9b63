// An address into the page wins over the filters: what it names must be seen.
const reveal = (hash) => {
  const target = hash.length > 1 && document.getElementById(hash.slice(1));
  if (!target) return null;
  const view = views.find((one) => document.getElementById(one.dataset.view).contains(target));
  if (view) look(view.dataset.view);
  const card = target.closest(".card");
  if (target.matches(".silent") && card) setWhole([byId.get(card.id)], true);
  if (toolbar && target.closest("[hidden]")) choose({});
  const folded = target.closest("details");
  if (folded) folded.open = true;
  return target;
};

// Documents out of sight have assumed heights. They get their own while the page scrolls past,
// which moves the target: so it is scrolled to until it stays.
const settle = (target, mark) => {
  let still = 0;
  const place = () => {
    target.scrollIntoView({ behavior: "instant", block: "start" });
    const end = mark ? mark.getBoundingClientRect().bottom : 0;
    if (end > innerHeight) mark.scrollIntoView({ behavior: "instant", block: "center" });
  };
  const step = (left) => {
    const before = target.getBoundingClientRect().top;
    place();
    still = Math.abs(target.getBoundingClientRect().top - before) < 1 ? still + 1 : 0;
    if (left && still < 3) requestAnimationFrame(() => step(left - 1));
  };
  step(30);
};

const land = (hash) => {
  const target = reveal(hash);
  if (target) settle(target);
  return target;
};
let followed = "";
addEventListener("hashchange", () => {
  if (location.hash === followed) followed = "";
  else land(location.hash);
});
addEventListener("load", () => land(location.hash));

document.addEventListener("click", (what) => {
  if (what.ctrlKey || what.metaKey || what.shiftKey || what.altKey) return;
  const link = what.target.closest && what.target.closest("a[href^='#']");
  if (!link) return;
  what.preventDefault();
  const hash = link.getAttribute("href");
  if (location.hash !== hash) location.hash = followed = hash;
  const target = reveal(hash);
  if (!target) return;
  // The example of an error lights up what it is about.
  const key = link.dataset.mark;
  const mark = key && (mates(target, "e", key)[0] || mates(target, "l", key)[0]);
  settle(target, mark);
  if (mark) show(mark);
});

const step = (by) => {
  const seen = cards.map((one) => one.card).filter((card) => !card.hidden);
  const now = seen.findIndex((card) => card.contains(document.activeElement));
  const next = seen[Math.min(seen.length - 1, Math.max(0, now + by))];
  if (!next) return;
  next.focus({ preventScroll: true });
  settle(next);
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
  else if (what.key === "/" && control("document")) {
    what.preventDefault();
    control("document").focus();
  }
});
