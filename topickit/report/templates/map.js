// The map: one WebGL trace, names where there is room, selection by topic, words or lasso, other colorings.
"use strict";
(() => {
  const data = topickit.read("map-data");
  const box = document.getElementById("map");
  if (!data || !box) return;
  const gridSide = 65535;
  const unpack = (packed) => Float32Array.from(topickit.unpack(packed, 2));
  const topics = topickit.read("topics-data");
  const hasPoints = data.topic.length > 0;
  const placed = topics.map((_, id) => id).filter((id) => data.places[id]);
  const x = hasPoints ? unpack(data.x) : Float32Array.from(placed, (id) => data.places[id][0]);
  const y = hasPoints ? unpack(data.y) : Float32Array.from(placed, (id) => data.places[id][1]);
  const topicOf = hasPoints ? unpack(data.topic).map((value) => value - 1) : Float32Array.from(placed);
  const n = x.length;
  const webgl = (() => {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
  })();
  // Without preserveDrawingBuffer the canvas is cleared after each frame, and printing shows an empty map.
  const getContext = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    const keep = String(kind).startsWith("webgl");
    return getContext.call(this, kind, keep ? { ...options, preserveDrawingBuffer: true } : options);
  };
  const plot = box.querySelector(".plot");
  const names = box.querySelector(".names");
  const tip = box.querySelector(".tip");
  const matches = document.getElementById("map-found");
  const largest = Math.max(1, ...topics.map((topic) => topic.size));

  const documents = hasPoints ? topickit.documents : null;
  // Values and colors of the points: by topic, or as chosen.
  const byTopic = { codes: topicOf.map((id) => (id < 0 ? -1 : data.colors[id])), light: topickit.palette.colors, dark: topickit.palette.colors, names: [] };
  Object.values(data.colorings).forEach((coloring) => { coloring.codes = unpack(coloring.codes).map((value) => value - 1); });
  let coloring = byTopic;
  const colorsOf = (dark) => [topickit.palette.none[dark ? 1 : 0], ...(dark ? coloring.dark : coloring.light)];
  const scale = (dark) => {
    const colors = colorsOf(dark);
    return colors.flatMap((color, i) => [[i / colors.length, color], [(i + 1) / colors.length, color]]);
  };
  const pointSize = n < 2000 ? 7 : n < 10000 ? 5 : n < 25000 ? 4 : 3;
  const trace = () => ({
    type: webgl && hasPoints ? "scattergl" : "scatter",
    mode: "markers",
    x, y,
    hoverinfo: "none",
    marker: {
      size: hasPoints ? pointSize : placed.map((id) => 14 + 60 * Math.sqrt(topics[id].size / largest)),
      color: byTopic.codes.map((code) => code + 1),
      colorscale: scale(topickit.isDark()), cmin: -0.5, cmax: topickit.palette.colors.length + 0.5,
      line: { width: 0 }, opacity: hasPoints ? 0.75 : 0.6,
    },
    selected: { marker: { opacity: 0.95 } },
    unselected: { marker: { opacity: 0.05 } },
  });

  // The legend of a coloring other than by topic; of many values some are named.
  const legend = document.getElementById("map-legend");
  const drawLegend = () => {
    const colors = colorsOf(topickit.isDark());
    const every = Math.ceil(coloring.names.length / 14);
    const entries = coloring.names.map((name, i) => [name, colors[i + 1]]).filter((_, i) => i % every === 0 || i === coloring.names.length - 1);
    const others = coloring.codes.some((code) => code < 0);
    legend.replaceChildren(...[...entries, ...(others ? [["none or other", colors[0]]] : [])].map(([name, color]) => {
      const entry = document.createElement("li");
      const swatch = document.createElement("i");
      swatch.style.background = color;
      const text = document.createElement("bdi");
      text.textContent = name;
      entry.append(swatch, text);
      return entry;
    }));
    legend.hidden = !coloring.names.length;
  };
  const paint = (dark) => {
    drawLegend();
    document.getElementById("map-topics").classList.toggle("colored-otherwise", coloring !== byTopic);
    return Plotly.restyle(plot, {
      "marker.color": [coloring.codes.map((code) => code + 1)], "marker.colorscale": [scale(dark)],
      "marker.cmin": -0.5, "marker.cmax": coloring.light.length + 0.5,
    });
  };

  let view = null; // [[x0, x1], [y0, y1]] as drawn
  const whole = () => {
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < n; i += 1) {
      left = Math.min(left, x[i]); right = Math.max(right, x[i]);
      low = Math.min(low, y[i]); high = Math.max(high, y[i]);
    }
    const margin = hasPoints ? 1.08 : 1.35;
    const unit = Math.max((right - left) / plot.clientWidth, (high - low) / plot.clientHeight, gridSide / 20000) * margin;
    const [cx, cy] = [(left + right) / 2, (low + high) / 2];
    return [[cx - unit * plot.clientWidth / 2, cx + unit * plot.clientWidth / 2],
      [cy - unit * plot.clientHeight / 2, cy + unit * plot.clientHeight / 2]];
  };

  const toPixels = ([px, py]) => [
    (px - view[0][0]) / (view[0][1] - view[0][0]) * plot.clientWidth,
    (1 - (py - view[1][0]) / (view[1][1] - view[1][0])) * plot.clientHeight,
  ];
  let chosen = null;
  const labels = topics.map((topic, id) => {
    const label = document.createElement("bdi");
    label.textContent = topic.name;
    label.hidden = true;
    names.append(label);
    return { id, label, width: 0, height: 0 };
  });
  const measure = () => {
    labels.forEach((entry) => { entry.label.hidden = false; });
    labels.forEach((entry) => { entry.width = entry.label.offsetWidth + 4; entry.height = entry.label.offsetHeight; });
    labels.forEach((entry) => { entry.label.hidden = true; });
  };
  // Larger topics take precedence; a name moves up or down to make room, or stays hidden. Names
  // together cover at most a sixth of the map, so that the points of a small screen stay visible.
  const placeNames = () => {
    const taken = [];
    let room = plot.clientWidth * plot.clientHeight / 6;
    labels.forEach(({ id, label, width, height }) => {
      label.hidden = true;
      if (!data.places[id] || (chosen !== null && chosen !== id)) return;
      const [px, py] = toPixels(data.places[id]);
      if (px < 0 || py < 0 || px > plot.clientWidth || py > plot.clientHeight || room < width * height) return;
      const middle = Math.min(Math.max(px, width / 2), plot.clientWidth - width / 2);
      const spot = [0, 1, -1, 2, -2].map((step) => py + step * height).find((top) =>
        top > height / 2 && top < plot.clientHeight - height / 2 && taken.every((other) =>
          Math.abs(other.middle - middle) > (other.width + width) / 2 || Math.abs(other.top - top) >= Math.max(height, other.height)));
      if (spot === undefined) return;
      taken.push({ middle, top: spot, width, height });
      room -= width * height;
      label.style.transform = `translate(${(middle - width / 2).toFixed(1)}px, ${(spot - height / 2).toFixed(1)}px)`;
      label.hidden = false;
    });
  };

  const search = document.getElementById("map-query");
  let lasso = null; // set of documents
  const title = (terms) => [
    ...(terms.length ? [`“${search.value.trim()}”`] : []),
    ...(chosen !== null ? [topics[chosen].name] : []),
    ...(lasso ? ["Inside the lasso"] : []),
  ].join(" · ");
  const highlight = (points) => {
    Plotly.restyle(plot, { selectedpoints: [points] });
    document.querySelectorAll("#map-topics button").forEach((button) =>
      button.setAttribute("aria-pressed", String(Number(button.dataset.topic) === chosen)));
    placeNames();
  };
  const pointsWhere = (accept) => {
    const points = [];
    for (let i = 0; i < n; i += 1) if (accept(i)) points.push(i);
    return points;
  };
  const select = () => {
    const terms = search ? topickit.fold(search.value).split(/\s+/).filter(Boolean) : [];
    const all = chosen === null && !terms.length && !lasso;
    document.getElementById("map-all").disabled = all;
    if (!documents || all) {
      if (matches) matches.textContent = "";
      if (documents) documents.show(null);
      highlight(all ? null : pointsWhere((i) => topicOf[i] === chosen));
      return Promise.resolve();
    }
    return documents.load().then(() => {
      const found = documents.find((i) => (chosen === null || documents.topicOf[i] === chosen) && (!lasso || lasso.has(i)), terms);
      const held = new Uint8Array(documents.n);
      found.forEach((i) => { held[i] = 1; });
      if (matches) matches.textContent = terms.length ? `${documents.count(found).toLocaleString("en")} matching documents` : "";
      highlight(pointsWhere((i) => held[documents.pointOf[i]]));
      documents.show(found, title(terms), terms);
    });
  };
  const choose = (id) => { chosen = chosen === id ? null : id; select(); };
  topickit.choose = (id) => { chosen = id; select(); box.scrollIntoView({ block: "center" }); };
  topickit.readTopic = (id) => {
    chosen = id;
    lasso = null;
    if (search) search.value = "";
    select().then(() => { documents.panel.scrollIntoView({ block: "start" }); documents.panel.focus({ preventScroll: true }); });
  };

  const show = (next) => Plotly.relayout(plot, { "xaxis.range": next[0], "yaxis.range": next[1] });
  const zoom = (factor) => show(view.map(([from, to]) => {
    const middle = (from + to) / 2;
    return [middle + (from - middle) * factor, middle + (to - middle) * factor];
  }));
  const follow = () => {
    const { xaxis, yaxis } = plot.layout;
    view = [[...xaxis.range], [...yaxis.range]];
    placeNames();
  };
  const hideTip = () => { tip.hidden = true; };
  const showTip = (event) => {
    const index = event.points[0].pointNumber;
    const id = topicOf[index];
    tip.children[0].textContent = id < 0 ? "outlier" : topics[id].name;
    const text = documents ? documents.text(documents.pointOf[index]).slice(0, 400).split(/\s+/).join(" ") : "";
    tip.children[1].textContent = documents ? (text.length > 100 ? `${text.slice(0, 100)}…` : text) : hasPoints ? "" : `${topics[id].size.toLocaleString("en")} documents`;
    tip.hidden = false;
    const [px, py] = toPixels([x[index], y[index]]);
    tip.style.left = `${Math.max(0, Math.min(px + 12, plot.clientWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${py + 14 + tip.offsetHeight > plot.clientHeight ? Math.max(0, py - tip.offsetHeight - 10) : py + 14}px`;
  };

  const touch = matchMedia("(pointer: coarse)").matches;
  const dragging = touch ? false : "pan";
  const rope = documents ? document.getElementById("map-lasso") : null;
  view = whole();
  const axis = (range) => ({ visible: false, range, autorange: false });
  const layout = {
    margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: axis(view[0]), yaxis: axis(view[1]), showlegend: false, hovermode: "closest",
    // Touch must scroll the page, not pan the map; the buttons zoom instead.
    dragmode: dragging,
  };
  measure();
  Plotly.newPlot(plot, [trace()], layout, { displayModeBar: false, scrollZoom: !touch, doubleClick: false }).then(() => {
    placeNames();
    plot.on("plotly_relayout", follow);
    plot.on("plotly_relayouting", (event) => {
      if (event["xaxis.range[0]"] === undefined) return;
      view = [[event["xaxis.range[0]"], event["xaxis.range[1]"]], [event["yaxis.range[0]"], event["yaxis.range[1]"]]];
      placeNames();
    });
    plot.on("plotly_hover", showTip);
    plot.on("plotly_unhover", hideTip);
    plot.on("plotly_click", (event) => { const id = topicOf[event.points[0].pointNumber]; if (id >= 0) choose(id); });
    plot.on("plotly_doubleclick", () => show(whole()));
    document.querySelectorAll("#map-topics button").forEach((button) =>
      button.addEventListener("click", () => choose(Number(button.dataset.topic))));
    document.getElementById("map-all").addEventListener("click", () => {
      if (search) search.value = "";
      chosen = lasso = null;
      select();
      Plotly.relayout(plot, { dragmode: dragging }).then(() => show(whole())).then(select);
      if (rope) rope.setAttribute("aria-pressed", "false");
    });
    document.getElementById("map-in").addEventListener("click", () => zoom(0.6));
    document.getElementById("map-out").addEventListener("click", () => zoom(1 / 0.6));
    if (rope) {
      rope.hidden = false;
      rope.addEventListener("click", () => {
        const on = rope.getAttribute("aria-pressed") !== "true";
        rope.setAttribute("aria-pressed", String(on));
        Plotly.relayout(plot, { dragmode: on ? "lasso" : dragging });
      });
      plot.on("plotly_selected", (event) => {
        if (!event || !event.points || !event.points.length) return;
        lasso = new Set(event.points.map((point) => documents.pointOf[point.pointNumber]));
        // Plotly selects again by an outline that it keeps, after each change of the layout.
        Plotly.relayout(plot, { selections: [] }).then(select);
      });
    }
    let waiting = 0;
    if (search) search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(select, 120); });
    let width = plot.clientWidth;
    new ResizeObserver(() => {
      if (plot.clientWidth === width || !plot.clientWidth) return;
      width = plot.clientWidth;
      Plotly.relayout(plot, { width, height: plot.clientHeight }).then(() => show(whole()));
    }).observe(plot);
    const choice = document.getElementById("map-colors");
    if (choice) choice.addEventListener("change", () => { coloring = data.colorings[choice.value] || byTopic; paint(topickit.isDark()); });
    topickit.onTheme(paint);
    // On paper the map has a place of its own size, before the style sheet for print applies.
    const resize = (side, height) => {
      [box.style.width, box.style.height] = [side, height];
      width = plot.clientWidth;
      Plotly.relayout(plot, { width, height: plot.clientHeight });
      show(whole());
      measure();
      follow();
    };
    addEventListener("beforeprint", () => resize("760px", "280px"));
    addEventListener("afterprint", () => resize("", ""));
    if (documents) (window.requestIdleCallback || setTimeout)(() => documents.load());
    box.dataset.drawn = "yes";
    performance.mark("map-drawn");
  });
})();
