"""The house rules catch what they are there to catch: each case plants one fault in a small tree."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True
import house  # noqa: E402


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for path in ("base/time.hpp", "hw/registers.hpp", "hw/rss.hpp", "stack/skbuff.hpp", "stack/udp.hpp", "tlm/bus.hpp"):
            self.write(path, "#pragma once\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def includes(self, path, line):
        self.write(path, line + "\n")
        return list(house.violations_of_includes(self.root))


class Includes(Tree):
    def test_what_is_allowed(self):
        for path, line in (
            ("hw/a.hpp", '#include "base/time.hpp"'), ("driver/a.cpp", '#include "hw/registers.hpp"'),
            ("driver/b.cpp", '#include "stack/skbuff.hpp"'), ("tlm/a.cpp", '#include "hw/rss.hpp"'),
            ("tlm/core/a.cpp", "#include <boost/context/fiber.hpp>"), ("tlm/b.cpp", "#include <systemc>"),
            ("rtl/a.cpp", '#include "hw/rss.hpp"'), ("lab/a.cpp", '#include "tlm/bus.hpp"'),
            ("stack/a.cpp", "#include <cstdint>"),
        ):
            self.assertEqual(self.includes(path, line), [], path)

    def test_what_is_not(self):
        for path, line in (
            ("base/a.hpp", '#include "hw/registers.hpp"'), ("hw/a.hpp", '#include "stack/skbuff.hpp"'),
            ("stack/a.hpp", '#include "hw/registers.hpp"'), ("driver/a.cpp", '#include "hw/rss.hpp"'),
            ("driver/a.cpp", '#include "stack/udp.hpp"'), ("tlm/a.cpp", '#include "stack/skbuff.hpp"'),
            ("tlm/core/a.cpp", '#include "hw/registers.hpp"'), ("tlm/core/a.cpp", "#include <systemc>"),
            ("rtl/a.cpp", '#include "tlm/bus.hpp"'), ("hw/a.cpp", "#include <systemc>"), ("hw/a.cpp", "#include <thread>"),
            ("stack/a.cpp", "#include <chrono>"),
            ("stack/a.cpp", "  #  include <boost/asio.hpp>"), ("hw/a.hpp", '#include "rss.hpp"'),
            ("tests/unit/hw/a.cpp", "#include <systemc>"),
        ):
            self.assertEqual(len(self.includes(path, line)), 1, (path, line))
            (self.root / path).unlink()


class Headers(Tree):
    def check(self):
        return list(house.violations_of_headers(self.root, sys.argv[1], [], self.root / "build/cache"))

    def test_a_header_that_needs_another_first_is_found_and_a_mended_one_is_not(self):
        self.assertEqual(self.check(), [])
        self.write("hw/rss.hpp", "#pragma once\ninline std::uint8_t f() { return 1; }\n")
        self.assertEqual(len(self.check()), 1)
        self.assertEqual(len(self.check()), 1, "a failure must not be remembered as a success")
        self.write("hw/rss.hpp", "#pragma once\n#include <cstdint>\ninline std::uint8_t f() { return 1; }\n")
        self.assertEqual(self.check(), [])

    def test_a_change_in_an_included_header_is_seen(self):
        self.write("base/time.hpp", "#pragma once\nstruct Time {};\n")
        self.write("hw/rss.hpp", '#pragma once\n#include "base/time.hpp"\ninline Time g() { return {}; }\n')
        self.assertEqual(self.check(), [])
        self.write("base/time.hpp", "#pragma once\nstruct Tyme {};\n")
        self.assertEqual(len(self.check()), 1)


class Text(Tree):
    def test_paths_out_of_the_tree(self):
        self.write("docs/a.md", "a network/work/load is fine\n")
        self.assertEqual(list(house.violations_of_text(self.root)), [])
        self.write("docs/a.md", "see /wo" "rk/x\n")
        self.write("docs/b.md", "see ../sha" "red/x\n")
        self.write("build-x/c.md", "see ../sha" "red/x\n")
        self.assertEqual(len(list(house.violations_of_text(self.root))), 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
