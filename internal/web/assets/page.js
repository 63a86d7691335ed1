// What a page of idpsync does beyond being read: it keeps itself up to date,
// filters its table, answers the keyboard, and says times in the reader's zone.
// Everything it shows came from the server as text that is escaped already.
"use strict";

const body = document.body;
const main = () => document.getElementById("main");
const byId = id => document.getElementById(id);

// ---- times ----

const two = n => String(n).padStart(2, "0");

function localTimes(root) {
  for (const t of root.getElementsByTagName("time")) {
    if (t.dateTime === "" || t.dataset.said) continue;
    const d = new Date(t.dateTime);
    if (isNaN(d)) continue;
    t.dataset.said = "1";
    t.textContent = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  }
}

// inPieces does something to many parts without keeping the reader from typing.
function inPieces(parts, work) {
  const idle = window.requestIdleCallback || (f => setTimeout(() => f({ timeRemaining: () => 8 }), 1));
  let i = 0;
  const go = deadline => {
    do {
      if (i >= parts.length) return;
      work(parts[i++]);
    } while (deadline.timeRemaining() > 2);
    idle(go);
  };
  idle(go);
}

// ---- the table ----

// items hold what a search looks at, so that it never has to ask the document.
let items = [], itemOf = new Map(), indexed = null;

const link = row => row.firstElementChild.firstElementChild;

function item(el) {
  const cells = el.children;
  return {
    el, key: el.dataset.key, state: el.dataset.state, chunk: el.parentElement, shown: !el.hidden,
    text: (el.dataset.key + " " + cells[1].textContent + " " + cells[2].textContent).toLowerCase(),
  };
}

// index reads the rows, once; a search that comes before it is done waits for it.
function index() {
  const table = byId("table");
  if (indexed === table) return;
  indexed = table;
  items = [];
  itemOf = new Map();
  if (!table) return;
  for (const el of table.querySelectorAll(".row[data-key]")) {
    const it = item(el);
    items.push(it);
    itemOf.set(it.key, it);
  }
}

// searched tells of the list of targets: the server looks through it, so that a
// page has some of them only.
const searched = () => main().dataset.page === "overview";

function filter() {
  if (searched()) { load(has); return; }
  index();
  const table = byId("table");
  if (!table) return;
  const q = byId("q").value.trim().toLowerCase(), state = byId("state").value;
  const left = new Map();
  let fits = 0;
  for (const it of items) {
    const show = (state === "" || it.state === state) && (q === "" || it.text.includes(q));
    if (show !== it.shown) {
      it.el.hidden = !show;
      it.shown = show;
    }
    left.set(it.chunk, (left.get(it.chunk) || 0) + (show ? 1 : 0));
    if (show) fits++;
  }
  for (const [chunk, n] of left) {
    chunk.hidden = n === 0;
    chunk.style.setProperty("--rows", n);
  }
  byId("nothing").hidden = fits > 0;
  const told = byId("fits");
  const numbers = [fits, items.length];
  told.textContent = told.dataset.text.replace(/%d/g, () => numbers.shift());
  for (const a of byId("counts").children) {
    if (a.dataset.state === state) a.setAttribute("aria-current", "true");
    else a.removeAttribute("aria-current");
  }
}

// address keeps what is looked for in the page's address, for a reload or a friend.
function address() {
  const u = new URL(location.href);
  for (const name of ["q", "state"]) {
    const v = byId(name).value.trim();
    if (v) u.searchParams.set(name, v);
    else u.searchParams.delete(name);
  }
  u.searchParams.delete("from");
  history.replaceState(null, "", u);
}

function choose(state) {
  byId("state").value = state;
  look();
}

function look() {
  address();
  filter();
}

// ---- news ----

// has is what this page shows; the server tells what is different since.
let has = "", source = null, heard = 0, lost = false, loading = false, again = false;

