// Filters: an item is [setting, kind, type, role, verdict, score]; a row is shown when one of its
// items agrees with everything chosen, a document when one of its rows or links is.
const toolbar = document.getElementById("toolbar");
const fields = ["setting", "kind", "type", "role", "verdict"];
const control = (name) => toolbar && toolbar.querySelector(`[name="${name}"]`);
const chosenOf = (name) => {
  const found = control(name);
  return found ? found.value : "";
};

const withItems = (row) => ({ row, items: JSON.parse(row.dataset.items) });
const cards = [...document.querySelectorAll(".card")].map((card) => ({
  card,
  words: card.textContent.toLowerCase(),
  rows: [...card.querySelectorAll("[data-items]")].map(withItems),
  more: card.querySelector("button.more"),
  isWhole: false,
}));
const byId = new Map(cards.map((one) => [one.card.id, one]));
const listed = [...document.querySelectorAll("#events tr[data-items]")].map(withItems);

// Events below the minimum confidence lose their marks; those without a confidence stay.
const fade = (card, least) => {
  const below = new Set();
  for (const mark of card.querySelectorAll("[data-score]")) {
    if (Number(mark.dataset.score) < least) below.add(mark.dataset.e);
  }
  for (const row of card.querySelectorAll("li[data-items]")) {
    const badge = row.querySelector("[data-l]");
    if (badge && JSON.parse(row.dataset.items).every((item) => item[5] < least)) below.add(badge.dataset.l);
  }
  for (const mark of card.querySelectorAll("[data-e], [data-l]")) {
    mark.classList.toggle("below", below.has(mark.dataset.e) || below.has(mark.dataset.l));
  }
};

const plural = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

const filter = () => {
  const wanted = fields.map(chosenOf);
  const words = chosenOf("document").trim().toLowerCase();
  const least = Number(chosenOf("score") || 0);
  const any = least > 0 || wanted.some(Boolean);
  const agree = (item) => item[5] >= least && wanted.every((one, at) => !one || item[at] === one);
  let shown = 0;
  for (const one of cards) {
    let found = !any;
    for (const { row, items } of one.rows) {
      const fits = items.some(agree);
      const isQuiet = row.classList.contains("silent");
      row.hidden = isQuiet ? !one.isWhole : any && !fits && !(one.isWhole && row.matches(".row"));
      found = found || fits;
    }
    one.card.hidden = !found || !one.words.includes(words);
    if (!one.card.hidden) shown += 1;
    if (control("score")) fade(one.card, least);
    if (one.more) one.more.textContent = `${one.isWhole ? "Hide" : "Show"} ${one.more.dataset.what}`;
  }
  let events = 0;
  for (const { row, items } of listed) {
    row.hidden = byId.get(row.dataset.card).card.hidden || (any && !items.some(agree));
    if (!row.hidden) events += 1;
  }
  const ofDocuments = `${shown} of ${plural(cards.length, "document")}`;
  const ofEvents = `${events} of ${plural(listed.length, "event")}`;
  const parts = [...(listed.length ? [ofEvents] : []), ...(cards.length > 1 ? [ofDocuments] : [])];
  document.getElementById("shown").textContent = parts.join(", ");
  if (control("score")) control("least").textContent = least.toFixed(2);
  clear();
};

const choose = (chosen) => {
  for (const name of [...fields, "document"]) {
    if (control(name)) control(name).value = chosen[name] || "";
  }
  if (control("score")) control("score").value = 0;
  filter();
};

const setWhole = (some, isWhole) => {
  for (const one of some) one.isWhole = isWhole;
  const all = control("whole");
  if (all) all.checked = cards.every((one) => one.isWhole || !one.more);
  filter();
};

if (toolbar) {
  toolbar.addEventListener("input", (what) => {
    if (what.target === control("whole")) setWhole(cards, what.target.checked);
    else filter();
  });
  control("reset").addEventListener("click", () => choose({}));
  for (const one of cards) {
    if (one.more) one.more.addEventListener("click", () => setWhole([one], !one.isWhole));
  }
  for (const button of document.querySelectorAll("[data-filter]")) {
    button.addEventListener("click", () => {
      choose(JSON.parse(button.dataset.filter));
      settle(toolbar);
    });
  }
  filter();
}
