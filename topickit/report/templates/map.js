// The map: one WebGL trace, labels that do not overlap, selection of a topic, search in texts.
"use strict";
(() => {
  const data = topickit.read("map-data");
  const box = document.getElementById("map");
  if (!data || !box) return;
  const gridSide = 65535;
  const unpack = (packed) => {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i, true));
  };
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

  const scale = (dark) => {
    const colors = [topickit.palette.none[dark ? 1 : 0], ...topickit.palette.colors];
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
      color: topicOf.map((id) => (id < 0 ? 0 : data.colors[id] + 1)),
      colorscale: scale(topickit.isDark()), cmin: -0.5, cmax: topickit.palette.colors.length + 0.5,
      line: { width: 0 }, opacity: hasPoints ? 0.75 : 0.6,
    },
    selected: { marker: { opacity: 0.95 } },
    unselected: { marker: { opacity: 0.05 } },
  });

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
  const measure = () => labels.forEach((entry) => {
    entry.label.hidden = false;
    entry.width = entry.label.offsetWidth + 4;
    entry.height = entry.label.offsetHeight;
  });
  // Larger topics take precedence; a name moves up or down to make room, or stays hidden.
  const placeNames = () => {
    const taken = [];
    labels.forEach(({ id, label, width, height }) => {
      label.hidden = true;
      if (!data.places[id] || (chosen !== null && chosen !== id)) return;
      const [px, py] = toPixels(data.places[id]);
      if (px < 0 || py < 0 || px > plot.clientWidth || py > plot.clientHeight) return;
      const middle = Math.min(Math.max(px, width / 2), plot.clientWidth - width / 2);
      const spot = [0, 1, -1, 2, -2].map((step) => py + step * height).find((top) =>
        top > height / 2 && top < plot.clientHeight - height / 2 && taken.every((other) =>
          Math.abs(other.middle - middle) > (other.width + width) / 2 || Math.abs(other.top - top) >= height));
      if (spot === undefined) return;
      taken.push({ middle, top: spot, width });
      label.style.transform = `translate(${(middle - width / 2).toFixed(1)}px, ${(spot - height / 2).toFixed(1)}px)`;
      label.hidden = false;
    });
  };

  const search = document.getElementById("map-query");
  let folded = null;
  const select = () => {
    const terms = search ? topickit.fold(search.value).split(/\s+/).filter(Boolean) : [];
    if (terms.length && !folded) folded = data.texts.map(topickit.fold);
    let points = null;
    if (chosen !== null || terms.length) {
      points = [];
      for (let i = 0; i < n; i += 1) {
        if (chosen !== null && topicOf[i] !== chosen) continue;
        if (terms.every((term) => folded[i].includes(term))) points.push(i);
      }
    }
    if (matches) matches.textContent = terms.length ? `${points.length.toLocaleString("en")} matching documents` : "";
    Plotly.restyle(plot, { selectedpoints: [points] });
    document.querySelectorAll("#map-topics button").forEach((button) =>
      button.setAttribute("aria-pressed", String(Number(button.dataset.topic) === chosen)));
    document.getElementById("map-all").disabled = chosen === null && !terms.length;
    placeNames();
  };
  const choose = (id) => { chosen = chosen === id ? null : id; select(); };
  topickit.choose = (id) => { chosen = id; select(); box.scrollIntoView({ block: "center" }); };

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
    tip.children[1].textContent = data.texts ? data.texts[index] : hasPoints ? "" : `${topics[id].size.toLocaleString("en")} documents`;
    tip.hidden = false;
    const [px, py] = toPixels([x[index], y[index]]);
    tip.style.left = `${Math.max(0, Math.min(px + 12, plot.clientWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${py + 14 + tip.offsetHeight > plot.clientHeight ? Math.max(0, py - tip.offsetHeight - 10) : py + 14}px`;
  };

  const touch = matchMedia("(pointer: coarse)").matches;
  view = whole();
  const axis = (range) => ({ visible: false, range, autorange: false });
  const layout = {
    margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: axis(view[0]), yaxis: axis(view[1]), showlegend: false, hovermode: "closest",
    // Touch must scroll the page, not pan the map; the buttons zoom instead.
    dragmode: touch ? false : "pan",
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
      chosen = null;
      select();
      show(whole());
    });
    document.getElementById("map-in").addEventListener("click", () => zoom(0.6));
    document.getElementById("map-out").addEventListener("click", () => zoom(1 / 0.6));
    let waiting = 0;
    if (search) search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(select, 120); });
    let width = plot.clientWidth;
    new ResizeObserver(() => {
      if (plot.clientWidth === width || !plot.clientWidth) return;
      width = plot.clientWidth;
      Plotly.relayout(plot, { width, height: plot.clientHeight }).then(() => show(whole()));
    }).observe(plot);
    topickit.onTheme((dark) => Plotly.restyle(plot, { "marker.colorscale": [scale(dark)] }));
    box.dataset.drawn = "yes";
    performance.mark("map-drawn");
  });
})();
