"""The checks of docs/coverage.csv and docs/coverage.md catch what they are there to catch: each case plants one fault."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "scripts"))
import coverage  # noqa: E402

TESTS = """// Header comments prove nothing: B-03.
#include "x.hpp"

TEST_F(Suite, A_01_B_02_Name) {
  EXPECT_EQ(1, 1);  // C-03 too
}

// B-129: above the test.
TEST(Suite, Plain) {
}
"""


class Coverage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("stack/ip.cpp", "int ip_rcv() { return 0; }\n")
        self.write("tests/unit/stack/ip_test.cpp", TESTS)
        self.write("tests/house/planted.cpp", "TEST(Suite, Z) {  // E-99\n}\n")
        self.rows = {i: {"id": i, "status": "not yet", "source": "", "what": "a | b", "note": ""} for i in coverage.all_ids()}
        self.rows["A-01"].update(status="done", source="stack/ip.cpp:ip_rcv")
        self.save()

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def save(self, page=True):
        lines = [",".join(row[f] for f in coverage.FIELDS) for row in self.rows.values()]
        self.write("docs/coverage.csv", "\n".join([",".join(coverage.FIELDS)] + lines) + "\n")
        if page:
            self.write("docs/coverage.md", coverage.document(coverage.read_rows(self.root), coverage.read_tests(self.root)))

    def found(self):
        return list(coverage.violations(self.root))

    def test_a_good_tree(self):
        self.assertEqual(self.found(), [])
        self.assertEqual(len(coverage.all_ids()), 402)

    def test_names_and_comments_that_count(self):
        tests = coverage.read_tests(self.root)
        self.assertEqual(
            tests,
            {"A-01": ["A_01_B_02_Name"], "B-02": ["A_01_B_02_Name"], "C-03": ["A_01_B_02_Name"], "B-129": ["Plain"]},
        )

    def plant(self, row, **fields):
        self.rows[row].update(fields)
        self.save()
        found = self.found()
        self.assertTrue(found, (row, fields))
        self.assertTrue(all(row in line for line in found), found)

    def test_done_without_a_test(self):
        self.plant("A-02", status="done", source="stack/ip.cpp:ip_rcv")

    def test_done_without_a_source(self):
        self.plant("A-01", source="")

    def test_a_source_that_is_not_there(self):
        self.plant("A-01", source="stack/ip.cpp:ip_send")
        self.plant("A-01", source="stack/udp.cpp:ip_rcv")
        self.plant("A-01", source="stack/ip.cpp")

    def test_an_unknown_status(self):
        self.plant("A-02", status="almost")

    def test_a_row_that_lacks_or_stands_twice(self):
        row = self.rows.pop("A-02")
        self.save()
        self.assertEqual(len(self.found()), 1)
        self.rows["A-02"] = row
        self.rows["again"] = row
        self.save()
        self.assertTrue(any("A-02 stands there 2 times" in line for line in self.found()))

    def test_a_test_of_no_row(self):
        self.write("tests/unit/stack/more_test.cpp", "TEST(Suite, D_99_Name) {\n}\n")
        self.assertEqual(len(self.found()), 1)

    def test_a_test_that_is_gone(self):
        self.write("tests/unit/stack/ip_test.cpp", TESTS.replace("A_01_B_02_Name", "A_01_NewName"))
        self.assertTrue(any("A_01_B_02_Name" in line for line in self.found()))

    def test_a_newer_test_need_not_be_named(self):
        self.write("tests/unit/stack/more_test.cpp", "TEST(Suite, A_01_More) {\n}\n")
        self.assertEqual(self.found(), [])

    def test_a_page_that_is_older_than_the_data(self):
        self.rows["A-03"]["note"] = "new"
        self.save(page=False)
        self.assertEqual(len(self.found()), 1)


if __name__ == "__main__":
    unittest.main()
