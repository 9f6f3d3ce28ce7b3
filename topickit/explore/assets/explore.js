// What the page does without the server. Callbacks of Dash, by name.
window.dash_clientside = window.dash_clientside || {};
const checked = (kind) =>
  [...new Set([...document.querySelectorAll(`[data-${kind}][aria-checked="true"]`)].map((box) => +box.dataset[kind]))];

const canEdit = () => !document.querySelector(".read-only");

// An element with attributes and content; texts stay texts.
function make(tag, attributes, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

function topicLine(topic) {
  const pick = make("button", { type: "button", role: "checkbox", class: "check edit", "aria-checked": "false", "data-pick": topic.id },
    make("span", { class: "hidden" }, topic.select));
  const bar = make("span", { class: "bar" });
  bar.style.width = topic.width;
  const open = make("button", { type: "button", class: "topic", "data-open": topic.id, draggable: canEdit() },
    make("span", { class: "name" }, make("span", { class: "soft" }, `${topic.id} `), make("bdi", {}, topic.name)),
    make("span", { class: "number" }, topic.number),
    make("span", { class: "words" }, topic.words),
    bar);
  const line = make("li", {}, make("div", { class: "line" }, pick, open));
  if (topic.parts.length) {
    line.append(make("ul", { class: "parts" }, ...topic.parts.map(([name, size]) =>
      make("li", {}, make("bdi", {}, name), make("span", { class: "soft" }, ` ${size}`)))));
  }
  return line;
}

window.dash_clientside.topickit = {
  // The list of topics, and their names for the field of a target.
  list: (topics) => {
    const list = document.getElementById("topics"), focused = document.activeElement;
    const kept = list.contains(focused) ? Object.entries(focused.dataset)[0] : null;
    list.replaceChildren(...topics.map(topicLine));
    document.getElementById("topic-names").replaceChildren(...topics.map((topic) => make("option", { value: topic.option })));
    const again = kept && list.querySelector(`[data-${kept[0]}="${kept[1]}"]`);
    if (again) again.focus();
    return window.dash_clientside.no_update;
  },
  // The points inside the lasso; texts and positions stay here.
  inside: (selected) =>
    selected && (selected.lassoPoints || selected.range) ? selected.points.map((point) => point.pointIndex) : [],
  same: (value) => String(value),
  // What is selected, after lists were drawn anew; and which topic is open.
  chosen: (topic) => {
    setTimeout(() => {
      document.querySelectorAll("button.topic").forEach((button) => {
        const isOpen = +button.dataset.open === topic;
        button.classList.toggle("open", isOpen);
        button.setAttribute("aria-pressed", isOpen);
      });
      const file = document.querySelector("#upload input[type=file]");
      if (file) file.setAttribute("aria-label", "File of new documents");
      keepChecked();
    }, 0);
    return [window.dash_clientside.no_update, window.dash_clientside.no_update];
  },
  // A preview that appears is read out, and its buttons are next.
  focus: (children) => {
    const there = children && children.length > 0;
    if (there) {
      setTimeout(() => {
        const title = document.getElementById("preview-title");
        if (title) { title.focus(); title.scrollIntoView({ block: "start" }); }
      }, 0);
    }
    return there ? "card preview" : "";
  },
};

function keepChecked() {
  window.dash_clientside.set_props("picked", { data: checked("pick") });
  window.dash_clientside.set_props("rows", { data: checked("row") });
}

// One listener for all lists: a list that is drawn while the user clicks loses no click.
document.addEventListener("click", (event) => {
  const box = event.target.closest('[role="checkbox"]');
  if (box) {
    box.setAttribute("aria-checked", box.getAttribute("aria-checked") !== "true");
    keepChecked();
    return;
  }
  const opener = event.target.closest("[data-open]");
  if (!opener) return;
  window.dash_clientside.set_props("topic", { data: +opener.dataset.open });
  // On a narrow screen the topic is far below the list.
  if (matchMedia("(max-width: 760px)").matches) document.getElementById("topic-card").scrollIntoView({ block: "start" });
});

// A topic that is dropped on another one asks for a preview of their merge.
let dragged = null;
const topicAt = (event) => event.target.closest && event.target.closest(".topics .topic");
const unmark = () => document.querySelectorAll(".topic.over").forEach((one) => one.classList.remove("over"));
document.addEventListener("dragstart", (event) => {
  const topic = topicAt(event);
  dragged = topic && canEdit() ? +topic.dataset.open : null;
  if (dragged !== null) {
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", ""); // Firefox drags nothing without data
  }
});
document.addEventListener("dragover", (event) => {
  const topic = topicAt(event);
  unmark();
  if (dragged === null || !topic || +topic.dataset.open === dragged) return;
  event.preventDefault(); // says that it may be dropped here
  topic.classList.add("over");
});
document.addEventListener("drop", (event) => {
  const topic = topicAt(event);
  if (dragged === null || !topic || +topic.dataset.open === dragged) return;
  event.preventDefault();
  window.dash_clientside.set_props("dropped", { data: { topics: [+topic.dataset.open, dragged], at: Date.now() } });
});
document.addEventListener("dragend", () => { dragged = null; unmark(); });
