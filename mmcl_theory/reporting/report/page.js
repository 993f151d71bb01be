"use strict";
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// What needs this script is hidden without it.
for (const part of all("[data-script]")) part.hidden = false;

// The rows: those are shown that have what is chosen in every filter; how many is told, also to a screen reader.
const filters = all(".filters select");
const rows = all("#table tbody tr");
const told = document.getElementById("told");
function filter() {
  let shown = 0;
  for (const row of rows) {
    row.hidden = filters.some(one => one.value !== "" && row.dataset[one.name] !== one.value);
    shown += !row.hidden;
  }
  told.textContent = `${shown} of ${rows.length} rows are shown`;
}
for (const one of filters) one.addEventListener("change", filter);
document.getElementById("reset").addEventListener("click", () => {
  for (const one of filters) one.value = "";
  filter();
});
filter();

document.getElementById("copy").addEventListener("click", async event => {
  const command = document.getElementById("command");
  getSelection().selectAllChildren(command);
  try {
    await navigator.clipboard.writeText(command.textContent);
    event.target.textContent = "Copied";
  } catch {
    event.target.textContent = "Selected: copy it with the keyboard";
  }
});

// The figures, in the colours of the page: a string such as "@ink" is the colour --ink of the style sheet.
const charts = JSON.parse(document.getElementById("charts").textContent);
function coloured(value) {
  const style = getComputedStyle(root);
  const text = JSON.stringify(value).replace(/"@(\w+)"/g, (_, name) => JSON.stringify(style.getPropertyValue(`--${name}`).trim()));
  return JSON.parse(text);
}
function draw(figure) {
  const select = figure.querySelector("select");
  const view = charts[figure.dataset.chart][select ? select.value : 0];
  const plot = figure.querySelector(".plot");
  const axis = { gridcolor: "@rule", linecolor: "@muted", tickcolor: "@muted", ticks: "outside", zeroline: false, automargin: true, exponentformat: "power" };
  const layout = {
    showlegend: view.data[0].type === "scatter",
    ...view.layout,
    height: view.layout.height * (root.dataset.theme ? 0.8 : 1), // two to a sheet of paper
    xaxis: { ...axis, ...view.layout.xaxis },
    yaxis: { ...axis, ...view.layout.yaxis },
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: "@ink" },
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1.03, yanchor: "bottom" },
    margin: { l: 56, r: 16, t: 16, b: 52 },
    paper_bgcolor: "@paper", plot_bgcolor: "@paper",
    hoverlabel: { bgcolor: "@panel", font: { color: "@ink" } },
  };
  const options = { responsive: true, displayModeBar: false };
  plot.setAttribute("aria-label", view.words);
  figure.querySelector("figcaption").textContent = view.words;
  Plotly.react(plot, coloured(view.data), coloured(layout), options);
}
const figures = all("figure[data-chart]");
const drawAll = () => figures.forEach(draw);

// Plotly stands in the page as base64 of gzip, a third of its length.
async function start() {
  const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), letter => letter.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(unpacked).text();
  document.head.append(script);
  drawAll();
  for (const figure of figures) figure.querySelector("select")?.addEventListener("change", () => draw(figure));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("beforeprint", () => { root.dataset.theme = "light"; drawAll(); });
  addEventListener("afterprint", () => { delete root.dataset.theme; drawAll(); });
  root.dataset.drawn = "all";
}
if (figures.length) {
  start().catch(error => {
    for (const plot of all(".plot")) plot.textContent = "This browser cannot draw the figure; what it shows is said below.";
    console.error(error);
  });
}
