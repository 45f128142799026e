// A study's plots as options of the chart library: plain functions from values to values, without document or clock, so
// that the page and the pictures (render.js) show the same.
"use strict";

const NiclabCharts = (() => {
  // Told apart by people with any colour vision, on white and on black; series differ in their symbol too.
  const LIGHT = {
    ink: "#1c2226", muted: "#5d676e", line: "#d5d9dc", grid: "#e9ebed", surface: "#ffffff",
    colours: ["#0067a8", "#d1490c", "#00795a", "#a8468f", "#8f6a00", "#2f9fd9", "#5b6167", "#6e3b1f"],
    ramp: ["#472a7a", "#33608d", "#228c8c", "#3eb370", "#96b81e"],
  };
  const DARK = {
    ink: "#e6eaed", muted: "#9aa5ad", line: "#414a51", grid: "#2b3238", surface: "#181d21",
    colours: ["#5ab0ee", "#ff9159", "#35c79c", "#e69acb", "#e8bc4a", "#a9dcfa", "#b3bac0", "#c9a58a"],
    ramp: ["#8d7bd6", "#5f9ad0", "#35b0aa", "#63d17f", "#d8e34b"],
  };
  const HEAT = ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"];
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect", "arrow"];
  const DASHES = ["solid", "dashed", "dotted", [8, 3, 2, 3]];
  const FRONT = "Pareto front", DASHED_ICON = "path://M0 4h5v2h-5zM8 4h5v2h-5z";
  const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

  // ---- values and their units ----

  const isNumber = (v) => typeof v === "number" && Number.isFinite(v);

  function grouped(digits) {
    return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  }

  /** Four significant digits, thousands grouped. */
  function number(v) {
    const size = Math.abs(v);
    if (size >= 1e15 || (size < 1e-4 && size > 0)) return v.toExponential(3);
    const decimals = size >= 1000 ? 0 : size === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size)));
    const [whole, fraction = ""] = v.toFixed(Math.min(decimals, 8)).split(".");
    const rest = fraction.replace(/0+$/, "");
    return grouped(whole) + (rest ? "." + rest : "");
  }

  const withUnit = (text, unit) => unit === "" || unit == null ? text : unit.startsWith("1/") ? `${text} /${unit.slice(2)}` : `${text} ${unit}`;

  /** What divides nanoseconds so that `largest` of them is easily read. */
  function timeUnit(largest) {
    if (largest >= 2e9) return [1e9, "s"];
    if (largest >= 2e6) return [1e6, "ms"];
    if (largest >= 2e3) return [1e3, "µs"];
    return [1, "ns"];
  }

  /** A value in words: "12.3 µs", "20,000 /s"; "–" when there is none. */
  function show(v, unit) {
    if (v === null || v === undefined || v === "") return "–";
    if (!isNumber(v)) return withUnit(String(v), typeof v === "string" ? "" : unit);
    if (unit === "ns") {
      const [divisor, name] = timeUnit(Math.abs(v));
      return `${number(v / divisor)} ${name}`;
    }
    return withUnit(number(v), unit);
  }

  /** "12.3 ± 0.41 µs". */
  function showInterval(v, half, unit) {
    const [divisor, name] = unit === "ns" ? timeUnit(Math.abs(v)) : [1, unit];
    return withUnit(`${number(v / divisor)} ± ${number(Number((half / divisor).toPrecision(2)))}`, name);
  }

  // ---- parameters and metrics ----

  const keyOf = (v) => JSON.stringify(v === undefined ? null : v);

  /** The parameter or metric of that name, or null. `values` of a parameter are in the study's order. */
  function dimension(study, name) {
    const parameter = study.parameters.find((p) => p.name === name);
    if (parameter) {
      return {...parameter, label: parameter.label || name, unit: parameter.unit || "", isParameter: true,
        of: (point) => point.params?.[name] ?? null};
    }
    const metric = study.metrics.find((m) => m.name === name);
    if (!metric) return null;
    return {...metric, label: metric.label || name, unit: metric.unit || "", isParameter: false,
      of: (point) => { const v = point.metrics?.[name]; return isNumber(v) ? v : null; }};
  }

  /** A parameter's value with what it is a value of: "rx-usecs 50 µs", "bursts". */
  function spoken(parameter, v) {
    return typeof v === "string" ? v : `${parameter.label} ${show(v, parameter.unit)}`;
  }

  const listed = (v) => v === null || v === undefined ? [] : Array.isArray(v) ? v : [v];

  function allowed(point, where) {
    return Object.entries(where || {}).every(([name, wanted]) =>
      listed(wanted).some((w) => keyOf(w) === keyOf(point.params?.[name])));
  }

  /** Values of a parameter among the points, in the study's order. */
  function present(parameter, points) {
    const there = new Map(points.map((p) => [keyOf(parameter.of(p)), parameter.of(p)]));
    const ordered = (parameter.values || []).filter((v) => there.has(keyOf(v)));
    const known = new Set(ordered.map(keyOf));
    for (const [key, v] of there) if (!known.has(key)) ordered.push(v);
    return ordered;
  }

  // ---- what a plot is made of ----

  /** The rows of a heatmap: its `series`, or a parameter given first in `y`. */
  function rolesOf(study, plot) {
    let ys = listed(plot.y).map((name) => dimension(study, name)).filter(Boolean);
    let series = plot.series ? dimension(study, plot.series) : null;
    if (plot.kind === "heatmap" && !series) series = ys.find((y) => y.isParameter) || null;
    ys = ys.filter((y) => !y.isParameter);
    const x = dimension(study, plot.x);
    const facet = plot.facet ? dimension(study, plot.facet) : null;
    return {x, ys, series, facet};
  }

  /**
   * What a reader may choose: parameters that vary among the plot's points and that it gives no axis, colour or panel.
   * [{parameter, values, initial}]; `initial` is an index, or null for "all".
   */
  function choices(study, plot) {
    const {x, ys, series, facet} = rolesOf(study, plot);
    const used = new Set([x, series, facet, ...ys].filter(Boolean).map((d) => d.name));
    const points = study.points.filter((p) => !p.error && allowed(p, plot.where));
    const free = [];
    for (const {name} of study.parameters) {
      if (used.has(name)) continue;
      const parameter = dimension(study, name);
      const values = present(parameter, points);
      if (values.length > 1) free.push({parameter, values, initial: plot.kind === "scatter" ? null : 0});
    }
    return free;
  }

  // ---- axes ----

  function niceStep(rough) {
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  }

  function linearTicks(low, high, count) {
    if (low > 0 && low < 0.6 * high) low = 0;
    if (high < 0 && high > 0.6 * low) high = 0;
    if (low === high) { low = Math.min(0, low); high = high === low ? low + 1 : high; }
    const step = niceStep((high - low) / count);
    const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9);
    return Array.from({length: last - first + 1}, (_, i) => Number(((first + i) * step).toPrecision(12)));
  }

  function logTicks(low, high) {
    const decades = Math.log10(high / low);
    const marks = decades > 2.6 ? [1] : decades > 0.5 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
    const all = [];
    for (let e = Math.floor(Math.log10(low)) - 1; e <= Math.ceil(Math.log10(high)); e++) {
      for (const m of marks) all.push(Number((m * 10 ** e).toPrecision(12)));
    }
    const below = all.filter((t) => t <= low * 1.0001), above = all.filter((t) => t >= high * 0.9999);
    return all.filter((t) => t >= below[below.length - 1] && t <= (above[0] ?? Infinity));
  }

  function tickText(v, largest) {
    if (largest >= 1e9) return number(v / 1e9) + (v ? " G" : "");
    if (largest >= 1e6) return number(v / 1e6) + (v ? " M" : "");
    if (largest >= 1e4) return number(v / 1e3) + (v ? " k" : "");
    return number(v);
  }

  /**
   * An axis over all panels of a plot: {category, to(v) -> coordinate or null, ticks, text, unit}. A logarithmic axis is
   * a linear one of logarithms, so that ticks stand where people want them.
   */
  function numericAxis(values, unit, log, ticksWanted) {
    const usable = log ? values.filter((v) => v > 0) : values;
    const low = usable.length ? Math.min(...usable) : log ? 1 : 0;
    const high = usable.length ? Math.max(...usable) : log ? 10 : 1;
    const [divisor, unitShown] = unit === "ns" ? timeUnit(Math.abs(high)) : [1, unit];
    const ticks = log ? logTicks(low / divisor, high / divisor) : linearTicks(low / divisor, high / divisor, ticksWanted);
    const coordinate = log ? Math.log10 : (v) => v;
    const largest = Math.max(...ticks.map(Math.abs));
    const texts = new Map(ticks.map((t) => [coordinate(t).toFixed(9), tickText(t, log ? t : largest)]));
    return {
      category: null, log, unit: unitShown, ticks: ticks.map(coordinate),
      to: (v) => isNumber(v) && (!log || v > 0) ? coordinate(v / divisor) : null,
      text: (c) => texts.get(Number(c).toFixed(9)) ?? "",
    };
  }

  function categoryAxis(dimensionOf, values) {
    const keys = values.map(keyOf);
    const names = values.map((v) => typeof v === "number" ? number(v) : String(v));
    return {category: names, log: false, unit: values.some(isNumber) ? dimensionOf.unit : "", ticks: [], text: (c) => c,
      to: (v) => { const i = keys.indexOf(keyOf(v)); return i < 0 ? null : i; }};
  }

  function axisOf(dim, points, {log, category, ticks = 5}) {
    const values = dim.isParameter ? present(dim, points) : points.map(dim.of).filter(isNumber);
    const numeric = values.every(isNumber);
    if (category || !numeric) return categoryAxis(dim, numeric ? [...values].sort((a, b) => a - b) : values);
    if (log && dim.isParameter && values.some((v) => v <= 0)) return categoryAxis(dim, [...values].sort((a, b) => a - b));
    return numericAxis(values, dim.unit, log, ticks);
  }

  const axisName = (label, unit) => unit ? `${label} (${unit})` : label;

  // ---- colours ----

  function mix(a, b, t) {
    const part = (colour, i) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
    return "#" + [0, 1, 2].map((i) => Math.round(part(a, i) + (part(b, i) - part(a, i)) * t).toString(16).padStart(2, "0")).join("");
  }

  function alongRamp(ramp, t) {
    const at = t * (ramp.length - 1), i = Math.min(ramp.length - 2, Math.floor(at));
    return mix(ramp[i], ramp[i + 1], at - i);
  }

  /** Whether colours follow the order of the values: many numbers. */
  const areOrdered = (values) => values.length > 3 && values.every(isNumber);

  /** One colour a value: a ramp where values have an order and are many, else a palette. */
  function colourOf(values, theme) {
    const ordered = areOrdered(values);
    const sorted = ordered ? [...values].sort((a, b) => a - b) : values;
    return new Map(sorted.map((v, i) => [keyOf(v), ordered || values.length > theme.colours.length
      ? alongRamp(theme.ramp, sorted.length < 2 ? 0 : i / (sorted.length - 1)) : theme.colours[i]]));
  }

  // ---- panels ----

  /** Metrics that share a panel: those of a unit when colours are free for them, else one each. */
  function groupsOf({ys, series, facet}, kind) {
    if (kind === "heatmap" || (series && !facet && ys.length > 1)) return ys.map((y) => [y]);
    const groups = [];
    for (const y of ys) {
      const same = groups.find((g) => g[0].unit === y.unit);
      if (same) same.push(y); else groups.push([y]);
    }
    return groups;
  }

  function panelsOf(study, plot, roles, points) {
    const facets = roles.facet ? present(roles.facet, points) : [null];
    const panels = [];
    for (const group of groupsOf(roles, plot.kind)) {
      for (const value of facets) {
        const inside = roles.facet ? points.filter((p) => keyOf(roles.facet.of(p)) === keyOf(value)) : points;
        panels.push({group, title: roles.facet ? spoken(roles.facet, value) : "", points: inside});
      }
    }
    return panels;
  }

  /**
   * Whether panels of a scatter plot are better off with a scale of x each: on a common one most of them would be squeezed
   * into less than a third.
   */
  function ownScale(plot, x, panels, log) {
    if (plot.kind !== "scatter" || x.isParameter || panels.length < 2) return false;
    const extent = (points) => {
      const values = points.map(x.of).filter((v) => isNumber(v) && (!log || v > 0)).map((v) => log ? Math.log10(v) : v);
      return values.length ? Math.max(...values) - Math.min(...values) : 0;
    };
    const whole = extent(panels.flatMap((p) => p.points));
    const narrow = panels.filter((p) => p.points.length > 1 && extent(p.points) < whole / 3).length;
    return narrow > panels.length / 2;
  }

  /** Rows and columns without a lonely last row. */
  function columnsFor(count, width) {
    const most = Math.max(1, Math.min(4, Math.floor(width / 330)));
    return Math.ceil(count / Math.ceil(count / Math.min(most, count)));
  }

  /** How many rows a legend of these names takes, with letters of `letter` pixels. */
  function legendRows(names, width, letter) {
    let rows = names.length ? 1 : 0, used = 0;
    for (const name of names) {
      const needs = 46 + letter * name.length;
      if (used > 0 && used + needs > width) { rows++; used = 0; }
      used += needs;
    }
    return rows;
  }

  /** Half widths, or ends, of an interval: [low, high], or null. */
  function intervalOf(point, metric) {
    const given = point.interval?.[metric.name], middle = metric.of(point);
    if (Array.isArray(given) && given.every(isNumber)) return given;
    return isNumber(given) && middle !== null && given > 0 ? [middle - given, middle + given] : null;
  }

  /** What a series of a panel is: points with one colour, and within it one line for each choice left open. */
  function seriesOf(roles, panel, colours, open, kind, theme) {
    const metricColours = colourOf(panel.group.map((m) => m.name), theme);
    const oneSymbol = areOrdered([...colours.keys()].map((key) => JSON.parse(key)));  // the ramp tells them apart
    const found = new Map();
    panel.group.forEach((metric, m) => {
      for (const point of panel.points) {
        const value = roles.series ? roles.series.of(point) : null;
        const rest = kind === "scatter" ? "" : open.map((c) => keyOf(c.parameter.of(point))).join();
        const key = [m, keyOf(value), rest].join("|");
        if (!found.has(key)) {
          const many = panel.group.length > 1;
          const name = roles.series ? spoken(roles.series, value) + (many ? `, ${metric.label}` : "") : metric.label;
          const rank = roles.series ? [...colours.keys()].indexOf(keyOf(value)) : m;
          found.set(key, {name, metric, points: [], symbol: oneSymbol ? SYMBOLS[0] : SYMBOLS[rank % SYMBOLS.length],
            colour: roles.series ? colours.get(keyOf(value)) : metricColours.get(keyOf(metric.name)),
            dash: roles.series && many ? DASHES[m % DASHES.length] : "solid", rank: [m, rank, rest]});
        }
        found.get(key).points.push(point);
      }
    });
    return [...found.values()].sort((a, b) => a.rank[1] - b.rank[1] || a.rank[0] - b.rank[0]);
  }

  const frontsOf = (finding) => listed(finding.front).length === 0 ? []
    : Array.isArray(finding.front[0]) ? finding.front : [finding.front];

  // ---- the option ----

  /**
   * The plot as {option, height, marks, notes, problem}. `marks` are [{series, data, point}] in reading order, `notes`
   * what is not drawn and why; `problem`, when it cannot be drawn at all. `wanted`: {width, theme, choice: {parameter:
   * index or null}, title, tooltip(point, metric) -> what a hover shows}.
   */
  function build(study, plot, wanted) {
    const {width, theme, choice = {}, title = false, tooltip = null} = wanted;
    const roles = rolesOf(study, plot);
    const unknown = [plot.x, ...listed(plot.y), ...listed(plot.series), ...listed(plot.facet)].find((n) => !dimension(study, n));
    if (unknown !== undefined || !roles.x || roles.ys.length === 0) {
      return {problem: unknown !== undefined ? `There is neither a parameter nor a metric “${unknown}”.` : "This plot has no metric to show."};
    }
    if (plot.kind === "heatmap" && !roles.series) return {problem: "A heatmap needs a parameter for its rows (series)."};

    const free = choices(study, plot);
    const chosen = free.map((c) => ({...c, at: choice[c.parameter.name] === undefined ? c.initial : choice[c.parameter.name]}));
    const fits = (p) => chosen.every((c) => c.at === null || keyOf(c.parameter.of(p)) === keyOf(c.values[c.at]));
    const selected = study.points.map((p, index) => ({...p, index})).filter((p) => allowed(p, plot.where) && fits(p));
    const points = selected.filter((p) => !p.error);
    const open = chosen.filter((c) => c.at === null);
    const notes = [];
    const failed = selected.length - points.length;
    if (failed) notes.push(`${failed} ${failed === 1 ? "point" : "points"} failed`);

    const panels = panelsOf(study, plot, roles, points);
    const ownX = ownScale(plot, roles.x, panels, plot.x_scale === "log");
    if (ownX) notes.push(`Each panel has its own scale of ${roles.x.label}`);
    const xAxisOf = (some) => axisOf(roles.x, some, {log: plot.x_scale === "log", category: plot.kind === "bar" || plot.kind === "heatmap", ticks: width / columnsFor(panels.length, width) > 500 ? 8 : 5});
    const xAxisOfAll = xAxisOf(points);
    const colours = roles.series ? colourOf(present(roles.series, points), theme) : new Map();

    // Where things are.
    const seriesLists = panels.map((panel) => plot.kind === "heatmap" ? [] : seriesOf(roles, panel, colours, open, plot.kind, theme));
    const findings = (study.findings || []).filter((f) => f.x === plot.x && listed(plot.y).includes(listed(f.y)[0]));
    const inPlot = new Map(points.map((p) => [p.index, p]));
    const fronts = findings.flatMap((f) => frontsOf(f)).map((front) => front.filter((i) => inPlot.has(i))).filter((f) => f.length > 0);
    const marked = findings.filter((f) => listed(f.marked).some((i) => inPlot.has(i)));
    const seriesNames = [...new Set(seriesLists.flat().map((s) => s.name))];
    const showNames = seriesNames.length > 1 || roles.series || fronts.length || marked.length;
    const names = !showNames || plot.kind === "heatmap" ? [] : [...seriesNames, ...(fronts.length ? [FRONT] : []), ...new Set(marked.map((f) => f.mark_label || "marked"))];
    const columns = columnsFor(panels.length, width), rows = Math.ceil(panels.length / columns);
    const rowsOfHeat = plot.kind === "heatmap" ? present(roles.series, points).length : 0;
    const held = title ? chosen.filter((c) => c.at !== null).map((c) => spoken(c.parameter, c.values[c.at])) : [];
    const head = title ? (held.length ? 64 : 44) : 0;
    const top = head + (title ? 0 : 4) + legendRows(names, width - 16, title ? 8.6 : 7.2) * 26 + (names.length ? 6 : 0);
    const heatBar = plot.kind === "heatmap" ? 52 : 0;
    const gap = 34, headRoom = panels.some((p) => p.title) ? 48 : 30, footRoom = 50, leftRoom = 64;
    const panelWidth = (width - gap * (columns - 1) - 8) / columns;
    const panelHeight = plot.kind === "heatmap" ? Math.max(140, Math.min(420, 46 * rowsOfHeat))
      : panels.length === 1 ? Math.max(280, Math.min(390, width * 0.4)) : Math.max(190, Math.min(280, panelWidth * 0.62));
    const height = Math.round(top + heatBar + rows * (headRoom + panelHeight + footRoom));

    const option = {
      animation: false, backgroundColor: title ? theme.surface : "transparent",
      textStyle: {fontFamily: FONT, color: theme.ink},
      title: [], grid: [], xAxis: [], yAxis: [], series: [],
      legend: names.length === 0 ? {show: false} : {
        data: names.map((name) => name === FRONT ? {name, icon: DASHED_ICON} : {name}), top: head, left: 4, width: width - 16, itemGap: 18, itemWidth: plot.kind === "line" ? 26 : 13, itemHeight: plot.kind === "line" ? 9 : 11,
        textStyle: {color: theme.ink, fontSize: 13}, inactiveColor: theme.line, selectedMode: true, padding: [4, 0]},
      tooltip: tooltip ? {trigger: "item", confine: false, appendToBody: true, className: "hover", transitionDuration: 0, borderWidth: 1,
        padding: 0, backgroundColor: theme.surface, borderColor: theme.line, textStyle: {color: theme.ink, fontFamily: FONT, fontSize: 12},
        formatter: (p) => p.data?.point === undefined ? "" : tooltip(p.data.point, p.data.metric)} : {show: false},
    };
    if (title) option.title.push({text: plot.title, left: 4, top: 6, textStyle: {fontSize: 19, fontWeight: 600, color: theme.ink, width: width - 12, overflow: "truncate"},
      subtext: held.join(", "), itemGap: 6, subtextStyle: {fontSize: 13, color: theme.muted}});

    // Each item has a name of its own: the library selects by name, and names them by their category otherwise.
    const marks = [];
    let withoutValue = 0, offLog = 0;
    const add = (series) => option.series.push({...series, id: `s${option.series.length}`}) - 1;
    // One scale for all panels of a group of metrics.
    const yAxes = new Map();
    const heatScales = new Map();
    for (const {group} of panels) {
      const key = group.map((m) => m.name).join();
      if (yAxes.has(key)) continue;
      const values = points.flatMap((p) => group.flatMap((m) => [m.of(p), ...(intervalOf(p, m) || [])])).filter(isNumber);
      const log = plot.y_scale === "log";
      if (plot.kind === "heatmap") {
        heatScales.set(key, numericAxis(values, group[0].unit, log, 4));
        yAxes.set(key, categoryAxis(roles.series, present(roles.series, points)));
      } else {
        const stacked = plot.stack ? points.map((p) => group.reduce((sum, m) => sum + (m.of(p) || 0), 0)) : [];
        yAxes.set(key, numericAxis(plot.kind === "bar" && !log ? [0, ...values, ...stacked] : [...values, ...stacked], group[0].unit, log, 5));
      }
    }

    panels.forEach((panel, i) => {
      const key = panel.group.map((m) => m.name).join();
      const yAxis = yAxes.get(key), xAxis = ownX ? xAxisOf(panel.points) : xAxisOfAll;
      const left = 4 + (i % columns) * (panelWidth + gap);
      const y0 = top + heatBar + Math.floor(i / columns) * (headRoom + panelHeight + footRoom);
      const one = panel.group.length === 1 ? panel.group[0].label : groupLabel(panel.group);
      const scaleUnit = plot.kind === "heatmap" ? heatScales.get(key).unit : yAxis.unit;
      const yName = plot.kind === "heatmap" ? axisName(roles.series.label, yAxis.unit) : axisName(one, scaleUnit);
      const fullName = plot.kind === "heatmap" && panels.length > 1 && !panel.title ? `${axisName(one, scaleUnit)} by ${yName}` : yName;
      option.title.push({
        text: panel.title || fullName, subtext: panel.title ? fullName : "", left, top: y0, itemGap: 4, padding: [2, 0],
        textStyle: {fontSize: panel.title ? 13 : 12, fontWeight: panel.title ? 600 : 400, color: panel.title ? theme.ink : theme.muted,
          width: panelWidth, overflow: "truncate"},
        subtextStyle: {fontSize: 12, color: theme.muted, width: panelWidth, overflow: "truncate"}});
      const heatRoom = plot.kind === "heatmap" ? 26 + 7 * Math.max(0, ...yAxis.category.map((n) => n.length)) : 0;
      const room = plot.kind === "heatmap" ? Math.min(160, Math.max(leftRoom - 12, heatRoom)) : leftRoom - 12;
      option.grid.push({left: left + room, top: y0 + headRoom, width: panelWidth - room - 10, height: panelHeight});
      option.xAxis.push(axisOption(xAxis, theme, i, axisName(roles.x.label, xAxis.unit), true, plot.kind));
      option.yAxis.push(axisOption(yAxis, theme, i, "", false, plot.kind));

      if (plot.kind === "heatmap") {
        const metric = panel.group[0], scale = heatScales.get(key);
        const data = [];
        for (const point of panel.points) {
          const v = metric.of(point);
          if (v === null) { withoutValue++; continue; }
          const c = scale.to(v);
          if (c === null) { offLog++; continue; }
          data.push({value: [xAxis.to(roles.x.of(point)), yAxis.to(roles.series.of(point)), c], name: `${point.index}`, point: point.index, metric: metric.name});
        }
        const cell = (panelWidth - room) / Math.max(1, xAxis.category.length);
        const index = add({type: "heatmap", name: metric.label, xAxisIndex: i, yAxisIndex: i, data,
          label: {show: cell > 42, fontSize: 11, formatter: (p) => show(metric.of(study.points[p.data.point]), "") === "–" ? "" : cellText(metric, study.points[p.data.point])},
          itemStyle: {borderColor: theme.surface, borderWidth: 2, borderRadius: 3},
          emphasis: {itemStyle: {borderColor: theme.ink, borderWidth: 2}}, selectedMode: "single",
          select: {itemStyle: {borderColor: theme.ink, borderWidth: 3}}});
        data.forEach((d, n) => marks.push({series: index, data: n, point: d.point, metric: metric.name}));
        return;
      }

      const list = seriesLists[i];
      const bars = list.length;
      list.forEach((s, rank) => {
        const data = [], errors = [];
        for (const point of s.points) {
          const x = xAxis.to(roles.x.of(point)), raw = s.metric.of(point), y = yAxis.to(raw);
          if (raw === null || (roles.x.of(point) === null)) { withoutValue++; continue; }
          if (x === null || y === null) { offLog++; continue; }
          data.push({value: [x, y], name: `${point.index}`, point: point.index, metric: s.metric.name});
          const interval = intervalOf(point, s.metric);
          if (interval) {
            const low = yAxis.to(interval[0]) ?? yAxis.ticks[0], high = yAxis.to(interval[1]);
            errors.push({x, low, high});
          }
        }
        if (plot.kind === "line" && roles.x.isParameter) {
          data.sort((a, b) => a.value[0] - b.value[0]);
        }
        const style = {color: s.colour, borderColor: theme.surface, borderWidth: 1, opacity: plot.kind === "scatter" ? 0.9 : 1};
        const common = {name: s.name, xAxisIndex: i, yAxisIndex: i, data, selectedMode: "single", color: s.colour,
          emphasis: {scale: 1.5, itemStyle: {borderColor: theme.ink, borderWidth: 1.5}},
          select: {itemStyle: {borderColor: theme.ink, borderWidth: 2.5, color: s.colour}}};
        const index = add(plot.kind === "bar"
          ? {...common, type: "bar", stack: plot.stack ? `panel${i}` : undefined, barMaxWidth: 44, barGap: "12%", barCategoryGap: "28%",
            itemStyle: {...style, borderWidth: plot.stack ? 1 : 0, borderRadius: plot.stack ? 0 : [2, 2, 0, 0]}}
          : plot.kind === "scatter"
            ? {...common, type: "scatter", symbol: s.symbol, symbolSize: points.length > 600 ? 6 : 10, clip: false, itemStyle: style}
            : {...common, type: "line", symbol: s.symbol, symbolSize: 8, showAllSymbol: true, showSymbol: true, clip: false, itemStyle: style,
              lineStyle: {width: open.length ? 1.4 : 2.2, type: s.dash, opacity: open.length ? 0.7 : 1}});
        data.forEach((d, n) => marks.push({series: index, data: n, point: d.point, metric: s.metric.name}));
        if (errors.length && !plot.stack) add(errorBars(s.name, errors, i, theme, plot.kind === "bar" ? {rank, bars} : null, s.colour));
      });

      const here = new Set(panel.points.map((p) => p.index));
      const at = (p) => [xAxis.to(roles.x.of(p)), yAxis.to(panel.group[0].of(p))];
      const sound = (c) => c[0] !== null && c[1] !== null;
      for (const front of fronts) {
        const line = front.filter((n) => here.has(n)).map((n) => ({value: at(inPlot.get(n)), point: n, metric: panel.group[0].name})).filter((d) => sound(d.value)).sort((a, b) => a.value[0] - b.value[0]);
        if (line.length < 1) continue;
        add({type: "line", name: FRONT, xAxisIndex: i, yAxisIndex: i, data: line, silent: true, z: 1, symbol: "none", clip: false,
          step: "end", itemStyle: {color: theme.muted}, lineStyle: {color: theme.muted, width: 1.5, type: [5, 4]}});
      }
      for (const finding of marked) {
        const data = listed(finding.marked).filter((n) => here.has(n)).map((n) => ({value: at(inPlot.get(n))})).filter((d) => sound(d.value));
        if (data.length === 0) continue;
        add({type: "scatter", name: finding.mark_label || "marked", xAxisIndex: i, yAxisIndex: i, data, silent: true, z: 6, clip: false,
          symbol: "circle", symbolSize: 19, itemStyle: {color: "transparent", borderColor: theme.ink, borderWidth: 2}});
      }
    });

    if (plot.kind === "heatmap") option.visualMap = heatLegends(option, panels, heatScales, roles, theme, head + 2, width);
    if (withoutValue) notes.push(`${withoutValue} ${withoutValue === 1 ? "value is" : "values are"} missing: the run has no such figure`);
    if (offLog) notes.push(`${offLog} not above zero, which a logarithmic axis cannot show`);
    if (points.length === 0) return {problem: failed ? "All points of this plot failed." : "No point fits this plot."};
    if (marks.length === 0) return {problem: `No point has ${roles.ys.map((y) => y.label).join(" or ")} to show here.`};
    return {option, height, marks, notes};
  }

  const cellText = (metric, point) => show(metric.of(point), metric.unit === "ns" ? "ns" : "");

  /** The words that labels have in common: "Latency" of "Latency, p50" and "Latency, p99". */
  function groupLabel(group) {
    let common = group[0].label;
    for (const {label} of group) while (!label.startsWith(common)) common = common.slice(0, -1);
    if (group.some((m) => m.label !== common)) common = common.replace(/[^\s,:–-]*$/, "");
    common = common.replace(/[\s,:–-]+$/, "");
    return common.length > 2 ? common : group.length <= 3 ? group.map((m) => m.label).join(" · ") : "Value";
  }

  function axisOption(axis, theme, grid, name, isX, kind) {
    const common = {gridIndex: grid, name, nameLocation: "middle", nameGap: 30, nameTextStyle: {color: theme.muted, fontSize: 12},
      axisLine: {show: isX, lineStyle: {color: theme.line}, onZero: false},
      axisLabel: {color: theme.muted, fontSize: 11, hideOverlap: true}};
    if (axis.category) {
      return {...common, type: "category", data: axis.category, axisTick: {show: false}, splitLine: {show: false}, splitArea: {show: false},
        boundaryGap: true, inverse: !isX && axis.category.some((n) => !/^[\d.,e+-]+$/.test(n)),
        axisLabel: {...common.axisLabel, hideOverlap: isX, ...(isX ? {} : {width: 130, overflow: "truncate", interval: 0})}};
    }
    return {...common, type: "value", min: axis.ticks[0], max: axis.ticks[axis.ticks.length - 1],
      axisTick: {show: false, customValues: axis.ticks}, splitLine: {show: !isX || kind === "scatter", lineStyle: {color: theme.grid}},
      axisLabel: {...common.axisLabel, customValues: axis.ticks, formatter: axis.text, showMinLabel: true, showMaxLabel: true}};
  }

  /** Whiskers from low to high with caps. `bar`: which bar of how many at each place. */
  function errorBars(name, errors, grid, theme, bar, colour) {
    return {type: "custom", name, xAxisIndex: grid, yAxisIndex: grid, silent: true, z: bar ? 4 : 1, clip: false, color: colour, itemStyle: {color: colour},
      data: errors.map((e) => [e.x, e.low, e.high]), dimensions: ["x", "low", "high"], encode: {x: 0, y: [1, 2]},
      renderItem: (params, api) => {
        const low = api.coord([api.value(0), api.value(1)]), high = api.coord([api.value(0), api.value(2)]);
        const offset = bar ? api.barLayout({barMaxWidth: 44, barGap: "12%", barCategoryGap: "28%", count: bar.bars})[bar.rank].offsetCenter : 0;
        const x = low[0] + offset, style = {stroke: bar ? theme.ink : colour, lineWidth: 1.3, fill: "none", opacity: bar ? 0.75 : 0.9};
        const segment = (x1, y1, x2, y2) => ({type: "line", shape: {x1, y1, x2, y2}, style});
        return {type: "group", children: [segment(x, low[1], x, high[1]), segment(x - 4, low[1], x + 4, low[1]), segment(x - 4, high[1], x + 4, high[1])]};
      }};
  }

  function heatLegends(option, panels, scales, roles, theme, top, width) {
    const keys = [...scales.keys()];
    return keys.map((key, n) => {
      const scale = scales.get(key), metric = panels.find((p) => p.group[0].name === key).group[0];
      const first = scale.ticks[0], last = scale.ticks[scale.ticks.length - 1];
      const series = option.series.map((s, i) => [s, i]).filter(([s]) => s.name === metric.label).map(([, i]) => i);
      return {type: "continuous", min: first, max: last, dimension: 2, seriesIndex: series, orient: "horizontal", left: 4 + n * (width / keys.length), top,
        itemWidth: 12, itemHeight: 180, calculable: false, hoverLink: false, inRange: {color: HEAT},
        text: [`${scale.text(last)}  ${axisName(metric.label, scale.unit)}`, scale.text(first)], textStyle: {color: theme.ink, fontSize: 12}, textGap: 8};
    });
  }

  return {build, choices, dimension, show, showInterval, number, spoken, listed, keyOf, isNumber, intervalOf, LIGHT, DARK};
})();

if (typeof module !== "undefined") module.exports = NiclabCharts;
