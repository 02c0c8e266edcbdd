import StrataModel

/// A walk over references that a cached snapshot answers from memory, or records to do so the next time.
struct RecordingRefCursor: RefCursor {
    private let state: State

    private final class State {
        let snapshot: CachedRefSnapshot
        var cursor: any RefCursor
        var recording: (scope: RefScope, builder: RefRunBuilder)?

        init(_ snapshot: CachedRefSnapshot, _ cursor: any RefCursor, recording scope: RefScope?) {
            self.snapshot = snapshot
            self.cursor = cursor
            recording = scope.map { ($0, RefRunBuilder()) }
        }
    }

    /// A walk with `cursor`. Where there is a scope to record, which is the cursor's, the whole walk is kept in the end.
    init(_ snapshot: CachedRefSnapshot, _ cursor: any RefCursor, recording scope: RefScope?) {
        state = State(snapshot, cursor, recording: scope)
    }

    mutating func next() throws(RefError) -> RefView? {
        guard let view = try state.cursor.next() else {
            if let (scope, builder) = state.recording {
                state.recording = nil
                state.snapshot.keep(builder.finished(), for: scope)
            }
            return nil
        }
        if state.recording != nil { record(view) }
        return view
    }

    private func record(_ view: RefView) {
        // The id's digits are decoded; what is known of them says nothing of its bytes.
        let flags = view.flags.subtracting(.checkedDigits)
        state.recording?.builder.append(name: view.refName.bytes, value: view.value, flags: flags)
        let size = state.recording?.builder.byteCount ?? 0
        if size > state.snapshot.listingLimit { state.recording = nil }
    }

    mutating func seek(_ scope: RefScope) throws(RefError) {
        state.recording = nil
        state.cursor = try state.snapshot.cursor(over: scope)
    }
}
