#!/usr/bin/env python3
"""Plants faults, one at a time, and asks the test that should find each.

    mutants.py check                    each row of mutants.toml can be planted and names a test that is there
    mutants.py list
    mutants.py suites                   the executables that `run` needs
    mutants.py run BUILD [NAME…]        these, or all
    mutants.py run BUILD --sample N     N of those whose test is in this build and which are quickly compiled
    mutants.py run BUILD --everything   all, and those of tests/planted (found by lockstep) and tests/formal (by proofs)

`run` works on a finished build folder (of the command, with sanitizers, or build-mutants) and changes neither it nor the
tree: the changed file lies in an overlay folder that the compiler searches first; the objects that depend on it and are
part of the test's executable are compiled again, and linked in front of the libraries. A sample is chosen by the commit that is checked out,
or by --seed TEXT.

Verdicts: killed (the test failed, with what it said first), and three that make the exit code 1: SURVIVED (a test is missing), NOT COMPILED,
RED BEFORE (the named test fails without the fault).
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ROOMS = ("base", "hw", "tlm", "driver", "stack", "rtl", "bridge", "lab")
LEAST = {"hw": 25, "tlm": 12, "driver": 10, "stack": 12, "rtl": 10}
TEST_SECONDS = 60
QUICK_OBJECTS = 3  # compiled again for a mutant of a sample


class Mistake(Exception):
    """A row of the table, or the build folder, is not as it should be."""


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    file: str  # from the top of the tree
    old: str  # occurs exactly once in it
    new: str
    test: str  # "<suite> <Suite.Test>": the executable test_<suite> and one of its tests
    why: str

    @property
    def suite(self):
        return self.test.split()[0]

    @property
    def case(self):
        return self.test.split()[1]

    @property
    def room(self):
        return self.file.split("/")[0]


def planted_text(mutant):
    path = ROOT / mutant.file
    if not path.is_file():
        raise Mistake(f"{mutant.name}: there is no {mutant.file}")
    text = path.read_text(encoding="utf-8")
    count = text.count(mutant.old)
    if count != 1:
        raise Mistake(f"{mutant.name}: its text occurs {count} times in {mutant.file}, expected once")
    return text.replace(mutant.old, mutant.new)


def load_table():
    rows = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    fields = {f.name for f in dataclasses.fields(Mutant)}
    mutants = []
    for row in rows:
        if set(row) != fields:
            raise Mistake(f"{row.get('name', row)}: keys {sorted(row)}, expected {sorted(fields)}")
        mutants.append(Mutant(**row))
    names = collections.Counter(m.name for m in mutants)
    twice = [name for name, n in names.items() if n > 1]
    if twice:
        raise Mistake(f"more than one mutant is called {twice[0]}")
    return mutants


# --- check: needs no build ---------------------------------------------------------------------------

TEST = re.compile(r"\b(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)")


def tests_in_the_tree():
    names = set()
    for path in (ROOT / "tests").rglob("*.cpp"):
        names.update(f"{s}.{t}" for s, t in TEST.findall(path.read_text(encoding="utf-8")))
    return names


def plain_name(case):
    """What stands in the source of a parameterised test ("Where/Suite.Test/3") or a typed one ("Suite/0.Test")."""
    suite, test = case.split(".")
    return f"{re.sub('/[0-9]+$', '', suite).split('/')[-1]}.{test.split('/')[0]}"


def check(mutants):
    there = tests_in_the_tree()
    faults = []
    for m in mutants:
        try:
            if m.new == m.old:
                raise Mistake(f"{m.name}: changes nothing")
            if m.room not in ROOMS:
                raise Mistake(f"{m.name}: {m.file} is in no room ({', '.join(ROOMS)})")
            if len(m.test.split()) != 2 or "*" in m.test or plain_name(m.case) not in there:
                raise Mistake(f"{m.name}: test = \"{m.test}\" is no \"<suite> <Suite.Test>\" of the tree")
            planted_text(m)
        except Mistake as mistake:
            faults.append(str(mistake))
    rooms = collections.Counter(m.room for m in mutants)
    for room, least in LEAST.items():
        if rooms[room] < least:
            faults.append(f"{room}: {rooms[room]} mutants, expected at least {least}")
    for fault in faults:
        print(f"mutants: {fault}", file=sys.stderr)
    return 1 if faults else 0


# --- a build folder ----------------------------------------------------------------------------------


class Build:
    """What ninja knows of a build folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        if not (self.folder / "build.ninja").is_file():
            raise Mistake(f"{folder}: no build folder of ninja")
        self._commands = {}
        self._inputs = {}
        self._dependents = None
        entries = json.loads((self.folder / "compile_commands.json").read_text(encoding="utf-8"))
        self.compile_of = {re.search(r" -o (\S+)", e["command"])[1]: e for e in entries}

    def ninja(self, *arguments):
        done = subprocess.run(["ninja", "-C", str(self.folder), *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Mistake(f"ninja {' '.join(arguments)}: {(done.stderr or done.stdout).strip()[-300:]}")
        return done.stdout

    def relative(self, path):
        path = pathlib.Path(path)
        return str(path.relative_to(self.folder)) if path.is_absolute() else str(path)

    def has(self, suite):
        return (self.folder / "tests" / f"test_{suite}").is_file()

    def objects_that_read(self, file):
        """Objects compiled from `file` or from something that includes it."""
        if self._dependents is None:
            self._dependents = collections.defaultdict(set)
            current = None
            for line in self.ninja("-t", "deps").splitlines():
                if line.startswith("    "):
                    self._dependents[os.path.realpath(self.folder / line.strip())].add(current)
                elif ":" in line:
                    current = line.split(":")[0]
        return self._dependents[os.path.realpath(ROOT / file)]

    def objects_of(self, mutant):
        """What has to be compiled again for the executable of its test."""
        return sorted(self.objects_that_read(mutant.file) & set(self.inputs(f"tests/test_{mutant.suite}")))

    def commands(self, target):
        if target not in self._commands:
            self._commands[target] = [line for line in self.ninja("-t", "commands", target).splitlines() if line]
        return self._commands[target]

    def inputs(self, target):
        if target not in self._inputs:
            self._inputs[target] = [self.relative(p) if p.startswith(str(self.folder)) else p
                                    for p in self.ninja("-t", "inputs", target).splitlines()]
        return self._inputs[target]

    def link_command(self, executable):
        """The linker's part of the command that makes `executable`."""
        for command in self.commands(executable)[-1].split(" && "):
            words = shlex.split(command)
            if "-o" in words and words[words.index("-o") + 1] == executable:
                return words
        raise Mistake(f"{executable}: no command links it")


# --- planting ----------------------------------------------------------------------------------------


class NotCompiled(Exception):
    pass


def run_tool(words, cwd):
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = (done.stderr + done.stdout).strip().splitlines()
        raise NotCompiled(next((line for line in lines if "rror" in line), lines[-1] if lines else "?"))


def without_dependencies(words):
    """A command of the compiler that writes an object only: nothing for ninja, nothing for link-time optimisation."""
    left, kept = iter(words), []
    for word in left:
        if word in ("-MF", "-MT"):
            next(left)
        elif word != "-MD" and not word.startswith("-flto"):
            kept.append(word)
    return kept


class Planting:
    """One mutant in one build: the executable of its test with the fault in it."""

    def __init__(self, build, mutant):
        self.build, self.mutant = build, mutant
        self.work = build.folder / "mutants" / mutant.name
        self.overlay = self.work / "overlay"
        self.executable = f"tests/test_{mutant.suite}"

    def make(self):
        shutil.rmtree(self.work, ignore_errors=True)
        changed = self.overlay / self.mutant.file
        changed.parent.mkdir(parents=True)
        changed.write_text(planted_text(self.mutant), encoding="utf-8")
        replaced = self.verilate() if self.mutant.file.endswith(".sv") else self.compile()
        result = self.work / "test"
        words = self.build.link_command(self.executable)
        at = words.index("-o")
        words[at + 1] = str(result)
        words = [str(replaced.pop(word)) if word in replaced else word for word in words]
        run_tool(words[:at] + [str(o) for o in replaced.values()] + words[at:], self.build.folder)
        return result

    def compile(self):
        objects = self.build.objects_of(self.mutant)
        if not objects:
            raise Mistake(f"{self.mutant.name}: nothing in {self.executable} is made from {self.mutant.file}")
        outputs = {name: self.work / f"{number}.o" for number, name in enumerate(objects)}
        with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as jobs:
            list(jobs.map(lambda item: self.compile_object(*item), outputs.items()))
        return outputs

    def compile_object(self, name, output):
        """As the build does, but for the overlay; in as little time as may be."""
        entry = self.build.compile_of[name]
        words = shlex.split(entry["command"])
        words[words.index("-o") + 1] = str(output)
        if self.is_source(entry):
            words[words.index("-c") + 1] = str(self.overlay / self.mutant.file)
        words = without_dependencies(words) + ["-w", "-O0"]
        words.insert(next(i for i, w in enumerate(words) if w.startswith("-I")), f"-I{self.overlay}")
        run_tool(words, entry["directory"])

    def is_source(self, entry):
        return os.path.realpath(entry["file"]) == os.path.realpath(ROOT / self.mutant.file)

    def verilate(self):
        """The block's model anew, from the command that made it."""
        replaced = {}
        model = re.compile(r'-DFOLDER=(\S+) -DPREFIX=(\S+) "-DVERILATOR=([^"]+)"')
        for number, command in enumerate(self.build.commands(self.executable)):
            found = model.search(command)
            if not found or self.mutant.file not in found[3].split("|"):
                continue
            folder, prefix = found[1], found[2]
            here = str(self.work / f"model{number}")
            verilator = found[3].replace(folder, here).replace(
                f"|{self.mutant.file}", f"|{os.path.relpath(self.overlay / self.mutant.file, ROOT)}")
            run_tool(["cmake", f"-DFOLDER={here}", f"-DPREFIX={prefix}", f"-DVERILATOR={verilator}", "-P",
                      str(ROOT / "cmake/run_verilator.cmake")], ROOT)
            source = f"-c {folder}/{prefix}__all.cpp"
            compiled = next(c for c in self.build.commands(self.executable) if c.endswith(source))
            words = shlex.split(compiled.replace(folder, here))
            name = words[words.index("-o") + 1]
            output = self.work / f"{number}.o"
            words[words.index("-o") + 1] = str(output)
            run_tool(without_dependencies(words) + ["-O1"], self.build.folder)
            replaced[name] = output
        if not replaced:
            raise Mistake(f"{self.mutant.name}: no model in {self.executable} is made from {self.mutant.file}")
        return replaced


def limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_test(executable, case):
    """(exit code or None when it hangs, what it said)."""
    try:
        done = subprocess.run([str(executable), f"--gtest_filter={case}", "--gtest_brief=1"], capture_output=True, text=True,
                              errors="replace", timeout=TEST_SECONDS, check=False, preexec_fn=limits)
    except subprocess.TimeoutExpired:
        return None, "hangs"
    return done.returncode, done.stdout + done.stderr


def symptom(code, said):
    if code is None:
        return "hangs"
    for pattern in (r"^(\S+\.(?:cpp|hpp|sv):\d+).*(?:Failure|Assertion|runtime error)", r"(ERROR: AddressSanitizer: \S+)",
                    r"(Assertion `[^']*')", r"what\(\):\s*(.*)"):
        found = re.search(pattern, said, re.M)
        if found:
            return found[1].removeprefix(str(ROOT) + "/")[-60:]
    return f"signal {-code}" if code < 0 else f"exit {code}"


# --- run ---------------------------------------------------------------------------------------------

Verdict = collections.namedtuple("Verdict", "word remark good")


def judge(build, mutant):
    code, said = run_test(build.folder / "tests" / f"test_{mutant.suite}", mutant.case)
    if code != 0 or re.search(r" 0 tests from 0 test suites|\[  SKIPPED \]", said):
        return Verdict("RED BEFORE", symptom(code, said) if code != 0 else "no such test runs", False)
    planting = Planting(build, mutant)
    try:
        executable = planting.make()
    except NotCompiled as error:
        return Verdict("NOT COMPILED", str(error)[-100:], False)
    code, said = run_test(executable, mutant.case)
    shutil.rmtree(planting.work, ignore_errors=True)
    if code == 0:
        return Verdict("SURVIVED", mutant.why, False)
    return Verdict("killed", symptom(code, said), True)


def chosen(build, mutants, sample, seed):
    quick = [m for m in mutants if 0 < len(build.objects_of(m)) <= QUICK_OBJECTS]
    return sorted(quick, key=lambda m: hashlib.sha256(f"{seed} {m.name}".encode()).digest())[:sample]


def commit():
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


class Report:
    """One line a mutant, as soon as its fate is known."""

    def __init__(self):
        self.counts = collections.Counter()
        self.line("mutant", "test", "seconds", "verdict")

    def line(self, name, test, seconds, verdict):
        print(f"{name:<44} {test:<78} {seconds:>7}  {verdict}", flush=True)

    def add(self, name, test, seconds, verdict):
        self.counts[verdict.good] += 1
        self.line(name, test, f"{seconds:.1f}", f"{verdict.word}: {verdict.remark}")

    def end(self):
        bad = self.counts[False]
        print(f"mutants: {self.counts[True]} killed" + (f", {bad} not" if bad else ""))
        return 1 if bad else 0


def run_table(build, mutants, report):
    for m in mutants:
        begin = time.monotonic()
        verdict = judge(build, m)
        report.add(m.name, m.test, time.monotonic() - begin, verdict)


def run_lockstep(build, report):
    """tests/planted: a bug in a block's RTL, found by a run in lockstep."""
    for patch in sorted((ROOT / "tests/planted").glob("*.patch")):
        begin = time.monotonic()
        build.ninja("niclab", f"niclab_{patch.stem}")
        done = subprocess.run(["ctest", "--test-dir", str(build.folder), "-R", f"^planted\\.{re.escape(patch.stem)}$",
                               "--no-tests=error"], capture_output=True, text=True, check=False)
        killed = done.returncode == 0
        verdict = Verdict("killed" if killed else "SURVIVED", "lockstep mismatch" if killed else str(patch.name), killed)
        report.add(f"lockstep-{patch.stem}", f"planted.{patch.stem}", time.monotonic() - begin, verdict)


def run_formal(build, report):
    """tests/formal/*/planted: a bug in a block's RTL, refuted by a property set."""
    build.ninja("i350_package")
    command = [str(ROOT / "scripts/formal.sh"), "--slow", "--planted"]
    environment = dict(os.environ, PACKAGE=str(build.folder / "rtl/i350_pkg.sv"))
    row = re.compile(r"(\S+)\s+(\S+)\s+planted: (\S+)\s+\d+\s+([\d.]+) s  (.*)")
    seen = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as process:
        for line in process.stdout:
            found = row.match(line)
            if not found:
                continue
            seen += 1
            killed = found[5].startswith("caught")
            verdict = Verdict("killed" if killed else "SURVIVED", found[5], killed)
            report.add(f"formal-{found[1]}-{found[3]}", f"formal {found[1]}.{found[2]}", float(found[4]), verdict)
    faults = len(list((ROOT / "tests/formal").glob("*/planted/*.sed")))
    if seen != faults:
        raise Mistake(f"formal.sh told of {seen} faults, expected {faults}")


def run(arguments, mutants):
    build = Build(arguments.build)
    unknown = set(arguments.names) - {m.name for m in mutants}
    if unknown:
        raise Mistake(f"no mutant is called {sorted(unknown)[0]}")
    wanted = [m for m in mutants if not arguments.names or m.name in arguments.names]
    there = [m for m in wanted if build.has(m.suite)]
    if arguments.sample is not None:
        there = chosen(build, there, arguments.sample, arguments.seed or commit())
    elif len(there) < len(wanted):
        missing = sorted({m.suite for m in wanted} - {m.suite for m in there})
        raise Mistake(f"{arguments.build} has no test_{missing[0]}: build it first")
    report = Report()
    run_table(build, there, report)
    if arguments.everything:
        run_lockstep(build, report)
        run_formal(build, report)
    return report.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check")
    commands.add_parser("list")
    commands.add_parser("suites")
    runner = commands.add_parser("run")
    runner.add_argument("build")
    runner.add_argument("names", nargs="*")
    runner.add_argument("--sample", type=int)
    runner.add_argument("--seed", default="")
    runner.add_argument("--everything", action="store_true")
    arguments = parser.parse_args()
    try:
        mutants = load_table()
        if arguments.command == "check":
            return check(mutants)
        if arguments.command == "list":
            for m in mutants:
                print(f"{m.name:<40} {m.file:<40} {m.why}")
            return 0
        if arguments.command == "suites":
            print("\n".join(sorted({m.suite for m in mutants})))
            return 0
        return run(arguments, mutants)
    except Mistake as mistake:
        print(f"mutants: {mistake}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