function listen() {
  const m = main();
  if (!m || m.dataset.live === undefined || !window.EventSource) return;
  if (source) source.close();
  has = has || m.dataset.seq;
  heard = Date.now();
  const q = new URLSearchParams({ page: m.dataset.page, since: has, lang: body.dataset.lang });
  if (m.dataset.target) q.set("target", m.dataset.target);
  const es = source = new EventSource("/events?" + q);
  es.onopen = () => { heard = Date.now(); connected(true); };
  es.onerror = () => {
    connected(false);
    if (es.readyState !== EventSource.CLOSED || source !== es) return;
    // The server is there and does not want this page: it may be another one by
    // now, or the login has ended, which loading the page finds out.
    setTimeout(() => { if (source === es) { load(has); listen(); } }, 3000);
  };
  es.addEventListener("beat", () => { heard = Date.now(); });
  es.addEventListener("update", e => {
    heard = Date.now();
    const u = JSON.parse(e.data);
    if (u.reload) load(u.seq);
    else { patch(u); has = u.seq; }
  });
}

function connected(yes) {
  const told = byId("link");
  body.classList.toggle("stale", !yes);
  if (!yes && !lost) {
    lost = true;
    told.className = "link lost";
    told.textContent = body.dataset.lost;
  } else if (yes && lost) {
    lost = false;
    told.className = "link back";
    told.textContent = body.dataset.back;
    setTimeout(() => { if (!lost) { told.textContent = ""; told.className = "link"; } }, 5000);
  }
}

const piece = html => {
  const t = document.createElement("template");
  t.innerHTML = html;
  return t.content.firstElementChild;
};

// announce says the verdict, or how many targets need a person, to who listens
// instead of looking.
const verdict = () => byId("verdict")?.dataset.verdict ?? byId("worst")?.textContent;

function announce(before) {
  if (verdict() !== undefined && verdict() !== before) byId("said").textContent = (byId("verdict") || byId("worst")).textContent;
}

// patch brings the table up to date row by row.
function patch(u) {
  index();
  const table = byId("table");
  const was = verdict();
  if (u.head && byId("head")) {
    const head = piece(u.head);
    localTimes(head);
    byId("head").replaceWith(head);
    announce(was);
  }
  for (const key of u.gone || []) {
    const it = itemOf.get(key);
    if (!it) continue;
    it.el.remove();
    itemOf.delete(key);
    items.splice(items.indexOf(it), 1);
  }
  for (const r of u.rows || []) place(table, r);
  for (const c of u.counts || []) {
    const a = [...byId("counts").children].find(a => a.dataset.state === c.state);
    if (a) a.firstElementChild.textContent = c.n;
  }
  if (table) filter();
}

function place(table, r) {
  const el = piece(r.html);
  localTimes(el);
  el.classList.add("turned");
  const old = itemOf.get(r.key), refocus = old && old.el.contains(document.activeElement);
  if (old && old.state !== el.dataset.state) { // it has another place
    old.el.remove();
    itemOf.delete(r.key);
    items.splice(items.indexOf(old), 1);
  } else if (old) {
    link(el).tabIndex = link(old.el).tabIndex;
    old.el.replaceWith(el);
    if (refocus) link(el).focus();
    const it = item(el);
    items[items.indexOf(old)] = it;
    itemOf.set(r.key, it);
    return;
  }
  const before = itemOf.get(r.after);
  if (before) before.el.after(el);
  else {
    let chunk = table.querySelector(".chunk");
    if (!chunk) {
      chunk = document.createElement("div");
      chunk.className = "chunk";
      chunk.setAttribute("role", "rowgroup");
      byId("nothing").before(chunk);
    }
    chunk.prepend(el);
  }
  const it = item(el);
  items.splice(before ? items.indexOf(before) + 1 : 0, 0, it);
  itemOf.set(r.key, it);
  if (refocus) link(el).focus();
}

