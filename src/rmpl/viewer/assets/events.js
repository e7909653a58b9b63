// The events as a table, and as files to keep: made here, from what the page holds.
const views = [...document.querySelectorAll("[data-view]")];
const look = (name) => {
  for (const one of views) {
    const is = one.dataset.view === name;
    one.setAttribute("aria-pressed", String(is));
    document.getElementById(one.dataset.view).hidden = !is;
  }
  clear();
};
for (const one of views) one.addEventListener("click", () => look(one.dataset.view));

// What a spreadsheet program would take for a formula begins with an apostrophe.
const cell = (value) => {
  if (value === null) return "";
  const said = typeof value === "string" && /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(said) ? `"${said.replaceAll('"', '""')}"` : said;
};

const save = (name, kind, text) => {
  const made = document.createElement("a");
  made.href = URL.createObjectURL(new Blob([text], { type: kind }));
  made.download = name;
  made.click();
  setTimeout(() => URL.revokeObjectURL(made.href), 1000);
};

const held = document.getElementById("data");
if (held && control("csv")) {
  const data = JSON.parse(held.textContent);
  const shown = (all) => all.filter((_, at) => !listed[at].row.hidden);
  control("csv").addEventListener("click", () => {
    const lines = [data.columns, ...shown(data.rows)].map((row) => `${row.map(cell).join(",")}\r\n`);
    // With a byte order mark, which spreadsheet programs need to read UTF-8.
    save("events.csv", "text/csv", `\ufeff${lines.join("")}`);
  });
  control("json").addEventListener("click", () => {
    save("events.json", "application/json", `${JSON.stringify(shown(data.events), null, 2)}\n`);
  });
}
