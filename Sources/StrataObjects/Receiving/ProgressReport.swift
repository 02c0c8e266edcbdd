import Synchronization

/// What of a long job is done.
public enum ReceivingPhase: Sendable, Hashable {
    /// The pack is read, from a source or from a file.
    case receiving, indexing
    case resolvingDeltas
    /// Objects have been added to a thin pack; told once.
    case completing
    case checkingObjects
    case unpacking
}

/// Who is told how far a job is: which part of it, how much is done, and of how much. From any thread, one at a time.
public typealias ReceivingProgress = @Sendable (_ phase: ReceivingPhase, _ done: Int, _ total: Int) -> Void

/// Tells of one phase.
final class ProgressReport: Sendable {
    private let phase: ReceivingPhase
    private let tell: ReceivingProgress
    private let told = Mutex<Int>(-1)

    init?(_ phase: ReceivingPhase, _ tell: ReceivingProgress?) {
        guard let tell else { return nil }
        self.phase = phase
        self.tell = tell
    }

    /// Tells that `done` of `total` is done, unless more was told of.
    func at(_ done: Int, of total: Int) {
        told.withLock { told in
            guard done > told else { return }
            told = done
            tell(phase, done, total)
        }
    }
}
