// What the page does without the server. Callbacks of Dash, by name.
window.dash_clientside = window.dash_clientside || {};
const checked = (kind) =>
  [...new Set([...document.querySelectorAll(`[data-${kind}][aria-checked="true"]`)].map((box) => +box.dataset[kind]))];

window.dash_clientside.topickit = {
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
  if (opener) window.dash_clientside.set_props("topic", { data: +opener.dataset.open });
});
