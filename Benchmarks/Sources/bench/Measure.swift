import Glibc

/// What time is measured: the machine's other work counts in the one, not in the other.
enum Clock {
    case wall
    /// The calling thread's time on a processor.
    case thread
    /// The time on a processor of the processes that were started and have ended.
    case children

    /// What the time of commands is measured by: that on a processor, or with `STRATA_BENCH_CLOCK=wall`, on a machine that does nothing else, the time
    /// until the answer is there.
    static let ofCommands =
        unsafe getenv("STRATA_BENCH_CLOCK").map { unsafe String(cString: $0) } == "wall" ? Clock.wall : .children

    /// Nanoseconds since some moment.
    var now: UInt64 {
        if self == .children {
            var usage = rusage()
            unsafe getrusage(RUSAGE_CHILDREN.rawValue, &usage)
            let seconds = UInt64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            return seconds * 1_000_000_000 + UInt64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000
        }
        var time = timespec()
        unsafe clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// One way to do a thing.
struct Way {
    let name: String
    let run: () throws -> Void

    init(_ name: String, _ run: @escaping () throws -> Void) {
        self.name = name
        self.run = run
    }
}

/// Ways to do one thing, each run once a round, in turn, so that what else the machine does meets all alike.
struct Comparison {
    let rows: [(name: String, nanoseconds: [Double])]

    /// Runs all of `ways` in turn, `rounds` times, after one round that does not count. `units` is the number of things that one
    /// run does; times are given for one of them.
    init(rounds: Int, units: Int, clock: Clock = .thread, _ ways: [Way]) throws {
        var rows = ways.map { (name: $0.name, nanoseconds: [Double]()) }
        for round in 0...rounds {
            for (index, way) in ways.enumerated() {
                let start = clock.now
                try way.run()
                let time = Double(clock.now - start) / Double(units)
                if round > 0 { rows[index].nanoseconds.append(time) }
            }
        }
        self.rows = rows
    }

    /// A table of medians; the ratio is the median of the rounds' ratios to the first row.
    func print(_ title: String) {
        Swift.print("\n\(title)")
        guard let base = rows.first?.nanoseconds else { return }
        let width = rows.map(\.name.count).max() ?? 0
        for row in rows {
            let ratio = median(zip(row.nanoseconds, base).map { $0 / $1 })
            let name = row.name + String(repeating: " ", count: width - row.name.count)
            Swift.print("  \(name)  \(pad(time(median(row.nanoseconds)), 12))  x\(fixed(ratio, 2))")
        }
    }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    private func time(_ nanoseconds: Double) -> String {
        if nanoseconds < 10_000 { return "\(fixed(nanoseconds, 1)) ns" }
        if nanoseconds < 10_000_000 { return "\(fixed(nanoseconds / 1000, 1)) us" }
        return "\(fixed(nanoseconds / 1_000_000, 1)) ms"
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        let scale = digits == 1 ? 10.0 : 100.0
        let scaled = Int((value * scale).rounded())
        let fraction = String(scaled % Int(scale))
        return "\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
