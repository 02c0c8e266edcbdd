#!/usr/bin/env bash
# Feeds the parsers with hostile bytes under libFuzzer, guided by coverage, with the address sanitizer: each format for SECONDS.
# Usage: fuzz.sh SECONDS [FORMAT…]; formats are the directories of Tests/Corpora. What is new and covers more is kept for the next run
# in .build-fuzz/corpora; an input that breaks a property, traps, takes too long or too much memory is kept in .build-fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1; shift
formats=("$@")
[ ${#formats[@]} -gt 0 ] || formats=($(cd Tests/Corpora && ls -d -- */ | tr -d /))
build=.build-fuzz

export STRATA_FUZZ_BUILD=1
flags=(-c release --product StrataFuzz --scratch-path $build -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library)
swift build "${flags[@]}"
toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
runtime=$toolchain/lib/swift/linux
fuzzer=$build/fuzzer
# The runtime of Swift's sanitizers is the toolchain's own clang's.
"$toolchain/bin/clang" -fsanitize=fuzzer,address -fuse-ld=lld -o "$fuzzer" \
    -Wl,--whole-archive "$(swift build "${flags[@]}" --show-bin-path)/libStrataFuzz.a" -Wl,--no-whole-archive \
    "$runtime/$(uname -m)/swiftrt.o" -L"$runtime" -lswiftCore -lswiftGlibc -lswiftSynchronization -lswift_StringProcessing -lswift_Concurrency -lz -ldeflate -lcrypto -llmdb -Wl,-rpath,"$runtime"

# A trap ends the process at once instead of drawing a backtrace; Swift's runtime keeps what it allocates at its start.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:quarantine_size_mb=16}
failed=()
for format in "${formats[@]}"; do
    mkdir -p "$build/corpora/$format" "$build/findings/$format"
    echo "== $format, $seconds seconds"
    if ! STRATA_FUZZ=$format "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64 -max_len=8192 \
        -dict="Tests/Corpora/$format.dict" -artifact_prefix="$build/findings/$format/" -print_final_stats=1 -verbosity=1 \
        "$build/corpora/$format" "Tests/Corpora/$format" >"$build/$format.log" 2>&1; then
        failed+=("$format")
        tail -n 40 "$build/$format.log"
        newest=$(ls -t "$build/findings/$format" | head -n 1)
        echo "fuzz: a finding in $format; again with: STRATA_FUZZ=$format SWIFT_BACKTRACE=enable=no $fuzzer $build/findings/$format/$newest"
        continue
    fi
    grep -E 'cov:' "$build/$format.log" | tail -n 1
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)' "$build/$format.log"
done
[ ${#failed[@]} = 0 ] || { echo "fuzz: findings in ${failed[*]}"; exit 1; }