// load fetches the page anew and puts it in place of what is shown, so that
// neither the scroll nor what is unfolded is lost.
async function load(seq) {
  if (loading) { again = true; return; }
  loading = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname === "/login") { location.reload(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (!fresh) return;
    const was = verdict(), states = new Map([...document.querySelectorAll(".row[data-key]")].map(r => [r.dataset.key, r.dataset.state]));
    const open = new Set([...document.querySelectorAll("details[open][data-key]")].map(d => d.dataset.key));
    const folded = new Set([...document.querySelectorAll("details:not([open])[data-key]")].map(d => d.dataset.key));
    const focus = document.activeElement, id = focus?.id, href = focus?.getAttribute?.("href");
    for (const d of fresh.querySelectorAll("details[data-key]")) {
      if (open.has(d.dataset.key)) d.open = true;
      if (folded.has(d.dataset.key)) d.open = false;
    }
    const typed = byId("q")?.value;
    if (searched() && fresh.dataset.page === "overview") {
      for (const id of ["fleet", "results"]) byId(id).replaceWith(document.adoptNode(page.getElementById(id)));
      for (const r of document.querySelectorAll(".row[data-key]")) {
        if (states.has(r.dataset.key) && states.get(r.dataset.key) !== r.dataset.state) r.classList.add("turned");
      }
    } else main().replaceWith(document.adoptNode(fresh));
    has = fresh.dataset.seq || seq;
    indexed = null;
    if (typed !== undefined && byId("q")) byId("q").value = typed;
    begin();
    announce(was);
    const again = id ? byId(id) : href ? [...document.querySelectorAll("#main a")].find(a => a.getAttribute("href") === href) : null;
    if (again && document.activeElement === body) again.focus({ preventScroll: true });
  } catch { // the stream says that the connection is lost
  } finally {
    loading = false;
    if (again) { again = false; load(seq); }
  }
}

// ---- the keyboard ----

function visible(from, step) {
  for (let i = from + step; i >= 0 && i < items.length; i += step) if (items[i].shown) return i;
  return -1;
}

function rowOf(el) {
  const row = el.closest?.(".row[data-key]");
  return row ? items.indexOf(itemOf.get(row.dataset.key)) : -1;
}

function go(i) {
  if (i < 0) return;
  for (const a of document.querySelectorAll('.row a[tabindex="0"]')) a.tabIndex = -1;
  const a = link(items[i].el);
  a.tabIndex = 0;
  a.focus();
}

document.addEventListener("keydown", e => {
  if (e.ctrlKey || e.altKey || e.metaKey) return;
  const q = byId("q"), typing = /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName);
  if (!q) return;
  if (e.key === "/" && !typing) { e.preventDefault(); q.focus(); q.select(); return; }
  if (e.key === "Escape" && (e.target === q || rowOf(e.target) >= 0)) { q.value = ""; choose(""); q.focus(); return; }
  index();
  const at = rowOf(e.target);
  if (e.target === q && e.key === "ArrowDown") { e.preventDefault(); go(visible(-1, 1)); return; }
  if (typing || at < 0) return;
  const to = { ArrowDown: () => visible(at, 1), j: () => visible(at, 1), ArrowUp: () => visible(at, -1), k: () => visible(at, -1),
    Home: () => visible(-1, 1), End: () => visible(items.length, -1) }[e.key];
  if (!to) return;
  e.preventDefault();
  const i = to();
  if (i >= 0) go(i);
  else if (e.key === "ArrowUp" || e.key === "k") q.focus();
});

document.addEventListener("input", e => { if (e.target.id === "q") look(); });
document.addEventListener("submit", e => {
  if (e.target.classList.contains("search")) { e.preventDefault(); look(); }
});
document.addEventListener("click", e => {
  const a = e.target.closest?.(".count");
  if (!a || e.button || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  choose(a.dataset.state === byId("state").value ? "" : a.dataset.state);
});

// ---- begin ----

function begin() {
  const zone = byId("zone");
  if (zone) zone.textContent = body.dataset.zone;
  const head = byId("head");
  if (head) localTimes(head);
  const table = byId("table");
  if (!table) { localTimes(main()); return; }
  const chunks = [...table.querySelectorAll(".chunk")];
  for (const c of chunks) if (!c.hidden) c.style.setProperty("--rows", c.querySelectorAll(".row:not([hidden])").length);
  let first = true;
  inPieces(chunks, c => {
    localTimes(c);
    for (const row of c.children) { link(row).tabIndex = first ? 0 : -1; first = false; }
  });
  if (!searched() && (byId("q").value || byId("state").value)) filter();
}

begin();
listen();
setInterval(() => { if (source && Date.now() - heard > 40000) { connected(false); listen(); } }, 5000);
// A browser opens few connections to one address: a page that nobody sees must
// not keep one.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) { if (!source) listen(); return; }
  if (source) source.close();
  source = null;
});
addEventListener("pageshow", e => { if (e.persisted) listen(); });
