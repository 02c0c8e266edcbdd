/// What ``checkRefStore(_:make:)`` or ``checkObjectStore(_:make:)`` found out about a store.
public struct StoreReport: Sendable, CustomStringConvertible {
    /// A check that was made, and how long it took, stores and all.
    public struct Check: Sendable, Hashable {
        public let name: String
        public let time: Duration
    }

    /// A check that does not apply to the store, and why.
    public struct Skip: Sendable, Hashable {
        public let check: String
        public let reason: String
    }

    /// The checks that were made, those that failed among them.
    public internal(set) var checked: [Check] = []
    /// Those that do not apply to the store.
    public internal(set) var skipped: [Skip] = []
    /// What the store does wrong; empty for a good one.
    public internal(set) var failures: [StoreFailure] = []

    init() {}

    /// Whether the store does nothing wrong.
    public var isClean: Bool { failures.isEmpty }

    /// The sums, why checks were skipped and how many for that reason, and every failure.
    public var description: String {
        let sums = "\(checked.count) checks, \(skipped.count) skipped, \(failures.count) failed"
        let reasons = Dictionary(grouping: skipped, by: \.reason).map { (reason: $0, count: $1.count) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.reason < $1.reason }
        return ([sums] + reasons.map { "  \($0.count) skipped: \($0.reason)" } + failures.map(\.description))
            .joined(separator: "\n")
    }

    /// Makes a check: what `body` throws is why it does not apply (``NotApplicable``), or what is wrong.
    mutating func check(_ name: String, _ body: () throws -> Void) {
        let start = ContinuousClock.now
        do { try body() } catch let error as NotApplicable {
            skipped.append(Skip(check: name, reason: error.reason))
            return
        } catch let error as LawBroken {
            failures.append(StoreFailure(name, error.finding))
        } catch {
            failures.append(StoreFailure(name, "it fails: \(error)"))
        }
        checked.append(Check(name: name, time: ContinuousClock.now - start))
    }

    /// Adds what concurrent histories showed, and the time that they took together.
    mutating func add(_ findings: ConcurrencyFindings, took time: Duration) {
        checked += findings.checked.map { Check(name: $0, time: time / max(1, findings.checked.count)) }
        skipped += findings.skipped.map { Skip(check: $0.check, reason: $0.reason) }
        failures += findings.failures
    }
}
