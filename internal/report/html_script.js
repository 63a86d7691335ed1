"use strict";
(() => {
  const tools = document.getElementById("tools");
  if (!tools) return;
  const filter = document.getElementById("filter");
  const count = document.getElementById("count");
  const items = Array.from(document.querySelectorAll("#items > .item"));
  const boxes = Array.from(tools.querySelectorAll("input[type=checkbox]"));
  let texts; // made when they are first needed
  let at = -1;

  const shown = () => items.filter((i) => !i.hidden);

  const apply = () => {
    texts ??= items.map((i) => i.textContent.toLowerCase());
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const classes = new Set(boxes.filter((b) => b.checked).map((b) => b.value));
    let n = 0;
    items.forEach((item, i) => {
      const fits = classes.has(item.dataset.class) && words.every((w) => texts[i].includes(w));
      if (item.hidden === fits) item.hidden = !fits;
      if (fits) n++;
    });
    at = -1;
    count.textContent = count.dataset.of.replace("{0}", n).replace("{1}", items.length);
  };

  const step = (by) => {
    const list = shown();
    if (list.length === 0) return;
    at = Math.min(Math.max(at + by, 0), list.length - 1);
    const target = list[at].querySelector("summary") ?? list[at];
    if (target === list[at]) target.tabIndex = -1;
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  };

  const setOpen = (open) => shown().forEach((i) => { if (i.tagName === "DETAILS") i.open = open; });

  filter.addEventListener("input", apply);
  boxes.forEach((b) => b.addEventListener("change", apply));
  tools.addEventListener("submit", (e) => e.preventDefault());
  document.getElementById("open").addEventListener("click", () => setOpen(true));
  document.getElementById("close").addEventListener("click", () => setOpen(false));
  window.addEventListener("beforeprint", () => setOpen(true));
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.target === filter) {
      if (e.key === "Escape") { filter.value = ""; apply(); filter.blur(); }
      return;
    }
    if (e.target.closest("input, button, select, textarea")) return;
    if (e.key === "/") { e.preventDefault(); filter.focus(); }
    if (e.key === "j") step(1);
    if (e.key === "k") step(-1);
  });
  tools.hidden = false;
  apply();
})();
