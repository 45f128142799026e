"""The page of a study in a browser: opens from a file, asks for nothing, draws every plot, answers clicks and keys."""

import json
import math
import os
import pathlib
import subprocess
import sys
import time
import unittest

from browser import Browser

WRITE_REPORT = os.environ["WRITE_REPORT"]
FIXTURE = pathlib.Path(os.environ["NICLAB_SOURCE"]) / "tests/data/report_study.json"
FOLDER = pathlib.Path("report")  # the screenshots stay there, to be looked at
STUDY = json.loads(FIXTURE.read_text())


def write(study, folder, **environment):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.json").write_text(json.dumps(study))
    return subprocess.run([WRITE_REPORT, folder / "study.json", folder], capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})


def listed(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def marks_of(study, plot):
    """Marks a plot has at first, counted from the study: values that are there, of points that fit."""
    used = {plot["x"], plot["series"], plot["facet"]}
    points = [p for p in study["points"] if not p["error"]
              and all(p["params"][n] in listed(v) for n, v in plot["where"].items())]
    for parameter in study["parameters"]:
        name = parameter["name"]
        values = [v for v in parameter["values"] if any(p["params"][name] == v for p in points)]
        if name not in used and len(values) > 1 and plot["kind"] != "scatter":
            points = [p for p in points if p["params"][name] == values[0]]
    def there(p, name):
        return p["params"].get(name, p["metrics"].get(name)) is not None
    return sum(there(p, plot["x"]) and there(p, y) for p in points for y in plot["y"])


def large_study():
    """400 points of 40 figures."""
    names = [f"figure_{n}" for n in range(40)]
    parameters = [{"name": "a", "label": "A", "unit": "µs", "key": ["a"], "values": list(range(20))},
                  {"name": "b", "label": "B", "unit": "", "key": ["b"], "values": ["one", "two", "three", "four", "five"]},
                  {"name": "c", "label": "C", "unit": "B", "key": ["c"], "values": [64, 512, 1024, 1514]}]
    points = []
    for n in range(400):
        params = {"a": n // 20, "b": parameters[1]["values"][n // 4 % 5], "c": parameters[2]["values"][n % 4]}
        metrics = {m: (1 + i) * 1000 * (1.5 + math.sin(n * (i + 1))) for i, m in enumerate(names)}
        points.append({"params": params, "metrics": metrics, "digest": f"{n:016x}", "interval": {}, "error": None,
                       "command": f"niclab run study:large --set a={n}", "laws": []})
    plots = [{"title": f"Plot {i}", "kind": kind, "x": "a" if kind != "scatter" else names[i + 9], "y": [names[i]], "series": "b",
              "facet": "c", "where": {}, "x_scale": "linear", "y_scale": "linear"}
             for i, kind in enumerate(["scatter", "line", "bar", "heatmap", "scatter", "line"])]
    metrics = [{"name": m, "label": f"Figure {i}", "unit": "ns", "better": None} for i, m in enumerate(names)]
    return {**STUDY, "title": "Large", "parameters": parameters, "metrics": metrics, "plots": plots, "points": points,
            "findings": [], "laws": []}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.wrote = write(STUDY, FOLDER)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.__exit__)
        cls.open(FOLDER)

    @classmethod
    def open(cls, folder, scheme="light", width=1440, height=900):
        cls.browser.open("/dev/null")
        cls.browser.log("browser")
        cls.browser.requests()
        cls.browser.prefer(scheme)
        cls.browser.size(width, height)
        cls.browser.open(folder / "report.html")

    def wait_for(self, script, *arguments):
        for _ in range(400):
            found = self.browser.script(script, *arguments)
            if found:
                return found
            time.sleep(0.05)
        return self.fail(f"never: {script} {arguments}")

    def chart(self, n):
        """Brings plot n (from 1) into the window and waits until it is drawn."""
        self.browser.script("document.getElementById(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", f"plot-{n}")
        return self.wait_for("return document.getElementById(arguments[0]).dataset.marks", f"plot-{n}")

    def mark(self, n, which=0):
        """Place in the window, and point, of a mark of plot n."""
        self.chart(n)
        return self.browser.script("""
            const box = document.getElementById(arguments[0]), chart = echarts.getInstanceByDom(box);
            const series = chart.getOption().series.map((s, i) => [s, i]).filter(([s]) => s.data.some((d) => d.point !== undefined));
            const [s, index] = series[arguments[1] % series.length];
            const which = s.type === "scatter" ? s.data.length - 1 : 0, mark = s.data[which];  // one that no other lies upon
            let [x, y] = chart.convertToPixel({seriesIndex: index}, mark.value);
            if (s.type === "bar") {  // a bar of its group, below its end: where it stands only the drawing knows
                const shape = chart.getModel().getSeriesByIndex(index).getData().getItemLayout(which);
                [x, y] = [shape.x + shape.width / 2, shape.y + shape.height / 2];
            }
            const at = box.getBoundingClientRect();
            return {x: at.left + x, y: at.top + y, point: mark.point, metric: mark.metric};""", f"plot-{n}", which)

    def shown_command(self):
        return self.browser.script("const p = document.getElementById('point'); return p.hidden ? null : p.querySelector('code').textContent")

    def assert_quiet(self, folder):
        self.assertEqual([], self.browser.log("browser"))
        self.assertEqual([(folder / "report.html").resolve().as_uri()], [u for u in self.browser.requests() if not u.startswith("data:")])

    def test_opens_without_a_message_or_a_request_and_draws_every_plot(self):
        self.assertEqual((0, ""), (self.wrote.returncode, self.wrote.stderr))
        self.open(FOLDER)
        for n, plot in enumerate(STUDY["plots"], 1):
            with self.subTest(plot["title"]):
                wanted = marks_of(STUDY, plot)
                self.assertGreater(wanted, 0)
                self.assertEqual(str(wanted), self.chart(n))
                shapes = self.browser.script("return document.querySelectorAll(arguments[0] + ' svg path').length", f"#plot-{n}")
                self.assertGreaterEqual(shapes, wanted)
        self.assert_quiet(FOLDER)

    def test_text_of_a_study_is_text(self):
        self.open(FOLDER)
        self.assertEqual(STUDY["title"], self.browser.script("return document.title"))
        self.assertEqual(STUDY["title"], self.browser.script("return document.querySelector('h1').textContent"))
        self.assertEqual(4, self.browser.script("return document.scripts.length"))
        self.assertEqual(0, self.browser.script("return document.querySelectorAll('main b:not(.tally b), main i').length"))
        text = self.browser.script("return document.body.innerText")
        for expected in (STUDY["findings"][0]["text"], STUDY["points"][7]["error"], STUDY["command"], "Apache ECharts 6.1.0 (Apache-2.0)"):
            self.assertIn(expected, text)

    def test_a_click_on_a_mark_shows_its_command_and_copies_it(self):
        self.open(FOLDER)
        for n, plot in enumerate(STUDY["plots"], 1):
            for which in (0, 1):
                with self.subTest(plot["title"], series=which):
                    self.browser.press("Escape")
                    self.assertIsNone(self.shown_command())
                    mark = self.mark(n, which)
                    self.browser.mouse(mark["x"], mark["y"])
                    self.assertEqual(STUDY["points"][mark["point"]]["command"], self.shown_command())
                    self.wait_for("""  // drawn as selected: it, and nothing else
                        const chart = echarts.getInstanceByDom(document.getElementById(arguments[0])), points = new Set();
                        for (const series of chart.getModel().getSeries()) {
                          const data = series.getData();
                          data.each((i) => {
                            const note = (shape) => { if (shape.currentStates.includes("select")) points.add(data.getRawDataItem(i).point); };
                            const drawn = data.getItemGraphicEl(i);
                            if (drawn) { note(drawn); drawn.traverse(note); }
                          });
                        }
                        return points.size === 1 && points.has(arguments[1]);""", f"plot-{n}", mark["point"])
        self.browser.screenshot(FOLDER / "point.png")
        self.browser.script("document.querySelector('#point button.copy').focus()")
        self.browser.press("Enter")
        self.wait_for("return document.querySelector('#point button.copy').textContent === 'Copied'")
        self.browser.script("document.getElementById('search').focus()")
        self.browser.chord("Control", "v")
        self.assertEqual(self.shown_command(), self.wait_for("return document.getElementById('search').value"))

    def test_a_hover_shows_all_figures_with_units_and_intervals(self):
        self.open(FOLDER)
        mark = self.mark(1)
        self.browser.mouse(mark["x"], mark["y"], click=False)
        text = self.wait_for("return document.querySelector('.hover .tip')?.innerText")
        point = STUDY["points"][mark["point"]]
        for metric in STUDY["metrics"]:
            self.assertIn(metric["label"], text)
        self.assertIn(f"rx-usecs {point['params']['rx_usecs']} µs", text)
        self.assertRegex(text, r"Latency, p99\s+[\d.]+ ± [\d.]+ µs")
        self.assertRegex(text, r"CPU time\s+[\d.]+ ± [\d.]+ %")
        self.browser.screenshot(FOLDER / "hover.png")

    def test_keys_reach_every_mark_and_its_command(self):
        self.open(FOLDER)
        self.chart(2)
        self.browser.script("document.getElementById('plot-2').focus({preventScroll: true})")
        self.browser.press("ArrowRight", "ArrowRight", "Enter")
        commands = [p["command"] for p in STUDY["points"]]
        self.assertIn(self.shown_command(), commands)
        self.assertIn("copy", self.browser.script("return document.activeElement.className"))
        self.browser.press("Escape")
        self.assertIsNone(self.shown_command())
        self.assertEqual("plot-2", self.browser.script("return document.activeElement.id"))

    def test_light_and_dark_follow_the_system_and_the_switch(self):
        for scheme in ("light", "dark"):
            for width in (1024, 1440):
                self.open(FOLDER, scheme, width)
                self.assertEqual(scheme == "dark", self.browser.script("return document.documentElement.hasAttribute('data-dark')"))
                self.assertLessEqual(self.browser.script("return document.documentElement.scrollWidth"), width)
                for n in range(1, len(STUDY["plots"]) + 1):
                    self.chart(n)
                self.browser.size(width, self.browser.script("return document.documentElement.scrollHeight"))
                self.browser.screenshot(FOLDER / f"{scheme}-{width}.png")
        for button, dark in (("light", False), ("dark", True), ("auto", True)):
            self.browser.script("document.querySelector(`#theme [data-theme=${arguments[0]}]`).click()", button)
            self.assertEqual(dark, self.browser.script("return document.documentElement.hasAttribute('data-dark')"))
        self.assert_quiet(FOLDER)

    def rows(self):
        return self.browser.script("return [...document.querySelectorAll('#rows tbody tr')].map((r) => Number(r.dataset.point))")

    def test_the_table_sorts_filters_and_marks_what_failed(self):
        self.open(FOLDER)
        self.assertEqual(list(range(len(STUDY["points"]))), self.rows())
        failed = [i for i, p in enumerate(STUDY["points"]) if p["error"]]
        self.assertEqual(failed, self.browser.script("return [...document.querySelectorAll('#rows tr.failed')].map((r) => Number(r.dataset.point))"))
        for _ in range(2):
            self.browser.script("document.querySelector('#rows th button[data-name=cpu_percent]').click()")
        cpu = [STUDY["points"][i]["metrics"].get("cpu_percent") for i in self.rows()]
        self.assertEqual([None] * 2, cpu[-2:])
        self.assertEqual(sorted(cpu[:-2], reverse=True), cpu[:-2])
        self.browser.script("const s = document.getElementById('search'); s.value = 'cpu_percent<1 idle'; s.dispatchEvent(new Event('input'))")
        self.assertEqual({"idle pings"}, {STUDY["points"][i]["params"]["load"] for i in self.rows()})
        self.assertTrue(all(STUDY["points"][i]["metrics"]["cpu_percent"] < 1 for i in self.rows()))

    def test_a_choice_above_a_plot_changes_its_points(self):
        self.open(FOLDER)
        sizes = []
        for choice in ("0", "1"):
            self.chart(2)
            self.browser.script("const m = document.getElementById('plot-2').closest('figure').querySelector('select');"
                                "m.value = arguments[0]; m.dispatchEvent(new Event('change'))", choice)
            sizes.append(STUDY["points"][self.mark(2)["point"]]["params"]["size"])
        self.assertEqual([64, 1514], sizes)

    def test_what_is_missing_is_no_trouble(self):
        point = {**STUDY["points"][0], "metrics": dict.fromkeys(STUDY["points"][0]["metrics"]), "interval": {}}
        for name, study in {
            "nothing measured": {**STUDY, "points": [point]},
            "no point": {**STUDY, "points": [], "findings": []},
            "all failed": {**STUDY, "points": [STUDY["points"][7]], "findings": []},
            "unknown axis": {**STUDY, "plots": [{**STUDY["plots"][0], "x": "nobody"}]},
            "only what must be": {"name": "bare", "parameters": [], "metrics": [], "points": []},
        }.items():
            with self.subTest(name):
                folder = FOLDER / "missing"
                done = write(study, folder)
                self.assertEqual((0, ""), (done.returncode, done.stderr))
                self.open(folder)
                for n in range(1, len(study.get("plots", [])) + 1):
                    self.assertEqual("0", self.chart(n))
                    self.assertTrue(self.browser.script("return document.querySelector(arguments[0]).innerText", f"#plot-{n} .problem"))
                self.assert_quiet(folder)

    def test_400_points_of_40_figures(self):
        folder = FOLDER / "large"
        study = large_study()
        write(study, folder)
        self.open(folder)
        for n, plot in enumerate(study["plots"], 1):
            self.assertEqual(str(marks_of(study, plot)), self.chart(n))
        self.assertEqual(400, len(self.rows()))
        self.assertLessEqual(self.browser.script("return document.documentElement.scrollWidth"), 1440)
        self.assert_quiet(folder)
        if "-q" not in sys.argv:
            print(self.browser.script("return performance.getEntriesByType('navigation')[0].loadEventEnd"), "ms to open")


class Files(unittest.TestCase):
    def test_the_same_study_gives_the_same_bytes(self):
        for folder in ("one", "two"):
            self.assertEqual("", write(STUDY, FOLDER / folder).stderr)
        names = ["report.html", *(f"plot-{n}.png" for n in range(1, len(STUDY["plots"]) + 1))]
        for name in names:
            first = (FOLDER / "one" / name).read_bytes()
            self.assertEqual(first, (FOLDER / "two" / name).read_bytes(), name)
            if name.endswith("png"):
                self.assertEqual(b"\x89PNG", first[:4])
                self.assertGreater(int.from_bytes(first[16:20], "big"), 1000, "its width")

    def test_without_the_tools_there_are_no_pictures_and_one_line(self):
        folder = FOLDER / "without"
        write(STUDY, folder)
        self.assertTrue((folder / "plot-1.png").exists())
        done = write(STUDY, folder, PATH="/nowhere")
        self.assertEqual(0, done.returncode)
        self.assertRegex(done.stderr, r"\Aniclab: no pictures of the plots: node is not there .*\n\Z")
        self.assertEqual([], list(folder.glob("plot-*.png")))
        self.assertTrue((folder / "report.html").exists())


if __name__ == "__main__":
    unittest.main()
