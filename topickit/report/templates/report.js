// Theme, sorting, search, opening topics, and the figures. Texts are never written as HTML.
"use strict";
const topickit = (() => {
  const read = (id) => {
    const holder = document.getElementById(id);
    return holder ? JSON.parse(holder.textContent) : null;
  };
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const listeners = [];
  let printing = false;
  const notify = () => listeners.forEach((listener) => listener(isDark() && !printing));
  const button = document.getElementById("theme");
  const updateButton = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.hidden = false;
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; updateButton(); notify(); });
  system.addEventListener("change", () => { updateButton(); notify(); });
  // Print uses the light theme and shows closed parts.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll(".card:not([open]), .tree details:not([open])"));
    closed.forEach((part) => { part.open = true; });
    printing = true;
    notify();
  });
  addEventListener("afterprint", () => {
    closed.forEach((part) => { part.open = false; });
    printing = false;
    notify();
  });
  updateButton();
  // Base64 of little-endian integers of 2 or 4 bytes.
  const unpack = (packed, width) => {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Array.from({ length: bytes.length / width }, (_, i) => (width === 2 ? view.getUint16(2 * i, true) : view.getUint32(4 * i, true)));
  };
  return {
    read, unpack, isDark,
    palette: read("palette-data"),
    onTheme: (listener) => listeners.push(listener),
    fold: (text) => text.normalize("NFKC").toLowerCase(),
    choose: null, // the map's, where there is one
    readTopic: null,
    documents: null,
  };
})();

(() => {
  const table = document.getElementById("overview");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows).filter((row) => row.dataset.topic);
  const parts = new Map(rows.map((row) => [row, Array.from(body.querySelectorAll(`tr[data-parent="${row.dataset.topic}"]`))]));
  const heads = Array.from(table.tHead.rows[0].cells);

  const key = (row, column, kind) => {
    const cell = row.cells[column];
    return kind === "number" ? Number(cell.dataset.value) : cell.textContent.trim();
  };
  const sortBy = (head) => {
    const column = heads.indexOf(head);
    const kind = head.dataset.sort;
    const now = head.getAttribute("aria-sort");
    // Sizes and shares start with the largest; ids and names ascend.
    const first = kind === "number" && column > 0 ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const next = now === first ? other : first;
    const sign = next === "ascending" ? 1 : -1;
    const compare = kind === "number" ? (a, b) => a - b : (a, b) => a.localeCompare(b);
    const ordered = [...rows].sort((a, b) => sign * compare(key(a, column, kind), key(b, column, kind)));
    heads.forEach((cell) => cell.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", next);
    body.append(...ordered.flatMap((row) => [row, ...parts.get(row)]));
  };
  heads.filter((head) => head.dataset.sort).forEach((head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(head));
    head.append(button);
  });

  const cards = new Map();
  document.querySelectorAll(".card").forEach((card) => cards.set(card.dataset.topic, card));
  const texts = new Map();
  const query = document.getElementById("query");
  const matches = document.getElementById("found");
  const search = () => {
    const terms = topickit.fold(query.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row) => {
      const card = cards.get(row.dataset.topic);
      if (!texts.has(row)) texts.set(row, topickit.fold(card.textContent));
      const match = terms.every((term) => texts.get(row).includes(term));
      row.hidden = card.hidden = !match;
      parts.get(row).forEach((part) => { part.hidden = !match; });
      shown += match ? 1 : 0;
    });
    matches.textContent = terms.length ? `${shown} of ${rows.length}` : "";
    document.getElementById("none-found").hidden = shown > 0;
  };
  query.addEventListener("input", search);
  document.getElementById("search").hidden = false;

  const open = () => {
    const card = document.getElementById(location.hash.slice(1));
    if (!card) return;
    if (!card.matches(".card")) card.scrollIntoView({ block: "center" });
    else {
      card.open = true;
      card.scrollIntoView();
      card.querySelector("summary").focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", open);
  // A click on the topic that is already in the URL fires no hashchange.
  document.querySelectorAll('a[href^="#topic-"]').forEach((link) => link.addEventListener("click", () => setTimeout(open)));
  open();
  document.querySelectorAll("button.on-map").forEach((button) => {
    button.hidden = !document.getElementById("map");
    button.addEventListener("click", () => topickit.choose && topickit.choose(Number(button.dataset.topic)));
  });
  document.querySelectorAll("button.read-all").forEach((button) => {
    button.hidden = !document.getElementById("documents-data") || typeof DecompressionStream === "undefined";
    button.addEventListener("click", () => topickit.readTopic && topickit.readTopic(Number(button.dataset.topic)));
  });
  const all = document.getElementById("open-all");
  all.hidden = false;
  all.addEventListener("click", () => {
    const opened = all.getAttribute("aria-pressed") !== "true";
    all.setAttribute("aria-pressed", String(opened));
    all.textContent = opened ? "Close all" : "Open all";
    cards.forEach((card) => { card.open = opened; });
  });
})();

