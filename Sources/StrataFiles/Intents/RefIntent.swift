import StrataModel
import StrataRefs

/// What a transaction on references in files is about to do: enough to do it again.
struct RefIntent: Equatable {
    /// One reference, or one line of a reflog.
    struct Step: Equatable {
        /// Where the reference's files stand, below the common dir: empty, or `worktrees/<id>`, or wherever a store is.
        var directory: [UInt8]
        var name: RefName
        /// What the reference held, loose or packed.
        var old: RefValue?
        var action: Action
        var log: Log?
    }

    enum Action: Equatable {
        /// The value stays.
        case keep
        /// A loose file gets the value.
        case write(RefValue)
        /// `packed-refs` gets the value.
        case pack(RefValue)
        /// The reference and its reflog go.
        case delete
    }

    /// A line that goes into the reflog.
    struct Log: Equatable {
        /// Where in the file it begins: its length before, with the lines of earlier steps.
        var offset: Int
        var line: [UInt8]
    }

    let algorithm: HashAlgorithm
    var steps: [Step]
}

extension RefIntent.Step {
    /// The new value; nil where the reference goes.
    var new: RefValue? {
        switch action {
        case .keep: old
        case .write(let value), .pack(let value): value
        case .delete: nil
        }
    }

    /// How a value that is read compares with what the step knows of it.
    enum State { case old, new, movedOn }

    func state(of found: RefValue?) -> State {
        if Self.same(found, new), action != .keep { return .new }
        return Self.same(found, old) ? .old : .movedOn
    }

    /// What an id peels to is known in one place and not in another.
    private static func same(_ a: RefValue?, _ b: RefValue?) -> Bool {
        if case .object(let a, _) = a, case .object(let b, _) = b { return a == b }
        return a == b
    }
}
