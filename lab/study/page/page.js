// The page itself: what is in the study's JSON as sections, charts and tables. Text becomes text nodes, never markup.
"use strict";

(() => {
  const {show, showInterval, spoken, listed, dimension, intervalOf, isNumber, keyOf} = NiclabCharts;
  const study = JSON.parse(document.getElementById("study").textContent);
  for (const list of ["parameters", "metrics", "plots", "points", "findings", "laws", "assumptions"]) study[list] = study[list] || [];
  const parameters = study.parameters.map((p) => dimension(study, p.name));
  const metrics = study.metrics.map((m) => dimension(study, m.name));
  const byId = (id) => document.getElementById(id);

  /** el("td.number", {title: "x"}, "text", node, …) */
  function el(kind, attributes, ...children) {
    const [tag, ...classes] = kind.split(".");
    const node = document.createElement(tag);
    if (classes.length) node.className = classes.join(" ");
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.flat().filter((c) => c !== null && c !== undefined));
    return node;
  }
  const count = (n, one, many = one + "s") => `${NiclabCharts.number(n)} ${n === 1 ? one : many}`;
  const say = (text) => { byId("spoken").textContent = text; };

  // ---- commands ----

  async function copyText(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // not offered to pages opened from a file
      const area = el("textarea", {"aria-hidden": "true"});
      area.value = text;
      area.style.cssText = "position:fixed;opacity:0";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  function commandBox(command) {
    const button = el("button.copy", {type: "button", onclick: async () => {
      await copyText(command);
      button.textContent = "Copied";
      button.classList.add("done");
      say("The command is copied");
      setTimeout(() => { button.textContent = "Copy"; button.classList.remove("done"); }, 1500);
    }}, "Copy");
    return el("div.command", {}, el("code", {}, command), button);
  }

  // ---- points in words ----

  const choiceText = (point) => parameters.map((p) => spoken(p, p.of(point))).join(" · ");

  function metricText(point, metric) {
    const v = metric.of(point);
    if (v === null) return "–";
    const interval = intervalOf(point, metric);
    return interval ? showInterval(v, (interval[1] - interval[0]) / 2, metric.unit) : show(v, metric.unit);
  }

  function hover(index, metricName) {
    const point = study.points[index];
    const columns = metrics.length > 36 ? ".three" : metrics.length > 14 ? ".two" : "";
    return el("div.tip", {},
      el("div.choice", {}, choiceText(point)),
      el(`div.figures${columns}`, {}, metrics.map((m) => el(m.name === metricName ? "div.figure.here" : "div.figure", {},
        el("span", {}, m.label), el("span", {}, metricText(point, m))))),
      el("div.how", {}, point.interval && Object.keys(point.interval).length ? "± is half the 95 % confidence interval. " : "", "Click for the command of this point."));
  }

  // ---- the selected point ----

  let selected = null;
  let returnTo = null;
  const charts = [];

  function select(index, focus = false) {
    selected = index;
    for (const chart of charts) chart.mark();
    for (const row of document.querySelectorAll("#rows tr.selected")) row.classList.remove("selected");
    const row = document.querySelector(`#rows tr[data-point="${index}"]`);
    if (row) row.classList.add("selected");
    const panel = byId("point");
    panel.replaceChildren();
    panel.hidden = index === null;
    if (index === null) {
      if (returnTo) returnTo.focus({preventScroll: true});
      returnTo = null;
      return;
    }
    if (!panel.contains(document.activeElement) && document.activeElement !== document.body) returnTo = document.activeElement;
    const point = study.points[index];
    const step = (by, text) => el("button", {type: "button", "aria-label": text, title: text, onclick: () => select((index + by + study.points.length) % study.points.length)}, by < 0 ? "‹" : "›");
    panel.append(
      el("div.top", {}, el("h3", {}, `Point ${index + 1} of ${study.points.length} `, point.error ? el("span.badge.bad", {}, "failed") : null),
        el("span.steps", {}, step(-1, "Previous point"), step(1, "Next point"), el("button", {type: "button", "aria-label": "Close", title: "Close (Esc)", onclick: () => select(null)}, "×"))),
      el("div.where", {}, choiceText(point)),
      point.error ? el("p.law", {}, point.error) : "",
      ...listed(point.faults).map((fault) => el("p.law", {}, fault)),
      ...brokenLaws(point).map((law) => el("p.law", {}, lawText(law))),
      commandBox(point.command || ""),
      point.error ? "" : el("details", {}, el("summary", {}, "All figures"), el("dl", {}, metrics.map((m) => [el("dt", {}, m.label), el("dd", {}, metricText(point, m))])),
        point.digest ? el("p.muted", {}, "Digest ", el("code", {}, point.digest)) : null));
    say(`Point ${index + 1}: ${choiceText(point)}`);
    if (focus) panel.querySelector("button.copy").focus({preventScroll: true});
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && selected !== null) select(null); });

  const brokenLaws = (point) => listed(point.laws).filter((law) => law && typeof law === "object" && law.holds === false && law.applies !== false);
  const lawText = (law) => `Law “${law.name}” is broken${law.where ? ` at ${law.where}` : ""}: ${show(law.measured, "")} measured, ${show(law.expected, "")} expected, bound ${show(law.bound, "")}.`;

  // ---- colours ----

  const darkWanted = window.matchMedia("(prefers-color-scheme: dark)");
  let mode = "auto";
  try { mode = localStorage.getItem("niclab-theme") || "auto"; } catch { /* not kept for files */ }
  const isDark = () => mode === "dark" || (mode === "auto" && darkWanted.matches);
  function applyTheme() {
    document.documentElement.toggleAttribute("data-dark", isDark());
    for (const button of byId("theme").children) button.setAttribute("aria-pressed", String(button.dataset.theme === mode));
    for (const chart of charts) chart.draw();
  }
  byId("theme").addEventListener("click", (event) => {
    if (!event.target.dataset.theme) return;
    mode = event.target.dataset.theme;
    try { localStorage.setItem("niclab-theme", mode); } catch { /* as above */ }
    applyTheme();
  });
  darkWanted.addEventListener("change", applyTheme);

  // ---- charts ----

  const canDraw = typeof echarts !== "undefined";

  /** One [[plot]] as a figure. It is drawn when it comes near the window, so that a page of many opens at once. */
  class Chart {
    constructor(plot, number) {
      this.plot = plot;
      this.choice = {};
      this.marks = [];
      this.at = -1;
      this.box = el("div.chart", {id: `plot-${number}`, tabindex: "0", role: "group", "aria-label": `Chart: ${plot.title}. Arrow keys go from mark to mark, Enter gives the command of the point.`});
      this.notes = el("figcaption", {});
      this.figure = el("figure.card", {}, el("div.top", {}, el("h3", {}, plot.title), this.controls()), this.box, this.notes);
      this.box.addEventListener("keydown", (event) => this.key(event));
      this.box.addEventListener("blur", () => { if (this.drawn) this.drawn.dispatchAction({type: "hideTip"}); });
    }

    controls() {
      return el("div.choices", {}, NiclabCharts.choices(study, this.plot).map(({parameter, values, initial}) => {
        const menu = el("select", {onchange: () => { this.choice[parameter.name] = menu.value === "all" ? null : Number(menu.value); this.draw(); }},
          el("option", {value: "all", selected: initial === null}, "all"),
          values.map((v, i) => el("option", {value: String(i), selected: initial === i}, show(v, parameter.unit))));
        return el("label", {}, parameter.label, menu);
      }));
    }

    build(width) {
      return canDraw ? NiclabCharts.build(study, this.plot, {width, theme: isDark() ? NiclabCharts.DARK : NiclabCharts.LIGHT, choice: this.choice, tooltip: hover})
        : {problem: "The chart library is not in this page."};
    }

    draw() {
      const width = this.box.clientWidth, built = this.build(width);
      if (!this.near) {  // keeps its place, so that nothing moves when it is drawn
        this.box.style.height = built.problem ? "auto" : `${built.height}px`;
        return;
      }
      this.marks = built.problem ? [] : built.marks;
      this.box.dataset.marks = String(this.marks.length);
      this.at = -1;
      if (built.problem) {
        if (this.drawn) { this.drawn.dispose(); this.drawn = null; }
        this.box.replaceChildren(el("p.problem", {}, built.problem));
        this.box.style.height = "auto";
        this.notes.textContent = "";
        return;
      }
      if (!this.drawn) this.box.replaceChildren();
      this.box.style.height = `${built.height}px`;
      if (this.drawn) this.drawn.resize({width, height: built.height});
      else {
        this.drawn = echarts.init(this.box, null, {renderer: "svg", width, height: built.height});
        this.drawn.on("click", (event) => { 
          if (event.data?.point === undefined) return;
          this.drawn.dispatchAction({type: "hideTip"});
          select(event.data.point);
        });
        // The library answers a click by itself, before or after us: a mark already selected would be so no longer.
        this.drawn.on("selectchanged", (event) => { if (event.isFromClick) this.mark(); });
      }
      built.option.tooltip.position = (at, params, dom, rect, size) => this.beside(at, size);
      this.drawn.setOption(built.option, {notMerge: true});
      this.notes.textContent = [this.only(), ...built.notes.map((n) => n + ".")].filter(Boolean).join(" ");
      this.mark();
    }

    /** What `where` leaves, but for what an axis, the colours or the panels show. */
    only() {
      const seen = [this.plot.x, this.plot.series, this.plot.facet];
      const parts = Object.entries(this.plot.where || {}).filter(([name]) => !seen.includes(name)).map(([name, v]) => [dimension(study, name), listed(v)])
        .filter(([p, v]) => p && v.length).map(([p, v]) => `${p.label} ${v.map((one) => show(one, p.unit)).join(", ")}`);
      return parts.length ? `Only ${parts.join("; ")}.` : "";
    }

    /** A hover beside the pointer and inside the window. */
    beside(at, size) {
      const box = this.box.getBoundingClientRect(), [w, h] = size.contentSize;
      const right = document.documentElement.clientWidth, bottom = window.innerHeight;
      let x = box.left + at[0] + 18, y = box.top + at[1] + 14;
      if (x + w > right - 10) x = box.left + at[0] - w - 18;
      if (x < 10) x = Math.max(10, Math.min(right - w - 10, box.left + at[0] + 18));
      y = Math.max(10, Math.min(y, bottom - h - 10));
      return [x - box.left, y - box.top];
    }

    mark() {
      if (!this.drawn) return;
      for (const m of this.selectedMarks || []) this.drawn.dispatchAction({type: "unselect", seriesIndex: m.series, dataIndex: m.data});
      this.selectedMarks = selected === null ? [] : this.marks.filter((m) => m.point === selected);
      for (const m of this.selectedMarks) this.drawn.dispatchAction({type: "select", seriesIndex: m.series, dataIndex: m.data});
    }

    key(event) {
      const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      if (!this.marks.length || (!step && event.key !== "Enter")) return;
      event.preventDefault();
      if (event.key === "Enter") {
        if (this.at >= 0) select(this.marks[this.at].point, true);
        return;
      }
      if (this.at >= 0) this.drawn.dispatchAction({type: "downplay", seriesIndex: this.marks[this.at].series, dataIndex: this.marks[this.at].data});
      this.at = this.at < 0 ? (step > 0 ? 0 : this.marks.length - 1) : (this.at + step + this.marks.length) % this.marks.length;
      const m = this.marks[this.at], point = study.points[m.point], metric = dimension(study, m.metric);
      this.drawn.dispatchAction({type: "highlight", seriesIndex: m.series, dataIndex: m.data});
      this.drawn.dispatchAction({type: "showTip", seriesIndex: m.series, dataIndex: m.data});
      say(`${choiceText(point)}: ${metric.label} ${metricText(point, metric)}`);
    }
  }

  // ---- sections ----

  function section(id, title, lead, ...content) {
    return el("section", {id, "aria-labelledby": `${id}-title`}, el("h2", {id: `${id}-title`}, title), lead ? el("p.lead", {}, lead) : null, content);
  }

  /** Cells of text and numbers; a column with a number in it stands to the right. */
  function table(columns, rows, caption) {
    const right = columns.map((_, i) => rows.some((r) => isNumber(r[i])));
    const cell = (v) => v instanceof Node ? v : v === true ? "yes" : v === false ? "no" : isNumber(v) ? NiclabCharts.number(v) : v === null || v === undefined ? "–" : String(v);
    return el("div.scroll", {tabindex: "0", role: "region", "aria-label": caption}, el("table.plain", {},
      el("thead", {}, el("tr", {}, columns.map((c, i) => el(right[i] ? "th.number" : "th", {scope: "col"}, c)))),
      el("tbody", {}, rows.map((r) => el("tr", {}, columns.map((_, i) => el(right[i] ? "td.number" : "td", {}, cell(r[i]))))))));
  }

  function header() {
    const failed = study.points.filter((p) => p.error).length;
    const checked = study.laws.reduce((sum, law) => sum + (law.checked || 0), 0), broken = study.laws.reduce((sum, law) => sum + (law.failed || 0), 0);
    const item = (n, text, bad) => el(bad ? "li.bad" : "li", {}, el("b", {}, NiclabCharts.number(n)), text);
    return el("header", {}, el("h1", {}, study.title || study.name), commandBox(study.command || ""),
      el("ul.tally", {}, item(study.points.length, study.points.length === 1 ? "point" : "points"), failed ? item(failed, "failed", true) : null,
        item(parameters.length, parameters.length === 1 ? "parameter" : "parameters"), item(metrics.length, "figures of each point"),
        checked ? item(checked, "checks of laws") : null, broken ? item(broken, broken === 1 ? "check failed" : "checks failed", true) : null));
  }

  function findings() {
    if (!study.findings.length) return null;
    const badge = (f) => f.holds === true ? el("span.badge.good", {}, "✓ holds") : f.holds === false ? el("span.badge.bad", {}, "✗ does not hold") : null;
    const card = (f) => {
      const rows = f.rows?.values || [];
      return el("article.card" + (f.holds === true ? ".holds" : f.holds === false ? ".fails" : ""), {},
        el("div.top", {}, el("h3", {}, f.title || f.kind), badge(f)), el("p", {}, f.text || ""),
        rows.length ? el("details", {open: study.findings.length <= 2 && rows.length <= 8}, el("summary", {}, count(rows.length, "row")), table(f.rows.columns || [], rows, f.title)) : null);
    };
    // Of many, those of single cases (they belong to a place in a plot) wait behind the ones that sum them up.
    const many = study.findings.length > 6, sums = (f) => !f.x || f.holds === false;
    const first = many && study.findings.some(sums) ? study.findings.filter(sums) : study.findings;
    const rest = study.findings.filter((f) => !first.includes(f));
    return section("findings", "Findings", "", el("div.findings", {}, first.map(card)),
      rest.length ? el("details.more", {}, el("summary", {}, `${count(rest.length, "more finding")}, case by case`), el("div.findings", {}, rest.map(card))) : null);
  }

  function plots() {
    if (!study.plots.length) return null;
    study.plots.forEach((plot, i) => charts.push(new Chart(plot, i + 1)));
    return section("plots", "Plots", "Hover a mark for all its figures. Click it for the command that reproduces the point. Click a name in a legend to hide its marks.",
      el("div.plots", {}, charts.map((c) => c.figure)));
  }

  function laws() {
    if (!study.laws.length) return null;
    const verdict = (law) => law.failed ? el("span.badge.bad", {}, `✗ ${law.failed} failed`) : law.checked ? el("span.badge.good", {}, "✓ holds") : el("span.badge", {}, "not checked");
    return section("laws", "Laws", "Closed forms each point was held against. “Worst” is the largest deviation from what was expected, in the law's unit.",
      el("div.card", {}, table(["Law", "What it says", "Checked", "Worst", "Bound", ""], study.laws.map((law) =>
        [el("code", {}, law.name), law.says, law.checked, law.checked ? law.worst : null, law.checked ? law.bound : null, verdict(law)]), "Laws")));
  }

  function assumptions() {
    const varied = table(["Varied", "Values", "Key of the scenario"], study.parameters.map((p) =>
      [p.label || p.name, listed(p.values).map((v) => show(v, p.unit)).join(", "), listed(p.key ?? p.keys).join(", ") || "several, by value"]), "What was varied");
    const rows = study.assumptions.map((a) => [el("code", {}, a.name), a.value, a.says]);
    const held = rows.length ? el("details", {open: rows.length <= 8}, el("summary", {}, count(rows.length, "assumption"), ", each a key of the scenario"), table(["Key", "Value", "What else it may be"], rows, "Assumptions")) : null;
    const meanings = study.metrics.some((m) => m.says) ? el("details", {}, el("summary", {}, "What each figure means"), table(["Figure", "Unit", "Better", "Meaning", "Column of points.csv"],
      study.metrics.map((m) => [m.label || m.name, m.unit || "–", m.better || "–", m.says || "–", el("code", {}, m.name)]), "Figures")) : null;
    const text = study.scenario ? ` The base scenario is ${study.scenario}.` : "";
    return section("assumptions", "Assumptions", `What is not varied is as the base scenario says.${text} “niclab study uncertainty ${study.name}” asks which findings survive other assumptions.`,
      el("div.card", {style: "display:grid;gap:22px"}, varied, held, meanings));
  }

  // ---- the table of all points ----

  function pointTable() {
    const used = new Set([...study.plots.flatMap((p) => [p.x, ...listed(p.y)]), ...study.findings.flatMap((f) => [f.x, ...listed(f.y)])]);
    const shown = new Set(metrics.filter((m, i) => used.size ? used.has(m.name) : i < 8).map((m) => m.name));
    if (!shown.size) metrics.slice(0, 8).forEach((m) => shown.add(m.name));
    const state = {sort: "#", down: false, words: "", only: {}, failed: false};
    const box = el("div.scroll", {id: "rows", tabindex: "0", role: "region", "aria-label": "All points"});
    const tally = el("span.muted", {"aria-live": "polite"});
    const haystack = study.points.map((p, i) => `${i + 1} ${choiceText(p)} ${p.error || ""}`.toLowerCase());
    const named = new Map([...parameters, ...metrics].flatMap((d) => [[d.name.toLowerCase(), d], [d.label.toLowerCase(), d]]));

    /** "latency_p99_ns<20000" compares; any other word must occur in the point's values. */
    function fitsWord(word, i) {
      const comparison = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(word);
      const what = comparison && named.get(comparison[1]);
      if (!what) return haystack[i].includes(word);
      const v = what.of(study.points[i]), wanted = comparison[3];
      if (comparison[2] === "=") return String(v).toLowerCase() === wanted;
      if (!isNumber(v)) return false;
      return {"<": v < wanted, ">": v > wanted, "<=": v <= wanted, ">=": v >= wanted}[comparison[2]];
    }

    function order(a, b) {
      const what = [...parameters, ...metrics].find((d) => d.name === state.sort);
      if (!what) return state.down ? b - a : a - b;
      const va = what.of(study.points[a]), vb = what.of(study.points[b]);
      if (va === null || vb === null) return va === vb ? a - b : va === null ? 1 : -1;  // what is missing comes last
      const known = (v) => what.isParameter && !isNumber(v) ? listed(what.values).findIndex((w) => keyOf(w) === keyOf(v)) : v;
      const difference = known(va) - known(vb);
      return (state.down ? -difference : difference) || a - b;
    }

    function heading(name, label, unit, number) {
      const way = state.sort === name ? (state.down ? "descending" : "ascending") : "none";
      return el(number ? "th.number" : "th", {scope: "col", "aria-sort": way}, el("button", {type: "button", onclick: () => {
        state.down = state.sort === name ? !state.down : false;
        state.sort = name;
        fill();
        for (const th of box.querySelectorAll("th button")) if (th.dataset.name === name) th.focus();
      }, "data-name": name}, label, unit ? el("small", {}, ` ${unit}`) : null));
    }

    function row(i, columns) {
      const point = study.points[i], law = brokenLaws(point).length;
      const open = el("td", {}, el("button", {type: "button", "aria-label": `Point ${i + 1}: command`, onclick: (event) => { event.stopPropagation(); select(i, true); }}, String(i + 1)),
        point.error ? el("span.badge.bad", {}, "failed") : law ? el("span.badge.bad", {title: brokenLaws(point).map(lawText).join("\n")}, "law") : null);
      const values = parameters.map((p) => { const v = p.of(point); return el(isNumber(v) ? "td.number" : "td", {title: String(v)}, isNumber(v) ? NiclabCharts.number(v) : show(v, "")); });
      const figures = point.error ? [el("td.error", {colspan: String(Math.max(1, columns.length))}, point.error)] : columns.map((m) => {
        const v = m.of(point), interval = intervalOf(point, m);
        return el("td.number", {}, v === null ? "–" : NiclabCharts.number(v), interval ? el("span.interval", {}, ` ± ${NiclabCharts.number((interval[1] - interval[0]) / 2)}`) : null);
      });
      return el("tr" + (point.error ? ".failed" : "") + (i === selected ? ".selected" : ""), {"data-point": String(i), onclick: () => { if (!String(getSelection())) select(i); }}, open, values, figures);
    }

    function fill() {
      const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
      const indices = study.points.map((_, i) => i).filter((i) => (!state.failed || study.points[i].error || brokenLaws(study.points[i]).length) &&
        parameters.every((p) => state.only[p.name] === undefined || keyOf(p.of(study.points[i])) === state.only[p.name]) && words.every((w) => fitsWord(w, i)));
      indices.sort(order);
      const columns = metrics.filter((m) => shown.has(m.name));
      const number = (p) => study.points.length > 0 && study.points.every((point) => isNumber(p.of(point)));
      box.replaceChildren(el("table", {}, el("thead", {}, el("tr", {}, heading("#", "#", "", false), parameters.map((p) => heading(p.name, p.label, p.unit, number(p))), columns.map((m) => heading(m.name, m.label, m.unit, true)))),
        el("tbody", {}, indices.map((i) => row(i, columns)))));
      tally.textContent = indices.length === study.points.length ? count(indices.length, "point") : `${indices.length} of ${count(study.points.length, "point")}`;
    }

    const filters = parameters.filter((p) => listed(p.values).length > 1).map((p) => {
      const menu = el("select", {onchange: () => { if (menu.value === "") delete state.only[p.name]; else state.only[p.name] = menu.value; fill(); }},
        el("option", {value: ""}, "all"), listed(p.values).map((v) => el("option", {value: keyOf(v)}, show(v, p.unit))));
      return el("label", {}, p.label, menu);
    });
    const columnBoxes = metrics.map((m) => {
      const tick = el("input", {type: "checkbox", checked: shown.has(m.name), onchange: () => { if (tick.checked) shown.add(m.name); else shown.delete(m.name); fill(); }});
      return el("label", {}, tick, m.label);
    });
    const all = (on) => el("button", {type: "button", onclick: () => { for (const label of columnBoxes) { const tick = label.firstChild; if (tick.checked !== on) { tick.checked = on; } } metrics.forEach((m) => on ? shown.add(m.name) : shown.delete(m.name)); fill(); }}, on ? "All" : "None");
    const search = el("input", {type: "search", id: "search", placeholder: "Filter: words, or cpu_percent<20", "aria-label": "Filter points by words, or by comparisons such as cpu_percent<20", oninput: () => { state.words = search.value; fill(); }});
    const onlyFailed = el("input", {type: "checkbox", onchange: () => { state.failed = onlyFailed.checked; fill(); }});
    const anyBad = study.points.some((p) => p.error || brokenLaws(p).length);
    return {fill, section: section("points", "All points", "", el("div.card", {},
      el("div.tools", {}, search, filters, anyBad ? el("label", {}, onlyFailed, "only what failed") : null, tally),
      el("details", {}, el("summary", {}, "Columns"), el("div.columns", {}, all(true), all(false), columnBoxes)), box))};
  }

  // ---- the page ----

  const all = pointTable();
  const main = byId("main");
  main.replaceChildren(...[header(), findings(), plots(), laws(), all.section, assumptions()].filter(Boolean));
  byId("brand").textContent = `niclab · ${study.name}`;
  byId("links").append(...[...main.querySelectorAll("section")].map((s) => el("a", {href: `#${s.id}`}, {points: "Points"}[s.id] || s.querySelector("h2").textContent)));
  const skip = document.querySelector(".skip");
  if (!byId("findings")) skip.href = "#main";
  applyTheme();
  all.fill();

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const chart = entry.isIntersecting && charts.find((c) => c.box === entry.target);
      if (!chart) continue;
      seen.unobserve(chart.box);
      chart.near = true;
      chart.draw();
    }
  }, {rootMargin: "900px"});
  for (const chart of charts) seen.observe(chart.box);
  addEventListener("beforeprint", () => { for (const chart of charts) { chart.near = true; chart.draw(); } });
  let width = window.innerWidth, pending = null;
  addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(pending);
    pending = setTimeout(() => { for (const chart of charts) chart.draw(); }, 120);
  });
})();
