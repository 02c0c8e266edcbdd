# make demo     set the machine up, build, and show Strata at work on a repository (REPO=… for one of your own, of which it takes a copy)
# make test     set the machine up, build, and run every test (STRATA_GIT=… names the git to compare with, else the one on PATH)
# make bench    measure beside git and C                 make soak     half a minute of mixed writers, with and without kills
# make fuzz     hostile bytes for every parser, FUZZ_SECONDS each (FORMATS=… for some of them only; Tests/Corpora lists them)
# make hostile  every byte of small object files changed, cut and extended: minutes
# make sanitize every test once under the thread sanitizer and once under the address sanitizer
# make install  a static release build in PREFIX/bin     make lint     what a commit must pass: the formatter's rules and no warnings

PREFIX ?= /usr/local
SWIFT  ?= swift
SOAK_SECONDS ?= 30
FUZZ_SECONDS ?= 60

.PHONY: demo test bench soak hostile fuzz sanitize install lint format setup clean

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

hostile: setup
	STRATA_HOSTILE=all $(SWIFT) test --filter EveryByteTests

fuzz: setup
	scripts/fuzz.sh $(FUZZ_SECONDS) $(FORMATS)

# Our own SIGBUS and SIGSEGV handlers come first, and hand on to the default, not to a sanitizer. The thread sanitizer leaves out InteropTests:
# they start the command thousands of times, and each of its processes has one thread. Leaks are not looked for: the XCTest that the
# runner links keeps some bytes, and Swift's runtime what it allocates at its start. Optimised, because more is compiled into what is watched then,
# and because it takes a fraction of the time.
SANITIZED = env STRATA_SANITIZED=1 STRATA_SOAK_SECONDS=2 STRATA_INTEROP_ROUNDS=1
OPTIMIZED = -Xswiftc -O -Xcc -O1

sanitize: setup
	$(SANITIZED) TSAN_OPTIONS=handle_sigbus=0:handle_segv=0:suppressions=$(CURDIR)/Sources/CThreadSanitizer/suppressions.txt \
	    $(SWIFT) test --sanitize=thread $(OPTIMIZED) --scratch-path .build-tsan --skip InteropTests
	$(SANITIZED) ASAN_OPTIONS=handle_sigbus=0:handle_segv=0:detect_leaks=0 \
	    $(SWIFT) test --sanitize=address $(OPTIMIZED) --scratch-path .build-asan

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
	rm -rf .build .build-static .build-fuzz .build-tsan .build-asan Benchmarks/.build Examples/*/.build
