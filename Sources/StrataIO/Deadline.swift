import Glibc

/// A moment until which a call may wait, on the monotonic clock.
public struct Deadline: Sendable, Hashable {
    /// Nanoseconds of `CLOCK_MONOTONIC`; the greatest value means never.
    private let instant: Int64

    private init(instant: Int64) { self.instant = instant }

    /// Wait for ever.
    public static let never = Deadline(instant: .max)

    /// Already over: one try, no waiting.
    public static var now: Deadline { Deadline(instant: .min) }

    /// `milliseconds` from now, as git's configuration has it (`core.filesRefLockTimeout`): 0 is one try, a negative
    /// number is for ever.
    public static func after(milliseconds: Int) -> Deadline {
        guard milliseconds >= 0 else { return .never }
        guard milliseconds > 0 else { return .now }
        let (span, overflow) = Int64(milliseconds).multipliedReportingOverflow(by: 1_000_000)
        let (instant, tooFar) = monotonicNanoseconds().addingReportingOverflow(span)
        return overflow || tooFar ? .never : Deadline(instant: instant)
    }

    public var hasPassed: Bool { instant != .max && (instant == .min || monotonicNanoseconds() >= instant) }

    /// The time left, zero when it has passed, nil when there is no end.
    public var remaining: Duration? {
        remainingNanoseconds.map { .nanoseconds($0) }
    }

    var remainingNanoseconds: Int64? {
        if instant == .max { return nil }
        if instant == .min { return 0 }
        return max(0, instant - monotonicNanoseconds())
    }
}

/// `CLOCK_MONOTONIC` in nanoseconds.
package func monotonicNanoseconds() -> Int64 { clockNanoseconds(CLOCK_MONOTONIC) }

/// `CLOCK_REALTIME` in nanoseconds since 1970.
package func realtimeNanoseconds() -> Int64 { clockNanoseconds(CLOCK_REALTIME) }

private func clockNanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return time.nanoseconds
}

extension timespec {
    /// As one number, saturating far outside the years that files have.
    var nanoseconds: Int64 {
        let (whole, overflow) = Int64(tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return tv_sec < 0 ? .min : .max }
        let (sum, tooFar) = whole.addingReportingOverflow(Int64(tv_nsec))
        return tooFar ? .max : sum
    }
}
