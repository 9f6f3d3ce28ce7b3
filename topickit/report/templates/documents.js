// The documents: search in whole texts, and a list to page through. Texts are never written as HTML.
"use strict";
topickit.documents = (() => {
  const data = topickit.read("documents-data");
  const panel = document.getElementById("documents");
  if (!data || !panel || typeof DecompressionStream === "undefined") return null;
  const PAGE = 20;
  const PREVIEW = 320;
  const topics = topickit.read("topics-data");
  const topicOf = topickit.unpack(data.topic, 2).map((value) => value - 1);
  const countOf = topickit.unpack(data.count, 4);
  const pointOf = topickit.unpack(data.points, 4);
  let texts = null;
  let folded = null;
  let loading = null;
  const load = () => {
    if (!loading) {
      const bytes = Uint8Array.from(atob(data.texts), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      loading = new Response(stream).json().then((list) => { texts = list; data.texts = null; return list; });
    }
    return loading;
  };
  const find = (accept, terms) => {
    if (terms.length && !folded) folded = texts.map(topickit.fold);
    const found = [];
    for (let i = 0; i < texts.length; i += 1) {
      if (accept(i) && terms.every((term) => folded[i].includes(term))) found.push(i);
    }
    return found;
  };
  const count = (found) => found.reduce((sum, i) => sum + countOf[i], 0);

  const list = document.getElementById("documents-list");
  const position = document.getElementById("documents-page");
  const heading = document.getElementById("documents-title");
  const previous = document.getElementById("documents-previous");
  const next = document.getElementById("documents-next");
  let shown = [];
  let first = 0;
  let terms = [];
  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const item = (i) => {
    const row = document.createElement("li");
    const id = topicOf[i];
    const head = element("p", "of-topic", "");
    if (id < 0) head.textContent = "outlier";
    else {
      const link = element("a", "", "");
      link.href = `#topic-${topics[id].id}`;
      link.append(element("span", "badge", String(topics[id].id)), " ", element("bdi", "", topics[id].name));
      head.append(link);
    }
    if (countOf[i] > 1) head.append(` · ${countOf[i].toLocaleString("en")} equal documents`);
    const text = texts[i];
    const flat = text.split(/\s+/).join(" ");
    // The excerpt holds the first word that was searched for.
    const at = Math.min(...terms.map((term) => topickit.fold(flat).indexOf(term)).filter((index) => index >= 0));
    const from = Number.isFinite(at) && at > PREVIEW - 60 ? flat.indexOf(" ", at - 120) + 1 : 0;
    row.append(head);
    if (flat.length <= PREVIEW) row.append(element("p", "text", flat));
    else {
      const whole = document.createElement("details");
      const summary = document.createElement("summary");
      summary.append(element("span", "preview", `${from ? "…" : ""}${flat.slice(from, from + PREVIEW)}…`));
      whole.append(summary, element("div", "whole", text));
      row.append(whole);
    }
    row.querySelectorAll(".text, .preview, .whole").forEach((part) => { part.dir = "auto"; });
    return row;
  };
  const turn = (to) => {
    first = Math.max(0, Math.min(to, Math.floor((shown.length - 1) / PAGE) * PAGE));
    list.start = first + 1;
    list.replaceChildren(...shown.slice(first, first + PAGE).map(item));
    const last = Math.min(first + PAGE, shown.length);
    position.textContent = shown.length ? `${(first + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ${shown.length.toLocaleString("en")}` : "";
    previous.disabled = first === 0;
    next.disabled = last >= shown.length;
  };
  previous.addEventListener("click", () => turn(first - PAGE));
  next.addEventListener("click", () => turn(first + PAGE));
  const show = (found, title, searched) => {
    [shown, terms] = [found, searched || []];
    panel.hidden = found === null;
    if (found === null) return;
    const [all, distinct] = [count(found), found.length];
    const texts = all === distinct ? "" : ` (${distinct.toLocaleString("en")} distinct texts)`;
    heading.textContent = `${title}: ${all.toLocaleString("en")} ${all === 1 ? "document" : "documents"}${texts}`;
    turn(0);
  };
  return { load, find, count, show, pointOf, text: (i) => (texts ? texts[i] : ""), n: topicOf.length, topicOf, panel };
})();