// Figures are drawn when they come near the viewport, so that they do not delay the map.
(() => {
  const figures = topickit.read("figures-data");
  if (!figures) return;
  const inks = (dark) => {
    const ink = dark ? "#d5dae1" : "#30363f";
    const parts = { "font.color": ink };
    ["xaxis", "yaxis"].forEach((axis) => { parts[`${axis}.tickfont.color`] = parts[`${axis}.title.font.color`] = ink; });
    return parts;
  };
  const draw = (holder) => {
    const figure = figures[holder.dataset.figure];
    const layout = { ...figure.layout, autosize: true, dragmode: false };
    holder.style.height = `${layout.height}px`;
    if (holder.clientWidth < 500 && layout.yaxis && layout.yaxis.ticktext) {
      // Narrow screens have no room for names: some of the ids remain.
      ["xaxis", "yaxis"].forEach((name) => {
        const axis = layout[name];
        const every = Math.ceil(axis.ticktext.length / 12);
        const some = (values) => values.filter((_, i) => i % every === 0);
        layout[name] = { ...axis, tickvals: some(axis.tickvals), ticktext: some(axis.ticktext).map((text) => text.split(" ")[0]) };
      });
      layout.height = Math.min(layout.height, holder.clientWidth + 60);
      holder.style.height = `${layout.height}px`;
    }
    Plotly.newPlot(holder, figure.data, layout, { displayModeBar: false, responsive: true }).then(() => {
      const dress = (dark) => Plotly.relayout(holder, inks(dark));
      topickit.onTheme(dress);
      return dress(topickit.isDark());
    }).then(() => {
      holder.dataset.drawn = "yes";
    });
  };
  const watch = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
    watch.unobserve(entry.target);
    draw(entry.target);
  }), { rootMargin: "400px" });
  document.querySelectorAll(".figure").forEach((holder) => watch.observe(holder));
  // A figure on paper is low, so that text and figure share a page, and as wide as its column.
  const onPaper = { similarity: [470, 230], over_time: [1000, 190] };
  const fit = (paper) => document.querySelectorAll(".figure").forEach((holder) => {
    const full = figures[holder.dataset.figure].layout.height;
    const [width, limit] = paper ? onPaper[holder.dataset.figure] : [holder.clientWidth, full];
    const height = Math.min(full, limit);
    holder.style.height = `${height}px`;
    const ticks = holder.dataset.figure === "similarity" ? { "yaxis.tickfont.size": paper ? 6 : null } : {};
    if (holder.layout) Plotly.relayout(holder, { width, height, ...ticks }).then(() => { if (!paper) Plotly.relayout(holder, { width: null, autosize: true }); });
  });
  addEventListener("beforeprint", () => {
    document.querySelectorAll(".figure:not([data-drawn])").forEach((holder) => {
      watch.unobserve(holder);
      draw(holder);
    });
    fit(true);
  });
  addEventListener("afterprint", () => fit(false));

  const choice = document.getElementById("time-topic");
  if (!choice) return;
  // Each topic has two traces, band and line; the band is only shown for a single topic.
  choice.addEventListener("change", () => {
    const holder = document.querySelector('[data-figure="over_time"]');
    const wanted = choice.value;
    const lines = figures.over_time.data.map((part) => {
      const band = part.showlegend === false;
      if (wanted === "largest") return !band && Number(part.legendgroup) < 6;
      return part.legendgroup === wanted;
    });
    Plotly.restyle(holder, { visible: lines });
  });
})();
