import Glibc

/// How long to wait between two tries for a lock.
struct Backoff {
    private var tries: Int64 = 0
    private var ownTries: Int64 = 0

    /// Sleeps, never beyond the deadline.
    ///
    /// For a lock of git: as git waits for another git, n² ms up to a second, times 0.75 to 1.25. A lock of ours is held
    /// for microseconds, and its owner's death is to be noticed soon: 0.1 ms, doubled up to 6.4 ms, times the same.
    mutating func wait(ours: Bool, until deadline: Deadline) {
        let nanoseconds: Int64
        if ours {
            nanoseconds = 100_000 << min(ownTries, 6)
            ownTries += 1
        } else {
            tries += 1
            nanoseconds = min(tries * tries, 1000) * 1_000_000
        }
        let varied = nanoseconds / 1000 * Int64.random(in: 750...1250)
        let span = min(varied, deadline.remainingNanoseconds ?? varied)
        guard span > 0 else { return }
        var time = timespec(tv_sec: Int(span / 1_000_000_000), tv_nsec: Int(span % 1_000_000_000))
        unsafe nanosleep(&time, nil)
    }
}
