import Glibc

/// The monotonic clock, in nanoseconds, for tests that know nothing of Strata's own.
public func clockNanoseconds() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}
