// Saves every change of an attempt within seconds and says honestly whether it is saved; shows the time left.
// Without this script the page saves with its buttons (templates/assessments/take/attempt.html).
(() => {
  "use strict";
  const form = document.getElementById("answers");
  if (!form) return;
  const words = form.dataset;
  const state = document.querySelector(".save-state");
  const timer = document.querySelector(".timer");
  const done = document.querySelector(".quiz-bar > span");
  const token = form.elements.csrf_token.value;
  const changed = new Map(); // position -> number of the latest change that is not saved yet
  const refused = new Set(); // positions the server did not take; they wait for the next change
  const TYPING = 1500, RETRY = 4000, TIMEOUT = 15000;
  let changes = 0, sending = null, waiting = 0, pressed = null, leaving = false, over = false;

  const show = (kind, text) => {
    if (state.dataset.state === kind && state.textContent === text) return;
    state.dataset.state = kind;
    state.textContent = text;
  };
  const box = (position) => form.querySelector(`[data-question="${position}"]`);
  const fieldsOf = (position) => {
    const fields = {};
    for (const control of box(position).querySelectorAll("input, select")) {
      if (!control.name || ((control.type === "radio" || control.type === "checkbox") && !control.checked)) continue;
      (fields[control.name] ||= []).push(control.value);
    }
    return fields;
  };

  const mark = (position) => {
    const fields = fieldsOf(position);
    const answered = Object.keys(fields).some((name) => name[0] === "q" && fields[name].some((value) => value.trim()));
    const link = document.querySelector(`.question-map li:nth-child(${position}) a`);
    link.classList.toggle("answered", answered);
    link.setAttribute("aria-label", (answered ? words.answeredQuestion : words.openQuestion).replace("{number}", position));
    done.textContent = words.answered.replace("{done}", document.querySelectorAll(".question-map .answered").length);
  };

  const note = (position, text, link) => {
    const question = box(position);
    question.querySelector(".field-error")?.remove();
    if (!text) return;
    const line = document.createElement("p");
    line.className = "field-error";
    line.append(text);
    if (link) {
      const reload = document.createElement("a");
      reload.href = `${location.pathname}${location.search}#q${position}`;
      reload.textContent = link;
      reload.addEventListener("click", (event) => { event.preventDefault(); leaving = true; location.reload(); });
      line.append(" ", reload);
    }
    question.querySelector(".hint").after(line);
  };

  // While somebody types, the first change sets the time: waiting for a pause could take longer than promised.
  const later = (wait) => {
    if (waiting && wait) return;
    clearTimeout(waiting);
    waiting = setTimeout(flush, wait);
  };

  // One question after another, never two requests at once: the number of saves must go up in order.
  function flush() {
    clearTimeout(waiting);
    waiting = 0;
    sending ||= send().finally(() => { sending = null; });
    return sending;
  }

  const post = (fields) => fetch(words.save, {
    method: "POST", body: JSON.stringify(fields), credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT), keepalive: true,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
  });

  async function send() {
    for (;;) {
      const position = [...changed.keys()].find((key) => !refused.has(key));
      if (position === undefined) break;
      const change = changed.get(position);
      show("saving", words.saving);
      let answer, body;
      try {
        answer = await post(fieldsOf(position));
        body = await answer.json();
      } catch {
        show("offline", words.offline);
        return later(RETRY);
      }
      if (answer.ok) {
        for (const [key, saves] of Object.entries(body.saves)) form.elements[`s${key}`].value = saves;
        if (changed.get(position) === change) { changed.delete(position); note(position, ""); }
        setTime(body.left);
        if (!changed.size) show("saved", words.saved.replace("{time}", body.at));
      } else if (answer.status === 410) { // closed: submitted elsewhere, or too late
        changed.clear();
        leave(words.result);
        return;
      } else if (answer.status === 409) {
        refused.add(position);
        note(position, words.stale.replace("{number}", position), words.reload);
      } else if (answer.status === 422) {
        refused.add(position);
        note(position, body.error);
      } else { // signed out, or the server is in trouble
        show("unsaved", answer.status < 500 ? words.refused : words.offline);
        return later(RETRY);
      }
    }
    if (changed.size) { pressed = null; show("unsaved", words.unsaved); } else if (pressed) { const button = pressed; pressed = null; leaving = true; form.requestSubmit(button); }
  }

  const touch = (event) => {
    const question = event.target.closest("[data-question]");
    if (!question || event.target.type === "hidden") return;
    const position = Number(question.dataset.question);
    changed.set(position, ++changes);
    refused.delete(position);
    pressed = null;
    mark(position);
    if (!sending && state.dataset.state !== "offline") show("unsaved", words.unsaved);
    later(event.type === "change" ? 0 : TYPING);
  };
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);

  // A button goes on only when everything is saved; while the network is away, the page stays.
  form.addEventListener("submit", (event) => {
    if (leaving || !changed.size) { leaving = true; return; }
    event.preventDefault();
    pressed = event.submitter;
    refused.clear();
    flush();
  });
  const leave = (url) => { leaving = true; location.assign(url); };
  addEventListener("beforeunload", (event) => { if (changed.size && !leaving) event.preventDefault(); });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  addEventListener("online", () => { if (changed.size) flush(); });
  addEventListener("pagehide", () => { if (changed.size && !leaving) flush(); });

  // The time left comes from the server, so a wrong clock of the device does not matter.
  let end = 0;
  const setTime = (left) => { end = performance.now() + left * 1000; };
  setTime(Number(timer.dataset.seconds));
  const tick = async () => {
    const left = Math.max(0, (end - performance.now()) / 1000);
    const minutes = words.minutes.replace("{minutes}", Math.ceil(left / 60));
    const place = timer.querySelector("strong");
    if (place && place.textContent !== minutes) place.textContent = minutes;
    timer.toggleAttribute("data-low", left < 300);
    if (left > 0 || over) return;
    // Saves still count for a minute: send what is left, then hand in.
    over = true;
    timer.textContent = words.over;
    await flush();
    // Without network the page stays: handing in would leave the browser's own error in its place.
    const reached = await post({}).then(() => true, () => false);
    if (!reached || sending || changed.size > refused.size) { over = false; end = performance.now() + RETRY; return; }
    leaving = true;
    form.action = words.finish;
    HTMLFormElement.prototype.submit.call(form);
  };
  tick();
  setInterval(tick, 1000);
})();
