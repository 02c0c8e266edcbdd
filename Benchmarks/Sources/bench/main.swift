import Glibc

/// Runs the benchmarks that the command line names, or all.
func runBenchmarks() -> Int32 {
    let benchmarks: [(name: String, run: () throws -> Void)] = [
        ("packed-refs", PackedRefsBenchmark.run), ("cached-refs", CachedRefsBenchmark.run),
        ("merge", MergeBenchmark.run), ("watched-reads", WatchedReadsBenchmark.run),
        ("lmdb", LMDBBenchmark.run), ("migration", MigrationBenchmark.run), ("object-sets", ObjectSets.run),
        ("object-commands", ObjectCommandsBenchmark.run), ("object-lookups", ObjectLookupsBenchmark.run),
        ("pack-commands", PackCommandsBenchmark.run),
        ("observability", ObservabilityBenchmark.run),
    ]
    let wanted = CommandLine.arguments.dropFirst()
    if wanted.first == LibGit2.commandName { return LibGit2.command(Array(wanted.dropFirst())) }
    let known = Set(benchmarks.map(\.name))
    guard wanted.allSatisfy(known.contains) else {
        print("usage: bench [\(benchmarks.map(\.name).joined(separator: " | "))] ...")
        return 129
    }
    for benchmark in benchmarks where wanted.isEmpty || wanted.contains(benchmark.name) {
        do { try benchmark.run() } catch {
            print("\(benchmark.name): \(error)")
            return 1
        }
    }
    return 0
}

exit(runBenchmarks())
