import Glibc

/// How long it is worth to look again for what was listed and is gone: who replaces packs may be stopped between two of his steps, for as long as the
/// machine has other things to do.
struct VanishingPacks {
    private var tries = 0

    /// The looks that are made at once, and those before which there is a wait, twice as long each time up to the longest: half a second in all.
    private static let (quick, slow, longest) = (4, 14, 64)

    /// Waits before the next look; false when it is not worth it any more.
    mutating func wait() -> Bool {
        tries += 1
        if tries <= Self.quick { return true }
        guard tries <= Self.slow else { return false }
        let milliseconds = min(1 << (tries - Self.quick - 1), Self.longest)
        var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
        unsafe nanosleep(&time, nil)
        return true
    }
}
