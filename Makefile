# make demo     set the machine up, build, and show Strata at work on a repository (REPO=… for one of your own, of which it takes a copy)
# make test     set the machine up, build, and run every test (STRATA_GIT=… names the git to compare with, else the one on PATH)
# make bench    measure beside git and C                 make soak     half a minute of mixed writers, with and without kills
# make install  a static release build in PREFIX/bin     make lint     what a commit must pass: the formatter's rules and no warnings

PREFIX ?= /usr/local
SWIFT  ?= swift
SOAK_SECONDS ?= 30

.PHONY: demo test bench soak install lint format setup clean

demo: setup
	$(SWIFT) build -c release --product strata
	scripts/demo.sh "$$($(SWIFT) build -c release --show-bin-path)/strata" $(REPO)

test: setup
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --parallel

bench: setup
	$(SWIFT) run -c release --package-path Benchmarks bench $(CASES)

soak: setup
	STRATA_SOAK_SECONDS=$(SOAK_SECONDS) $(SWIFT) test --filter Soak

# Linked statically it starts in git's time: a dynamic one spends 2 ms on relocations.
STATIC = -c release --static-swift-stdlib -Xswiftc -static-executable --scratch-path .build-static --product strata

install: setup
	$(SWIFT) build $(STATIC)
	install -D -m 755 "$$($(SWIFT) build $(STATIC) --show-bin-path)/strata" "$(DESTDIR)$(PREFIX)/bin/strata"
	strip "$(DESTDIR)$(PREFIX)/bin/strata"

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests Examples Benchmarks/Sources Package.swift

format:
	$(SWIFT) format --in-place --recursive Sources Tests Examples Benchmarks/Sources Package.swift

setup:
	@scripts/setup.sh

clean:
	rm -rf .build .build-static Benchmarks/.build Examples/*/.build
