// The page. Content of documents and responses is inserted as text, never as markup.
"use strict";

const part = (id) => document.getElementById(id);
const make = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${+(bytes / 1e6).toFixed(1)} MB`);

let about = null;
let chosen = []; // {file, url}: url previews an image
let running = null; // an AbortController
let answered = null; // the last result

// Errors

function report(error) {
  part("error").textContent = error.error;
  part("where").textContent = error.where ? ` (${error.where})` : "";
  part("remedy").textContent = error.remedy ? ` ${error.remedy}` : "";
  part("problem").hidden = false;
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw { error: "the server does not respond", remedy: "Is it still running?" };
  }
  if (answer.status === 401) location.assign("/login");
  if (answer.ok) return answer;
  let told;
  try {
    told = await answer.json();
  } catch {
    told = { error: `the server returned status ${answer.status}` };
  }
  throw told;
}

// Files

function add(files) {
  for (const file of files) {
    const isImage = file.type.startsWith("image/") && file.type !== "image/svg+xml";
    chosen.push({ file, url: isImage ? URL.createObjectURL(file) : null });
  }
  list();
}

function remove(one) {
  if (one.url) URL.revokeObjectURL(one.url);
  chosen = chosen.filter((other) => other !== one);
  list();
}

function clear() {
  for (const one of chosen) if (one.url) URL.revokeObjectURL(one.url);
  chosen = [];
  list();
}

function list() {
  part("chosen").replaceChildren(
    ...chosen.map((one) => {
      const item = make("li");
      item.append(one.url ? make("img", undefined, { src: one.url, alt: "" }) : make("span", "¶", { class: "sign", "aria-hidden": "true" }));
      item.append(make("span", one.file.name, { class: "name", title: one.file.name }));
      item.append(make("span", size(one.file.size), { class: "soft" }));
      const button = make("button", "×", { type: "button", "aria-label": `remove ${one.file.name}` });
      button.addEventListener("click", () => remove(one));
      item.append(button);
      return item;
    }),
  );
}

function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({ name: file.name, content: reader.result.slice(reader.result.indexOf(",") + 1) });
    reader.onerror = () => reject({ error: "this file cannot be read", where: file.name });
    reader.readAsDataURL(file);
  });
}

function tooMuch() {
  const limits = about.limits;
  const characters = [...part("text").value].length;
  if (characters > limits.characters) return { error: `${characters.toLocaleString("en")} characters`, remedy: `The limit is ${limits.characters.toLocaleString("en")}.` };
  if (chosen.length > limits.files) return { error: `${chosen.length} files`, remedy: `The limit is ${limits.files}.` };
  for (const { file } of chosen) {
    if (file.size > limits.file_bytes) return { error: `a file of ${size(file.size)}`, where: file.name, remedy: `The limit is ${size(limits.file_bytes)}.` };
  }
  const all = chosen.reduce((sum, { file }) => sum + file.size, 0);
  if (all > limits.files_bytes) return { error: `files of ${size(all)}`, remedy: `The limit is ${size(limits.files_bytes)} together.` };
  return null;
}

function count() {
  if (!about) return;
  const characters = [...part("text").value].length;
  part("count").textContent = `${characters.toLocaleString("en")} of ${about.limits.characters.toLocaleString("en")} characters`;
  part("count").classList.toggle("over", characters > about.limits.characters);
}

// Asking

function work(is) {
  part("extract").hidden = is;
  part("cancel").hidden = !is;
  part("state").hidden = !is;
  part("result").classList.toggle("old", is);
}

const STEPS = {
  "text-emi": "events in sentences",
  "text-are": "who and what in sentences",
  "image-emi": "events in images",
  "image-are": "who and what in images",
  caption: "captions of images",
  "same-event": "links of sentences and images",
};

// The answer comes in lines: what is under way, then what was found, or why not.
async function result(answer, tell) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw { error: "the server has ended its answer early" };
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const told = JSON.parse(line);
      if (told.problem) throw told.problem;
      if (told.result) return told.result;
      tell(told.progress);
    }
  }
}

async function extract(event) {
  event.preventDefault();
  part("problem").hidden = true;
  const refused = about ? tooMuch() : { error: "the server does not respond", remedy: "Reload this page." };
  if (refused) return report(refused);
  running = new AbortController();
  const begun = Date.now();
  let under = "sending";
  const say = () => {
    part("said").textContent = `${under}, ${Math.round((Date.now() - begun) / 1000)} s`;
  };
  const tell = ({ step, done, of }) => {
    under = (STEPS[step] || step) + (of ? ` ${done} of ${of}` : "");
    part("bar").hidden = !of;
    part("bar").max = of || 1;
    part("bar").value = done;
    say();
  };
  const timer = setInterval(say, 1000);
  say();
  work(true);
  try {
    const files = await Promise.all(chosen.map(({ file }) => encoded(file)));
    const body = JSON.stringify({ text: part("text").value, files, model: part("model").value, schema: part("schema").value });
    const headers = { "Content-Type": "application/json" };
    const answer = await ask("/api/draw", { method: "POST", headers, body, signal: running.signal });
    show(await result(answer, tell));
  } catch (told) {
    if (told.name === "AbortError") report({ error: "Cancelled.", remedy: "The server stops the work." });
    else report(told instanceof Error ? { error: String(told.message) } : told);
  } finally {
    clearInterval(timer);
    running = null;
    part("bar").hidden = true;
    work(false);
  }
}

// Showing

function show(found) {
  answered = found;
  const frame = make("iframe", undefined, { title: "the events", sandbox: "allow-scripts allow-downloads" });
  frame.srcdoc = found.drawing;
  part("drawing").replaceChildren(frame);
  part("line").textContent = JSON.stringify(found.line, null, 2);
  part("result").hidden = false;
  part("result").scrollIntoView({ block: "start" });
}

function open(tab) {
  for (const one of document.querySelectorAll("[role=tab]")) {
    const is = one === tab;
    one.setAttribute("aria-selected", String(is));
    one.tabIndex = is ? 0 : -1;
    part(one.getAttribute("aria-controls")).hidden = !is;
  }
}

function turn(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
  open(next);
  next.focus();
}

function save() {
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(answered.line)}\n`], { type: "application/json" }));
  make("a", undefined, { href: url, download: "events.jsonl" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// Choices and examples

function warn() {
  const notice = about.notices[part("model").value];
  part("notice").textContent = notice || "";
  part("notice").hidden = !notice;
}

function offer(select, names) {
  select.append(...names.map((name) => make("option", name, { value: name })));
}

async function take(examples) {
  const number = Number(part("example").value);
  if (!number) return;
  const example = examples[number - 1];
  part("text").value = example.text;
  count();
  clear();
  try {
    const files = await Promise.all(
      example.pictures.map(async (name, place) => {
        const answer = await ask(`/api/examples/${number}/pictures/${place + 1}`);
        return new File([await answer.blob()], name, { type: "image/jpeg" });
      }),
    );
    add(files);
  } catch (told) {
    report(told);
  }
}

async function begin() {
  part("ask").addEventListener("submit", extract);
  part("cancel").addEventListener("click", () => running && running.abort());
  part("save").addEventListener("click", save);
  part("text").addEventListener("input", count);
  part("files").addEventListener("change", (event) => {
    add(event.target.files);
    event.target.value = "";
  });
  const drop = part("drop");
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    });
  }
  drop.addEventListener("drop", (event) => add(event.dataTransfer.files));
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", turn);
  }
  try {
    about = await (await ask("/api")).json();
    const limits = about.limits;
    part("kinds").textContent = `At most ${limits.files} files of ${size(limits.file_bytes)}, ${size(limits.files_bytes)} in all. Articles: ${about.articles.join(", ")}.`;
    part("files").accept = [...about.pictures, ...about.articles].join(",");
    offer(part("model"), about.models);
    offer(part("schema"), about.schemas);
    part("model").addEventListener("change", warn);
    warn();
    count();
    const examples = await (await ask("/api/examples")).json();
    examples.forEach((one, at) => part("example").append(make("option", one.name, { value: at + 1 })));
    part("example").addEventListener("change", () => take(examples));
    document.documentElement.dataset.ready = "yes";
  } catch (told) {
    report(told);
  }
}

begin();
