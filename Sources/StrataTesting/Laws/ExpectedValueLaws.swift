import StrataModel
import StrataRefs

/// Each expected value on each kind of reference for each kind of change: 240 cases.
extension LawBook {
    mutating func addExpectedValues() {
        begin("expected values", needs: .writes)
        for found in FoundReference.allCases {
            for expected in Expectation.allCases {
                for change in PlainChange.allCases {
                    add("\(change.rawValue) \(found.rawValue) that must be \(expected.rawValue)") { t in
                        try found.seed(t)
                        let edit = RefEdit(
                            ref(FoundReference.subject), try change.change(t), expecting: expected.value(t),
                            followsSymbolic: found.isFollowed)
                        let verdict = found.verdict(on: expected)
                        try t.expect(try t.commit([edit]), verdict.map { "rejected: \($0)" } ?? "done", "the verdict")
                        var after = found.references
                        if verdict == nil {
                            change.apply(to: found.isFollowed ? found.written : FoundReference.subject, &after)
                        }
                        try t.expectReferences(after)
                        try t.expect(try t.isFree(FoundReference.subject), "the name stays held")
                    }
                }
            }
        }
    }
}

/// What may stand at the name of an edit.
private enum FoundReference: String, CaseIterable, Sendable {
    case absent = "an absent name"
    case object = "a reference"
    case resolved = "a symbolic reference's referent"
    case dangling = "a dangling symbolic reference's referent"
    case resolvedItself = "a symbolic reference itself"
    case danglingItself = "a dangling symbolic reference itself"

    static let subject = "refs/heads/x"
    static let referent = "refs/heads/y"

    var isFollowed: Bool { self != .resolvedItself && self != .danglingItself }

    /// The name that is written where symbolic references are followed.
    var written: String { self == .resolved || self == .dangling ? Self.referent : Self.subject }

    var references: [String: String] {
        switch self {
        case .absent: [:]
        case .object: [Self.subject: "a"]
        case .resolved, .resolvedItself: [Self.subject: "ref: \(Self.referent)", Self.referent: "a"]
        case .dangling, .danglingItself: [Self.subject: "ref: \(Self.referent)"]
        }
    }

    func seed(_ t: Trial) throws {
        try t.need(ref(Self.subject), ref(Self.referent))
        if !references.isEmpty { try t.seed(references) }
    }

    /// Git's verdict; nil = accepted.
    func verdict(on expected: Expectation) -> RefRejection.Reason? {
        let isThere = self == .object || self == .resolved
        switch (self, expected) {
        case (_, .any): return nil
        case (.resolvedItself, .mustExist), (.danglingItself, .mustExist): return nil
        case (.resolvedItself, .referent), (.danglingItself, .referent): return nil
        case (.resolvedItself, .otherName), (.danglingItself, .otherName): return .incorrectOldValue
        case (.resolvedItself, .mustNotExist), (.danglingItself, .mustNotExist): return .createExists
        case (.resolvedItself, .zero), (.danglingItself, .zero): return .createExists
        case (.resolvedItself, .right), (.resolvedItself, .rightIfExists): return nil
        case (.resolvedItself, .wrong), (.resolvedItself, .wrongIfExists): return .incorrectOldValue
        case (.danglingItself, .right), (.danglingItself, .wrong): return .nonexistentRef
        case (.danglingItself, .rightIfExists), (.danglingItself, .wrongIfExists): return nil
        case (_, .mustExist): return isThere ? nil : .nonexistentRef
        case (_, .mustNotExist), (_, .zero): return isThere ? .createExists : nil
        case (_, .right): return isThere ? nil : .nonexistentRef
        case (_, .wrong): return isThere ? .incorrectOldValue : .nonexistentRef
        case (_, .rightIfExists): return nil
        case (_, .wrongIfExists): return isThere ? .incorrectOldValue : nil
        case (_, .referent), (_, .otherName): return isThere ? .expectedSymref : .nonexistentRef
        }
    }
}

private enum Expectation: String, CaseIterable, Sendable {
    case any = "anything"
    case mustExist = "there"
    case mustNotExist = "absent"
    case right = "what it is"
    case wrong = "something else"
    case zero = "the zero id"
    case rightIfExists = "what it is, if it is there"
    case wrongIfExists = "something else, if it is there"
    case referent = "symbolic"
    case otherName = "symbolic, to another name"

    func value(_ t: Trial) -> ExpectedRefValue {
        switch self {
        case .any: .any
        case .mustExist: .mustExist
        case .mustNotExist: .mustNotExist
        case .right: .object(t.a)
        case .wrong: .object(t.b)
        case .zero: .object(t.zero)
        case .rightIfExists: .objectIfExists(t.a)
        case .wrongIfExists: .objectIfExists(t.b)
        case .referent: .symbolic(ref(FoundReference.referent))
        case .otherName: .symbolic(ref("refs/heads/other"))
        }
    }
}

private enum PlainChange: String, CaseIterable, Sendable {
    case write = "writing"
    case delete = "deleting"
    case verify = "verifying"
    case link = "making symbolic"

    func change(_ t: Trial) throws -> RefEdit.Change {
        switch self {
        case .write: return .write(.object(t.c))
        case .delete: return .delete
        case .verify: return .verify
        case .link:
            try t.need(.symbolicRefs)
            return .write(.symbolic(ref("refs/heads/z")))
        }
    }

    func apply(to name: String, _ references: inout [String: String]) {
        switch self {
        case .write: references[name] = "c"
        case .delete: references[name] = nil
        case .verify: break
        case .link: references[name] = "ref: refs/heads/z"
        }
    }
}
