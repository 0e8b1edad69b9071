// What is done on a page goes to the server; what comes back are regions of markup.
(() => {
  const send = (told) => window.emitEvent && window.emitEvent("act", told);
  const values = (form) => {
    const told = {};
    for (const [name, value] of new FormData(form))
      if (typeof value === "string") told[name] = name in told ? told[name] + "," + value : value;
    return told;
  };
  const attributes = (element) => {
    const told = {};
    for (const [name, value] of Object.entries(element.dataset)) if (name !== "typing") told[name] = value;
    return told;
  };
  document.addEventListener("click", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
    if (event.target.closest("[data-leave]")) {
      fetch("/v1/session", { method: "DELETE" }).then(() => (location.href = "/login"));
      return;
    }
    const asked = event.target.closest("[data-do]");
    if (!asked || asked.tagName === "FORM") return;
    event.preventDefault();
    const form = asked.closest("form");
    send({ ...(form ? values(form) : {}), ...attributes(asked) });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.do) return;
    event.preventDefault();
    send({ ...values(form), ...attributes(form) });
  });
  let typing;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-typing]");
    const pair = event.target.dataset.twin && document.getElementById(event.target.dataset.twin);
    if (pair) pair.value = event.target.value;
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(() => send({ ...values(form), do: form.dataset.typing }), 150);
  });
  // On pages for the keyboard, a key presses the button that shows it; never while someone types.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, a, summary")) return;
    const pressed = event.key === "Enter" ? "[data-enter]" : `[data-press="${CSS.escape(event.key.toLowerCase())}"]`;
    const button = document.querySelector(pressed);
    if (!button || (event.key === "Enter" && event.target.closest("button"))) return;
    event.preventDefault();
    button.click();
  });
  // A file that is dropped or chosen goes up by itself; the answer says where to go on.
  const upload = async (area, file) => {
    const status = area.querySelector("[data-status]");
    area.classList.add("busy");
    status.textContent = area.dataset.reading;
    const answer = await fetch("/portal/files?name=" + encodeURIComponent(file.name), { method: "POST", body: file });
    const told = await answer.json();
    if (answer.ok) location.href = told.next;
    else {
      area.classList.remove("busy");
      status.textContent = told.detail + (told.remedy ? " – " + told.remedy : "");
    }
  };
  const area = (event) => event.target.closest && event.target.closest("[data-drop]");
  document.addEventListener("dragover", (event) => {
    const over = area(event);
    if (over) { event.preventDefault(); over.classList.add("over"); }
  });
  document.addEventListener("dragleave", (event) => { const over = area(event); if (over) over.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    const over = area(event);
    if (!over) return;
    event.preventDefault();
    over.classList.remove("over");
    if (event.dataTransfer.files[0]) upload(over, event.dataTransfer.files[0]);
  });
  document.addEventListener("change", (event) => {
    const over = area(event);
    if (over && event.target.type === "file" && event.target.files[0]) upload(over, event.target.files[0]);
  });
  // Who was in a region that came anew stays there.
  let last = "";
  document.addEventListener("focusin", (event) => { last = event.target.id; });
  new MutationObserver(() => {
    if (last && document.activeElement === document.body) document.getElementById(last)?.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
