# Counterfoil's commands. GNU make 3.81 is enough; the machine needs python3 and make.
#
#   make demo            everything on this machine, with a month of a played platform; Ctrl-C stops
#   make demo RESET=1    the same from nothing       (PORT=8010 uses another port)
#   make serve           an installation of your own on this machine: empty, kept, backed up
#   make manage CMD='…'  a management command in it
#   make test            the whole suite             (ARGS='tests/usage -x' a part of it)
#   make lint            format, rules, types, layers, templates, migrations
#   make tour            the pictures of docs/tour.md, taken anew
#   make bench           the benchmarks              (SCALE=full for the long ones, PEERS=1 beside other systems)
#   make pages           what every page costs in a large world (SCALE=small in a hundredth of it)
#   make fuzz            the rater against the second rater, on random documents (CASES=… SEED=…)
#   make fuzz-books      a customer's books under whatever may be done to them, in any order (EXAMPLES=…)
#   make races           the same by many at the same moment, round after round (ROUNDS=…)
#   make faults          kills, freezes, slow clients and garbage under load, then the books (5 minutes)
#   make drill           a backup kept under load, what can be restored of it, and how long that takes
#   make clients         other people's programs read what we export, each in an environment of its own
#   make run CMD='…'     a management command on the demo's data
#   make shell, psql     the same data from Python and from SQL
#   make up              all of it with Docker: compose.yaml, on https://localhost
#   make image           the image, built and tried without a registry (root, Debian, buildah)
#   make chart           the chart, the Dockerfile and the CloudFormation template, rendered and validated
#   make sbom, audit     what a server is made of, and its licences; whether weaknesses are known
#   make lock            new hash-pinned locks from requirements/*.in (UPGRADE=1 takes newer versions)
#   make clean           deletes the demo's data

PYTHON = .venv/bin/python
LOCAL = $(PYTHON) -m deploy.local
SCALE = small
CASES = 100000
SEED = 1
EXAMPLES = 500
ROUNDS = 200

.PHONY: up image chart sbom audit help demo serve manage test lint tour format bench pages fuzz fuzz-books races faults drill clients run shell psql lock clean
.DEFAULT_GOAL = help

help:
	@sed -n 's/^#   //p' Makefile

demo: .venv/.installed-demo
	@$(LOCAL) demo $(if $(RESET),--reset)

serve: .venv/.installed-demo
	@$(LOCAL) serve $(if $(RESET),--reset)

manage: .venv/.installed-demo
	@$(LOCAL) manage $(CMD)

test: .venv/.installed-dev
	@$(LOCAL) test $(ARGS)

tour: .venv/.installed-dev
	@WRITE_TOUR=1 $(LOCAL) test tests/browser/test_tour.py -q --numprocesses 0

lint: .venv/.installed-dev
	@PYTHON=$(PYTHON) deploy/local/lint

format: .venv/.installed-dev
	@$(PYTHON) -m ruff check --quiet --fix .
	@$(PYTHON) -m ruff format .

bench: .venv/.installed-dev
	@$(LOCAL) bench --scale $(SCALE) $(if $(PEERS),--peers)

pages: .venv/.installed-dev
	@$(LOCAL) pages --scale $(if $(filter file,$(origin SCALE)),full,$(SCALE))

fuzz: .venv/.installed-dev
	@$(PYTHON) -m tests.rating.fuzz --cases $(CASES) --seed $(SEED)

fuzz-books: .venv/.installed-dev
	@EXAMPLES=$(EXAMPLES) $(LOCAL) test --numprocesses 0 --quiet tests/billing/machine

races: .venv/.installed-dev
	@RACE_ROUNDS=$(ROUNDS) $(LOCAL) test --numprocesses 0 --quiet tests/billing/test_races.py \
		tests/billing/receivables/test_proposals_at_once.py

faults: .venv/.installed-dev
	@$(LOCAL) faults

drill: .venv/.installed-dev
	@$(LOCAL) restore-drill

clients: .venv/.installed-dev
	@PYTHON=$(PYTHON) deploy/local/clients

run: .venv/.installed-demo
	@$(LOCAL) run $(CMD)

shell: .venv/.installed-demo
	@$(LOCAL) shell

psql: .venv/.installed-demo
	@$(LOCAL) psql

up:
	@deploy/docker/up

image:
	@deploy/docker/image

chart:
	@deploy/helm/check

sbom: .venv/.installed-dev
	@deploy/supply/list sbom

audit: .venv/.installed-dev
	@deploy/supply/list audit

clean: .venv/.installed-demo
	@$(LOCAL) clean

lock:
	@deploy/local/lock $(if $(UPGRADE),--upgrade)

# The stamps make the second call instant. The development set holds the demo's.
.venv/.installed-demo: requirements/demo.txt
	@deploy/local/bootstrap demo

.venv/.installed-dev: requirements/dev.txt
	@deploy/local/bootstrap dev
