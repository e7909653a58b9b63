"use strict";

const part = (id) => document.getElementById(id);

part("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  let told;
  try {
    const answer = await fetch("/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: part("token").value.trim() }),
    });
    if (answer.ok) {
      location.replace("/");
      return;
    }
    told = await answer.json();
  } catch {
    told = { error: "the server does not respond" };
  }
  part("error").textContent = told.error;
  part("remedy").textContent = told.remedy || "";
  part("problem").hidden = false;
  part("token").select();
});
