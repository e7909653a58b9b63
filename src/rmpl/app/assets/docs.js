// The API's description as a page. Everything is inserted as text, never as markup.
"use strict";

const part = (id) => document.getElementById(id);
const make = (name, text, attributes = {}) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const nameOf = (ref) => ref.split("/").pop();

function kind(schema) {
  if (!schema) return "";
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.anyOf) return schema.anyOf.map(kind).join(" or ");
  if (schema.prefixItems) return `[${schema.prefixItems.map(kind).join(", ")}]`;
  if (schema.type === "array") return `list of ${kind(schema.items) || "values"}`;
  if (schema.type === "object" && schema.additionalProperties) return `names to ${kind(schema.additionalProperties)}`;
  return schema.contentEncoding || schema.type || "anything";
}

function table(names, rows) {
  const made = make("table");
  const head = make("tr");
  head.append(...names.map((name) => make("th", name, { scope: "col" })));
  made.createTHead().append(head);
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const value of row) line.insertCell().append(value);
  }
  return made;
}

function shape(name, schemas) {
  const schema = schemas[name];
  const made = make("details", undefined, { id: name });
  made.append(make("summary", name));
  if (schema.description) made.append(make("p", schema.description, { class: "soft" }));
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([key, one]) => [key, named(one), required.has(key) ? "always" : "", one.description || ""]);
  if (rows.length) made.append(table(["key", "value", "", "meaning"], rows));
  return made;
}

function contents(holder) {
  return Object.entries((holder && holder.content) || {}).map(([type, one]) => [type, one.schema || {}]);
}

// A type as a link to its form.
function named(schema) {
  const name = (JSON.stringify(schema || {}).match(/schemas\/([^"]+)"/) || [])[1];
  return name ? make("a", kind(schema), { href: `#${name}` }) : kind(schema);
}

function route(path, method, said) {
  const made = make("section");
  made.append(make("h2", `${method.toUpperCase()} ${path}`), make("p", said.description || said.summary || ""));
  const list = contents(said.requestBody).map(([, schema]) => ["request", named(schema), ""]);
  for (const [status, answer] of Object.entries(said.responses)) {
    const [[type, schema] = ["", null]] = contents(answer);
    const meaning = answer.description === "Successful Response" ? "" : answer.description;
    const isJson = !type || type === "application/json";
    list.push([status, schema && kind(schema) !== "anything" ? named(schema) : type, isJson ? meaning : [meaning, type].filter(Boolean).join("; ")]);
  }
  made.append(table(["", "content", "meaning"], list));
  return made;
}

function reveal() {
  const target = location.hash && part(location.hash.slice(1));
  if (!target) return;
  target.open = true;
  target.scrollIntoView();
}

async function begin() {
  part("example").textContent = `curl -s ${location.origin}/api/extract -H 'Content-Type: application/json' \\\n  -d '{"text": "Police arrested Ana Reyes in Lima."}'`;
  try {
    const said = await (await fetch("/api/openapi.json")).json();
    const schemas = said.components.schemas;
    for (const [path, methods] of Object.entries(said.paths)) {
      for (const [method, one] of Object.entries(methods)) part("routes").append(route(path, method, one));
    }
    part("types").append(...Object.keys(schemas).map((name) => shape(name, schemas)));
    part("types").hidden = false;
    addEventListener("hashchange", reveal);
    reveal();
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    part("error").textContent = `The description cannot be shown: ${error.message}`;
    part("problem").hidden = false;
  }
}

begin();
