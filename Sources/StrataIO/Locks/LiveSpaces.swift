import Glibc
import Synchronization

/// The lock spaces that have made owner files and live, so that the files are removed when the process ends by `exit`,
/// which runs no deinit.
///
/// Locks that are held then are left: another thread may be working under them still, and whoever wants one takes it over
/// as soon as the process has gone.
enum LiveSpaces {
    private struct Entry: Sendable {
        weak let space: LockSpace?
    }

    private static let entries = Mutex<[ObjectIdentifier: Entry]>([:])
    private static let registration: Void = { _ = atexit { LiveSpaces.closeAll() } }()

    static func add(_ space: LockSpace) {
        _ = registration
        entries.withLock { $0[ObjectIdentifier(space)] = Entry(space: space) }
    }

    /// Called by the object's deinit: before that, no other object has its identifier.
    static func remove(_ space: LockSpace) {
        _ = entries.withLock { $0.removeValue(forKey: ObjectIdentifier(space)) }
    }

    private static func closeAll() {
        for entry in entries.withLock({ Array($0.values) }) { entry.space?.close() }
    }
}
