import Glibc
import Synchronization
package import SystemPackage

/// One call that passed ``Disk``.
package struct DiskCall: Sendable, Hashable, CustomStringConvertible {
    package var operation: FileOperation
    package var path: FilePath
    package var target: FilePath?
    /// For writes.
    package var byteCount: Int?

    /// For example `rename a b` or `write a 12`.
    package var description: String {
        var text = "\(operation) \(path)"
        if let target { text += " \(target)" }
        if let byteCount { text += " \(byteCount)" }
        return text
    }
}

/// The seam where a test makes the disk fail.
///
/// Plans are process-wide and see the calls of all threads; each sees only the calls on paths under its directory, so
/// that tests which run side by side do not disturb each other. When no plan is installed a call costs one relaxed
/// load.
package enum DiskFaults {
    package enum Action: Sendable {
        /// Nothing fails; calls are only counted and recorded.
        case observe
        /// The call is not made and fails.
        case fail(Errno)
        /// A write writes so many bytes only, and fails; other calls fail without being made.
        case shorten(Int, Errno)
        /// The process ends, as by SIGKILL, before or after the call.
        case stopBefore, stopAfter
    }

    package struct Plan: Sendable {
        /// Only calls on paths that begin with this one count; nil: all.
        package var under: FilePath?
        /// The operations that count; by default all that change the disk.
        package var operations: Set<FileOperation>
        /// The call at which to act, counted from 1.
        package var at: Int
        package var action: Action
        /// Whether the calls after that one meet the same fate, as on a full disk.
        package var persistent: Bool
        /// Told of each call that counts once it has been made and has not failed.
        package var watcher: (@Sendable (DiskCall) -> Void)?

        package init(
            under: FilePath? = nil, operations: Set<FileOperation> = Set(FileOperation.allCases.filter(\.isChange)),
            at: Int = 0, _ action: Action = .observe, persistent: Bool = false,
            watcher: (@Sendable (DiskCall) -> Void)? = nil
        ) {
            self.watcher = watcher
            self.under = under
            self.operations = operations
            self.at = at
            self.action = action
            self.persistent = persistent
        }
    }

    /// An installed plan. It must be removed; ``with(_:_:)`` does.
    package final class Session: Sendable {
        fileprivate let plan: Plan
        fileprivate let calls = Mutex<[DiskCall]>([])

        fileprivate init(_ plan: Plan) { self.plan = plan }

        /// The calls counted so far, in order.
        package var trace: [DiskCall] { calls.withLock { $0 } }
        package var count: Int { calls.withLock { $0.count } }

        package func remove() {
            DiskFaults.sessions.withLock { sessions in
                sessions.removeAll { $0 === self }
                DiskFaults.armed.store(!sessions.isEmpty, ordering: .relaxed)
            }
        }

        fileprivate func counts(_ call: DiskCall) -> Bool {
            guard plan.operations.contains(call.operation) else { return false }
            guard let under = plan.under, !DiskFaults.isBelow(under, call.path) else { return true }
            return call.target.map { DiskFaults.isBelow(under, $0) } ?? false
        }

        /// Records the call; the action when it is its turn.
        fileprivate func note(_ call: DiskCall) -> Action? {
            guard counts(call) else { return nil }
            let number = calls.withLock {
                $0.append(call)
                return $0.count
            }
            return number == plan.at || (plan.persistent && plan.at > 0 && number > plan.at) ? plan.action : nil
        }
    }

    private static let armed = Atomic<Bool>(false)
    private static let sessions = Mutex<[Session]>([])

    static var isArmed: Bool { armed.load(ordering: .relaxed) }

    package static func install(_ plan: Plan) -> Session {
        let session = Session(plan)
        sessions.withLock { $0.append(session) }
        armed.store(true, ordering: .relaxed)
        return session
    }

    /// Runs `body` with a plan installed.
    package static func with<R, E: Error>(_ plan: Plan, _ body: (Session) throws(E) -> R) throws(E) -> R {
        let session = install(plan)
        defer { session.remove() }
        return try body(session)
    }

    /// Makes a call under the installed plans. `body` gets the number of bytes that may be written.
    static func run(
        _ operation: FileOperation, _ path: FilePath, _ target: FilePath?, byteCount: Int?,
        _ body: (_ limit: Int?) -> Result<Int, Errno>
    ) throws(FileError) -> Int {
        let call = DiskCall(operation: operation, path: path, target: target, byteCount: byteCount)
        var failure: Errno?
        var limit: Int?
        var stopAfter = false
        let installed = sessions.withLock { $0 }
        for session in installed {
            switch session.note(call) {
            case nil, .observe: break
            case .fail(let errno): failure = errno
            case .shorten(let bytes, let errno):
                failure = errno
                if byteCount != nil { limit = bytes }
            case .stopBefore: stop()
            case .stopAfter: stopAfter = true
            }
        }
        if let failure {
            if let limit, limit > 0 { _ = body(limit) }
            throw FileError(operation, path, to: target, failure)
        }
        let result = body(nil)
        if stopAfter { stop() }
        switch result {
        case .success(let value):
            for session in installed {
                if let watcher = session.plan.watcher, session.counts(call) { watcher(call) }
            }
            return value
        case .failure(let errno): throw FileError(operation, path, to: target, errno)
        }
    }

    /// Whether `path` is `root` or below it. (`FilePath.starts(with:)` is slow enough in debug builds to be felt.)
    private static func isBelow(_ root: FilePath, _ path: FilePath) -> Bool {
        unsafe root.withPlatformString { root in
            unsafe path.withPlatformString { path in
                let count = unsafe strlen(root)
                guard unsafe strncmp(path, root, count) == 0 else { return false }
                return unsafe path[count] == 0 || path[count] == CChar(bitPattern: UInt8(ascii: "/"))
            }
        }
    }

    private static func stop() {
        kill(getpid(), SIGKILL)
        while true { pause() }
    }
}
