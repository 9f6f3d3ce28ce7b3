// Sorting and searching. The page is complete without it; texts are only read, never written as HTML.
"use strict";
(() => {
  const table = document.getElementById("overview");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);

  const key = (row, column, kind) => {
    const cell = row.cells[column];
    return kind === "number" ? Number(cell.dataset.value) : cell.textContent.trim();
  };

  const sortBy = (head) => {
    const column = heads.indexOf(head);
    const kind = head.dataset.sort;
    const now = head.getAttribute("aria-sort");
    // Sizes and shares are most often wanted from the largest down; ids and names upwards.
    const first = kind === "number" && column > 0 ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const next = now === first ? other : first;
    const sign = next === "ascending" ? 1 : -1;
    const compare = kind === "number" ? (a, b) => a - b : (a, b) => a.localeCompare(b);
    const ordered = [...rows].sort((a, b) => sign * compare(key(a, column, kind), key(b, column, kind)));
    heads.forEach((cell) => cell.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", next);
    body.append(...ordered);
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
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const texts = new Map();
  const query = document.getElementById("query");
  const found = document.getElementById("found");

  const search = () => {
    const terms = fold(query.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row) => {
      const card = cards.get(row.dataset.topic);
      if (!texts.has(row)) texts.set(row, fold(card.textContent));
      const match = terms.every((term) => texts.get(row).includes(term));
      row.hidden = card.hidden = !match;
      shown += match ? 1 : 0;
    });
    found.textContent = terms.length ? `${shown} of ${rows.length}` : "";
    document.getElementById("none-found").hidden = shown > 0;
  };

  query.addEventListener("input", search);
  document.getElementById("search").hidden = false;
  search();
})();
