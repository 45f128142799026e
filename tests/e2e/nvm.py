"""niclab nvm: build, check and dump images; scenarios with an image, a damaged one, and firmware in the way."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import NICLAB, SOURCE, niclab, summary

IMAGES = ["am1", "am2", "am4"]
HOST = """
[run]
duration = "1ms"

[[host]]
name = "h1"
cpus = 2
[host.card]
{card}
[[host.nic]]
if = "eth0"
ipv4 = "10.0.0.1/24"
{nic}
"""


def image(name):
    return SOURCE / f"firmware/i350_{name}.toml"


class Nvm(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="niclab-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def nvm(self, *arguments, code=0):
        done = niclab("nvm", *arguments)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        self.assertEqual(len(done.stderr.splitlines()), 1 if code == 2 else 0, done.stderr)
        return done.stderr if code == 2 else done.stdout

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def run_host(self, card, nic="", code=0, options=()):
        scenario = self.write("s.toml", HOST.format(card=card, nic=nic))
        done = niclab("run", scenario, "--out", self.folder / "out", *options)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1 if code else 0, done.stderr)
        return done.stderr

    def test_text_and_bytes_are_the_same(self):
        for name in IMAGES:
            binary, again = self.folder / f"{name}.bin", self.folder / "again.bin"
            self.nvm("build", image(name), "-o", binary)
            dump = self.nvm("dump", binary)
            self.assertEqual(dump, self.nvm("dump", image(name)), "the text means what its bytes mean")
            self.assertNotIn("[[raw]]", dump)
            self.nvm("build", self.write("dump.toml", dump), "-o", again)
            self.assertEqual(again.read_bytes(), binary.read_bytes())
            self.assertEqual(self.nvm("check", binary).splitlines()[1:], self.nvm("check", image(name)).splitlines()[1:])

    def test_section_sums_by_hand(self):
        binary = self.folder / "x.bin"
        self.nvm("build", image("am4"), "-o", binary)
        words = [int.from_bytes(binary.read_bytes()[i:i + 2], "little") for i in range(0, 0x280, 2)]
        for base in (0, 0x80, 0xC0, 0x100):
            self.assertEqual(sum(words[base:base + 64]) & 0xFFFF, 0xBABA)
        self.assertEqual(words[0x100:0x103], [0x0002, 0xA400, 0x0300])

    def test_check_says_which_section_is_bad(self):
        binary = self.folder / "x.bin"
        self.nvm("build", image("am2"), "-o", binary)
        data = bytearray(binary.read_bytes())
        data[2 * 0xC5] ^= 1
        binary.write_bytes(data)
        lines = self.nvm("check", binary, code=1).splitlines()
        self.assertEqual(lines[1], "port 0: OK, sum 0xBABA, address 02:00:00:a2:00:00")
        self.assertEqual(lines[3], "port 2: BAD, sum 0xBABB, expected 0xBABA, no address")
        group = self.write("g.toml", '[port0]\nmac = "03:00:00:00:00:01"\n')
        self.assertIn("port 0: BAD", self.nvm("check", group, code=1))

    def test_bad_input(self):
        odd = self.folder / "odd.bin"
        odd.write_bytes(bytes(1000))
        for arguments, text in [
            (["check", odd], "has 1000 bytes, expected an NVM image"),
            (["check", self.folder / "none.bin"], "cannot read"),
            (["dump", self.folder], "it is a folder"),
            (["build", self.write("u.toml", "[card]\nflux = 1\n"), "-o", self.folder / "u.bin"], "u.toml:2: card.flux: unknown key"),
            (["build", self.write("l.toml", "[card]\ndevice_id = 0x10000\n"), "-o", self.folder / "u.bin"], "l.toml:2: card.device_id: is 65536"),
            (["build", image("am1"), "-o", self.folder / "no/such/folder.bin"], "cannot write"),
            (["build", image("am1")], "-o is required"),
            (["burn", image("am1")], "niclab nvm"),
            ([], "niclab nvm"),
        ]:
            with self.subTest(arguments=arguments):
                self.assertIn(text, self.nvm(*arguments, code=2))
        self.assertFalse((self.folder / "u.bin").exists())

    def test_every_field_is_listed_in_the_page(self):
        fields = subprocess.run([NICLAB, "nvm", "fields", "--json"], capture_output=True, check=True).stdout
        copy = self.folder / "repository"
        (copy / "docs").mkdir(parents=True)
        (copy / "scripts").mkdir()
        for file in ("docs/nvm.md", "scripts/nvm_fields.py"):
            shutil.copy(SOURCE / file, copy / file)
        subprocess.run([sys.executable, copy / "scripts/nvm_fields.py"], input=fields, check=True)
        self.assertEqual((copy / "docs/nvm.md").read_text(), (SOURCE / "docs/nvm.md").read_text(), "make docs")

    # --- scenarios -----------------------------------------------------------------------------------

    def test_a_card_has_the_addresses_of_its_image(self):
        shutil.copy(image("am2"), self.folder / "card.toml")
        self.run_host('nvm = "card.toml"')
        log = (self.folder / "out/kernel.log").read_text()
        self.assertIn("02:00:00:a2:00:00", log)
        self.assertIn("eth0: PBA No: N1C2AM-002", log)
        first = summary(self.folder / "out")["sim"]["digest"]
        self.nvm("build", image("am2"), "-o", self.folder / "card.bin")
        self.run_host('nvm = "card.bin"', 'mac = "02:00:00:a2:00:00"')
        self.assertEqual(summary(self.folder / "out")["sim"]["digest"], first, "bytes and text are one image")
        line = self.run_host('nvm = "card.bin"', 'mac = "02:00:00:00:00:01"', code=2)
        self.assertRegex(line, r's\.toml:\d+: host\.nic\.mac: "02:00:00:00:00:01" is not the address of port 0 in the NVM image, expected')

    def test_a_damaged_image_is_refused_as_igb_refuses_it(self):
        for section in (0x00, 0x80, 0xC0, 0x100):
            text = image("am4").read_text() + f"[[raw]]\nat = {section + 0x30}\nwords = [1]\n"
            self.write("bad.toml", text)
            line = self.run_host('nvm = "bad.toml"', code=2)
            self.assertIn("h1.eth0: probe failed: Input/output error: The NVM Checksum Is Not Valid", line)
            self.assertFalse((self.folder / "out").exists())
        for mac in ("03:00:00:00:00:01", "00:00:00:00:00:00"):
            self.write("bad.toml", f'[port0]\nmac = "{mac}"\n')
            self.assertIn("Invalid MAC Address", self.run_host('nvm = "bad.toml"', code=2))
        self.write("bad.toml", "[port0]\nlink_mode = 3\n")
        self.assertIn("probe failed: Operation not supported", self.run_host('nvm = "bad.toml"', code=2))

    def test_firmware_that_lets_go_delays_and_firmware_that_does_not_refuses(self):
        mac = 'mac = "02:00:00:00:00:01"'
        for resource in ("phy0", "swsm"):
            hold = f'[[host.card.firmware]]\nresource = "{resource}"\n'
            self.run_host(hold + 'duration = "20ms"', mac)
            line = self.run_host(hold, mac, code=2)
            self.assertIn("h1.eth0: probe failed: Device or resource busy: the PHY's semaphore is held by firmware or another port", line)
        often = '[[host.card.firmware]]\nresource = "phy0"\nfrom = "1ms"\nduration = "3ms"\nevery = "10ms"\n'
        digests = []
        for card, options in (("", ()), (often, ()), (often, ("--eager",))):
            self.run_host(card, mac, options=options)
            digests.append(summary(self.folder / "out")["sim"]["digest"])
        self.assertNotEqual(digests[0], digests[1], "the driver waits for firmware")
        self.assertEqual(digests[1], digests[2])
        for keys, text in [('resource = "phy9"', "unknown value"), ('resource = "phy0"\nduration = "0s"', "is zero"),
                           ('resource = "phy0"\nduration = "2ms"\nevery = "1ms"', "is not above duration")]:
            self.assertIn(text, self.run_host("[[host.card.firmware]]\n" + keys, mac, code=2))

    def test_the_driver_reads_and_writes_the_eeprom(self):
        scenario = self.write("s.toml", HOST.format(card="", nic='mac = "02:00:00:00:00:01"'))

        def shell(*lines):
            return niclab("sh", scenario, "--at", "1ms", *[a for line in lines for a in ("-c", line)])

        done = shell("ethtool -e eth0 offset 0 length 6")
        self.assertEqual(done.stdout, "Offset\t\tValues\n------\t\t------\n0x0000:\t\t02 00 00 00 00 01 \n\n")
        write = "ethtool -E eth0 magic 0x15218086 offset 0xa0 value 0x5a"
        done = shell(write, "ethtool -e eth0 offset 0xa0 length 1")
        self.assertIn("0x00a0:\t\t5a", done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Bad address", shell("ethtool -E eth0 magic 1 offset 0xa0 value 0x5a").stdout)


if __name__ == "__main__":
    unittest.main()
