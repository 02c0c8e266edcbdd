import StrataIO
import StrataObjects
import Synchronization
import SystemPackage

/// How far a pack is, a line for each phase: where it is wanted it is shown at once, and wherever standard error leads. From any thread. Git's functions:
/// `start_progress`, `display`, `display_throughput`.
final class PackProgress: Sendable {
    private struct Line {
        let phase: ReceivingPhase
        let total: Int
        let start = ContinuousClock.now
        var last = ContinuousClock.now
        var done = 0
        var percent = -1
        var length = 0
        /// Nothing has been shown yet, and is not to be before a while has passed.
        var waits: Bool
    }

    private struct State {
        var line: Line?
        /// The bytes that have come; nil until the second time that some did in this phase.
        var bytes: Int64?
        var hasBegun = false
    }

    private let title: Bytes?
    private let phases: Set<ReceivingPhase>
    private let errors: ErrorStream
    private let state = Mutex(State())

    /// - Parameters:
    ///   - title: what the first phase is called; nil = as usual.
    ///   - phases: what is shown.
    init(_ title: Bytes?, _ phases: Set<ReceivingPhase>, _ errors: ErrorStream) {
        self.title = title
        self.phases = phases
        self.errors = errors
    }

    func tell(_ phase: ReceivingPhase, _ done: Int, _ total: Int) {
        state.withLock { state in
            if phase == .completing {
                if state.line?.phase == .resolvingDeltas {
                    end(&state, "completed with \(done) local object\(done == 1 ? "" : "s")")
                }
                return
            }
            guard phases.contains(phase) else { return }
            if state.line?.phase != phase {
                settle(&state)
                state.line = Line(phase: phase, total: total, waits: phase == .checkingObjects)
                state.bytes = nil
                state.hasBegun = true
            }
            show(&state, done, "\r")
            // A thin pack's deltas are resolved when what they lack has been added.
            if done == total, phase != .resolvingDeltas { end(&state, "done") }
        }
    }

    /// More of the pack has come: `total` bytes so far.
    func received(_ total: Int64) { state.withLock { if $0.hasBegun { $0.bytes = total } } }

    /// Ends the line of a phase that is through, before something else is said.
    func settle() { state.withLock { settle(&$0) } }

    private func settle(_ state: inout State) {
        if let line = state.line, line.done == line.total { end(&state, "done") }
    }

    private func end(_ state: inout State, _ word: String) {
        show(&state, state.line?.done ?? 0, ", \(word).\n", isLast: true)
        state.line = nil
    }

    private func show(_ state: inout State, _ done: Int, _ end: String, isLast: Bool = false) {
        guard var line = state.line else { return }
        defer { state.line = line }
        line.done = done
        let now = ContinuousClock.now
        let percent = line.total > 0 ? done * 100 / line.total : 0
        if line.waits {
            guard line.start.duration(to: now) >= Progress.delay else { return }
            line.waits = false
        }
        guard isLast || percent != line.percent || line.last.duration(to: now) >= .seconds(1) else { return }
        line.last = now
        line.percent = percent
        var text = String(percent)
        text = String(repeating: " ", count: max(0, 3 - text.utf8.count)) + text + "% (\(done)/\(line.total))"
        if line.phase == .receiving || line.phase == .unpacking, let bytes = state.bytes, isLast {
            let elapsed = line.start.duration(to: now)
            let milliseconds =
                Int64(elapsed.components.seconds) * 1024 + elapsed.components.attoseconds / 976_562_500_000_000
            let rate = bytes / max(milliseconds, 1) * 1024
            text += ", \(HumanSize(UInt64(bytes))) | \(HumanSize(UInt64(rate)))/s"
        }
        let length = text.utf8.count
        // What was longer before is wiped out.
        let gap =
            length < line.length ? String(repeating: " ", count: max(0, line.length - length + 1 - end.utf8.count)) : ""
        line.length = length
        errors.write(name(of: line.phase) + Bytes(": \(text)\(gap)\(end)"))
    }

    private func name(of phase: ReceivingPhase) -> Bytes {
        switch phase {
        case .receiving: title ?? Bytes("Receiving objects")
        case .indexing: title ?? Bytes("Indexing objects")
        case .resolvingDeltas, .completing: Bytes("Resolving deltas")
        case .checkingObjects: Bytes("Checking objects")
        case .unpacking: Bytes("Unpacking objects")
        }
    }
}

/// A source that tells how much has come from it.
final class ToldSource: ByteSource {
    private let base: any ByteSource
    private let tell: (Int64) -> Void
    private var total: Int64 = 0
    var name: FilePath { base.name }
    var endsWithFile: Bool { base.endsWithFile }

    init(_ base: any ByteSource, tell: @escaping (Int64) -> Void) {
        self.base = base
        self.tell = tell
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        let count = unsafe try base.read(into: buffer)
        total += Int64(count)
        tell(total)
        return count
    }
}
