// The plots as SVG, without a browser: node reads the library, charts.js, the study (`STUDY`) and this from its standard
// input, and prints one JSON array with the text of a picture, or null, for each plot.
"use strict";

const {writeSync} = require("fs");

// Without a canvas the library guesses how wide text is; the usual font of Debian is wider than its guess.
const WIDE = /[MWmw@%—]/, NARROW = /[ .,:;'|!ijlftrI()\[\]/]/;
LIBRARY.setPlatformAPI({
  measureText: (text, font) => {
    const size = Number(/(\d+(?:\.\d+)?)px/.exec(font || "")?.[1] || 12);
    const bold = /bold|[6-9]00/.test(font || "") ? 1.1 : 1;
    let em = 0;
    for (const c of text || "") em += c > "\u2e80" ? 1 : WIDE.test(c) ? 0.95 : NARROW.test(c) ? 0.38 : 0.64;
    return {width: em * size * bold};
  },
});

// rsvg-convert knows no dominant-baseline.
const lowered = (svg) => svg.replace(/ dominant-baseline="central"/g, ' dy="0.36em"');

const pictures = STUDY.plots.map((plot) => {
  const width = 1200;
  const built = NiclabCharts.build(STUDY, plot, {width: width - 48, theme: NiclabCharts.LIGHT, title: true});
  if (built.problem) return null;
  const chart = LIBRARY.init(null, null, {renderer: "svg", ssr: true, width: width - 48, height: built.height});
  chart.setOption(built.option);
  const text = lowered(chart.renderToSVGString());
  chart.dispose();
  return text;
});
let rest = Buffer.from(JSON.stringify(pictures));
while (rest.length) {
  try {
    rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    if (error.code !== "EAGAIN") throw error;
  }
}
