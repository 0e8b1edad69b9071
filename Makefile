# Everything a newcomer types. `make demo` and `make test` create what they need.
PYTHON ?= python3
VENV   ?= .venv
PEERS  ?= .venv-peers
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo serve test test-light lint bench-decide bench-drift bench-import bench-intervals bench-portal bench-quality bench-repeat bench-run-again bench-selection bench-single-row bench-text bench-methods bench-ner learn-portfolio bench-serving bench-stream bench-overload clean

demo: $(VENV)/.demo            ## learn, decide, act and hear back on real data, to the end
	$(BIN)/python docs/examples/retention/demo.py

serve: $(VENV)/.demo           ## keep the gateway running on the demo's result
	$(BIN)/mainspring serve --workspace .mainspring-demo

# Clocks, processes and servers are real, and machines are shared: what fails is asked once more, by itself and from the beginning.
test: $(VENV)/.dev             ## everything: all extras, slow group included
	$(BIN)/python -m pytest -n 2 || { [ $$? = 1 ] && $(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

test-light: $(VENV)/.dev       ## the quick loop
	$(BIN)/python -m pytest -n 2 -m "not slow"

lint: $(VENV)/.dev             ## format, lint, types, import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

bench-stream: $(VENV)/.dev     ## decisions on a stream beside the model alone; ARGS="--kill 200 --events 100000"
	$(BIN)/python benchmarks/stream.py --nats $(ARGS)

bench-run-again: $(VENV)/.dev  ## seconds of a small run, the first in a process and later ones
	$(BIN)/python benchmarks/run_again.py

bench-import: $(VENV)/.dev     ## seconds to import and to print help
	$(BIN)/python benchmarks/import_time.py

bench-decide: $(VENV)/.dev     ## one decision in process and over HTTP, beside an empty endpoint
	$(BIN)/python benchmarks/decide.py

bench-serving: $(VENV)/.dev    ## decisions over HTTP beside an empty endpoint; ARGS="--peers PYTHON" for MLflow, BentoML, Ray Serve
	$(BIN)/python benchmarks/serving.py $(ARGS)

bench-overload: $(VENV)/.dev   ## more is asked of the gateway than it can decide: how much is decided still, what is lost
	$(BIN)/python benchmarks/overload.py $(ARGS)

bench-drift: $(VENV)/.dev      ## drift: how soon noticed, how often cried for nothing; ARGS="--million", "--peers PYTHON" for Evidently itself
	$(BIN)/python benchmarks/drift.py $(ARGS)

bench-portal: $(VENV)/.dev     ## the portal's questions of a journal of a million decisions; ARGS="--decisions 100000"
	$(BIN)/python benchmarks/portal.py $(ARGS)

bench-quality: $(VENV)/.dev    ## quality after 60 s on 2 cores
	$(BIN)/python benchmarks/quality.py

bench-intervals: $(VENV)/.dev  ## how wide intervals are, and how often they hold
	$(BIN)/python benchmarks/intervals.py

bench-text: $(VENV)/.dev       ## classes of public texts beside published figures; resumable; ARGS="--sets banking77 --seconds 600", "summary"
	$(BIN)/python benchmarks/text.py $(ARGS)

bench-methods: $(VENV)/.dev    ## ways to tune an encoder side by side at equal tuning; ARGS="--classes 77 --rows 10003 --minutes 60"
	$(BIN)/python benchmarks/text_methods.py $(ARGS)

bench-ner: $(VENV)/.dev        ## spans of public texts beside published figures; ARGS="conll2003 --time 30m"; speed: benchmarks/text_speed.py, many versions: text_adapters.py
	$(BIN)/python benchmarks/text_ner.py $(ARGS)

bench-repeat: $(VENV)/.dev     ## is a version that the clock cut made again, to the byte? and how near was the plan?
	$(BIN)/python benchmarks/repeat.py $(ARGS)

learn-portfolio: $(VENV)/.dev  ## the order of the portfolio, learned anew from the public tables; resumable
	$(BIN)/python benchmarks/portfolio.py $(ARGS)

bench-selection: $(VENV)/.dev $(PEERS)/.ready ## beside AutoGluon, FLAML and LightGBM; resumable; ARGS="--list", "summary --markdown", "--tables ames --seconds 300"
	PYTHONPATH=benchmarks $(BIN)/python -m selection --peers $(PEERS)/bin/python $(ARGS)

bench-single-row: $(VENV)/.dev $(VENV)/.engines ## one row through trees: LightGBM, our engine, ONNX Runtime, treelite, lleaves; and a whole model
	OMP_NUM_THREADS=1 PYTHONPATH=$(VENV)/engines $(BIN)/python -W ignore benchmarks/single_row.py

clean:
	rm -rf $(VENV) $(PEERS) .mainspring-demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	$(PIP) -e ".[examples]"
	touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	$(PIP) -e ".[all,dev]"
	touch $@ $(VENV)/.demo

$(VENV)/.engines:              # lleaves needs a llvmlite older than others do: they stand apart
	$(PIP) --no-deps --target $(VENV)/engines treelite==4.8.1 lleaves==1.3.0 llvmlite==0.44.0
	touch $@

$(PEERS)/.ready: benchmarks/selection/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@
