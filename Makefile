# A front door to CMake, ctest and the niclab command. `make help` lists the targets.
BUILD ?= build
JOBS ?= 2
export JOBS

.DEFAULT_GOAL := build
.PHONY: build deps run test waves study golden bench lint formal fuzz mutants peers docs help

build: $(BUILD)/build.ninja ## build; the command is then build/niclab
	@cmake --build $(BUILD) -j $(JOBS) --target niclab i350_package

$(BUILD)/build.ninja:
	@scripts/deps.sh --check
	@cmake -S . -B $(BUILD) -G Ninja

deps: ## install what is missing (Debian packages); NO_INSTALL=1 only says what is
	@scripts/deps.sh

run: deps ## install what is missing, build, run scenarios/quickstart.toml
	@$(MAKE) --no-print-directory build
	@$(BUILD)/niclab run scenarios/quickstart.toml --out out/quickstart
	@echo "make run: the results are in out/quickstart (summary.json, *.pcap)"

test: deps ## install what is missing, build, run the whole test suite
	@scripts/test.sh

bench: build ## packets per wall second (niclab bench)
	@$(BUILD)/niclab bench

lint: ## clang-format check of all sources (FIX=1 mends it); clang-tidy too with TIDY=1
	@scripts/lint.sh

formal: build ## prove the blocks of rtl/ (yosys, z3), the slow proofs too; planted faults must be refuted
	@PACKAGE=$(BUILD)/rtl/i350_pkg.sv scripts/formal.sh --slow
	@PACKAGE=$(BUILD)/rtl/i350_pkg.sv scripts/formal.sh --planted

mutants: ## plant some 200 faults; a named test must find each. MUTANTS="NAME..." takes these only
	@scripts/mutants.sh $(MUTANTS)

fuzz: ## libFuzzer on a port of the card and on niclab serve, SECONDS_TO_FUZZ=60 each; needs clang++ (FUZZ=1 make deps)
	@scripts/fuzz.sh

docs: build ## generate docs/registers.md, the fields in docs/nvm.md, docs/coverage.md
	@scripts/docs.sh $(BUILD)

waves: ## a 200 us run in GTKWave, or as a picture where there is no display
	@scripts/deps.sh --waves
	@$(MAKE) --no-print-directory build
	@scripts/waves.py $(BUILD)/niclab

peers: build ## a Linux igb driver judges our card, QEMU's igb our driver (QEMU, two Debian kernels: fetched into ~/.cache/niclab-peer)
	@cmake --build $(BUILD) -j $(JOBS) --target qtest_igb
	@scripts/peers.sh $(BUILD)/niclab

study: deps ## interrupt coalescing: hundreds of points, then a report to read
	@$(MAKE) --no-print-directory build
	@$(BUILD)/niclab study coalescing --out out/study-coalescing
	@echo "make study: open out/study-coalescing/report.html"

golden: build ## what a change moved, and by how much (studies/golden.toml); UPDATE=1: that is how it is to be
	@scripts/golden.py $(BUILD)/niclab $(if $(UPDATE),--update)

help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z ]*:.*## /{n=split($$1,t," ");for(i=1;i<=n;i++)printf "  make %-8s %s\n",t[i],$$2}' $(MAKEFILE_LIST)
