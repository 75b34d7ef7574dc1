# `make small`, `make demo` and `make test` set everything up in .venv, then run. `make help` lists
# the rest.

# Cores to use: all that this process may use, or CORES=4 make demo.
CORES ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
# Further arguments: make demo ARGS=--dry-run, make test ARGS="-k log".
ARGS ?=
UV ?= uv

# Nothing of the user's own Python set-up reaches the environment.
unexport PYTHONPATH
unexport PYTHONHOME
export PYTHONNOUSERSITE := 1

# `python -m` in place of the scripts in .venv/bin: those break when the folder is moved.
RUN := PATH="$(CURDIR)/.venv/bin:$$PATH" "$(CURDIR)/.venv/bin/python" -m

.PHONY: help setup small demo site picture test test-slow benchmark calibration simulation-study docs lint format lock clean distclean
.DEFAULT_GOAL := help

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' Makefile

setup: ## make .venv from envs/requirements.txt (small, demo, test and lint do it themselves)
	@sh envs/setup.sh

small: setup ## try it: few simulated people, under a minute; the report is results/small/report.html
	@$(RUN) snakemake --cores $(CORES) --configfile tests/configs/small.yaml $(ARGS)
	@if [ -f results/small/report.html ]; then echo "Open results/small/report.html in a browser."; fi

demo: setup ## analyse the simulated trial; the report is results/demo/report.html
	@$(RUN) snakemake --cores $(CORES) $(ARGS)
	@if [ -f results/demo/report.html ]; then $(RUN) snakemake --report results/demo/snakemake-report.zip; fi

# A file of tests stays in one process: it shares its runs of small studies.
test: setup ## run the tests
	@$(RUN) pytest -n $(CORES) --dist loadfile --no-loadscope-reorder $(ARGS)

# With MRI_RESPONSE_TEST_SLURM=1 and root also those on the test cluster; docs/faults.md is then new.
test-slow: setup ## run the long tests: kills at many moments, full disks, faults of a cluster
	@$(RUN) pytest -m "slow or fault" --fault-table docs/faults.md $(ARGS)

benchmark: setup ## time whole runs, and the engine against scikit-learn: an hour or two
	@$(RUN:-m=benchmarks/runs.py)
	@$(RUN:-m=benchmarks/engine.py) $(ARGS)
	@$(RUN:-m=benchmarks/engine_numbers.py)

calibration: setup ## count how often the permutation test rejects where nothing is, an hour or two
	@$(RUN:-m=benchmarks/calibration.py) $(ARGS)

# The tables of docs/simulation_study.md and docs/belief_updating.md, anew in
# results/simulation_study.
simulation-study: setup ## do intervals cover, do tests hold their level, are patterns found: five hours or so
	@$(RUN:-m=benchmarks/simulation_coverage.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_intervals.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_specificity.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_external.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_paired.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_numbers.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_slopes.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_brain.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_belief.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_variability.py) $(ARGS)
	@$(RUN:-m=benchmarks/simulation_outcomes.py) $(ARGS)

# With the reports of all the runs of docs/conf.py that are under results: make small demo site.
site: small ## build the documentation as a website with reports in it: site/index.html
	@sh envs/setup.sh docs
	@rm -rf site
	@"$(CURDIR)/.venv-docs/bin/python" -m sphinx --quiet --fail-on-warning --nitpicky -c docs \
	    -d .venv-docs/doctrees . site
	@echo "Open site/index.html in a browser."

picture: small ## draw docs/report.png, the first screen of the try-out's report (chromium, pngquant)
	@chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,800 \
	    --screenshot=docs/report.png "file://$(CURDIR)/results/small/report.html"
	@pngquant --force --strip --output docs/report.png 64 docs/report.png

docs: setup ## make docs/rules.md, its picture and the table of keys in config/README.md anew
	@$(RUN:-m=docs/make_rules.py)
	@PYTHONPATH=workflow/src $(RUN) mri_response.config.key_table

lint: setup ## check style and the workflow's rules
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) snakefmt --check Snakefile workflow
	@$(RUN) snakemake --lint

format: setup ## bring code into the project's style
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .
	@$(RUN) snakefmt Snakefile workflow

# Versions already in the lock stay unless pyproject.toml forbids them; make lock ARGS=--upgrade
# takes the newest. "fewest": one version of a package for all Python versions, so that
# the numbers do not depend on Python's version. Afterwards put the versions of the direct
# dependencies into envs/mri-response.yaml (a test compares them).
lock: ## resolve pyproject.toml and envs/requirements-docs.in into the locks of envs (needs uv)
	@command -v $(UV) >/dev/null || { echo "mri-response: uv is missing; install it or name it with UV=/path/to/uv" >&2; exit 1; }
	$(UV) pip compile --quiet --extra cluster --extra test --generate-hashes --universal \
	    --python-version 3.11 --fork-strategy fewest \
	    --custom-compile-command "make lock" $(ARGS) pyproject.toml -o envs/requirements.txt
	$(UV) pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	    --fork-strategy fewest --custom-compile-command "make lock" $(ARGS) \
	    envs/requirements-docs.in -o envs/requirements-docs.txt

clean: ## remove the demo's results and the caches of the tools
	rm -rf results/demo results/small site .pytest_cache .ruff_cache .hypothesis
	find workflow tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## also remove .venv and Snakemake's own records
	rm -rf .venv .venv-docs .snakemake
