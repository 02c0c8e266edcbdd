package import StrataModel
package import StrataRefs

/// What a transaction on references in files is about to do: enough to do it again.
package struct RefIntent: Equatable, Sendable {
    /// One reference, or one line of a reflog.
    package struct Step: Equatable, Sendable {
        /// Where the reference's files stand, below the common dir: empty, or `worktrees/<id>`, or wherever a store is.
        package var directory: [UInt8]
        package var name: RefName
        /// What the reference held, loose or packed.
        package var old: RefValue?
        package var action: Action
        package var log: Log?
    }

    package enum Action: Equatable, Sendable {
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
    package struct Log: Equatable, Sendable {
        /// Where in the file it begins: its length before, with the lines of earlier steps.
        package var offset: Int
        package var line: [UInt8]
    }

    package let algorithm: HashAlgorithm
    package var steps: [Step]

    /// Whether a directory is the common dir or one below it.
    static func staysInside(_ directory: [UInt8]) -> Bool {
        if directory.isEmpty { return true }
        return !directory.contains(0)
            && directory.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
            }
    }
}

/// Which step of intents decides over the value of a reference: of several of one reference the one that changes it.
struct DecidingSteps: Sendable {
    /// By directory, then by name.
    private var steps: [[UInt8]: [RefName: RefIntent.Step]] = [:]

    init(_ all: some Sequence<RefIntent.Step>) {
        for step in all where steps[step.directory]?[step.name] == nil || step.action != .keep {
            steps[step.directory, default: [:]][step.name] = step
        }
    }

    /// nil where no step is about the reference.
    func step(of name: RefName, in directory: [UInt8]) -> RefIntent.Step? { steps[directory]?[name] }

    /// The references below `directory`, in no order.
    func names(in directory: [UInt8]) -> some Sequence<RefName> { (steps[directory] ?? [:]).keys }
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
