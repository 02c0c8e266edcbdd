import StrataModel
import StrataRefs

/// The references of a concurrent history and the values that they get: each written once, so that whoever sees one knows who wrote it.
struct HistoryValues: Sendable {
    let algorithm: HashAlgorithm

    /// The references by slot.
    static let names = [
        "refs/heads/main", "refs/heads/a", "refs/heads/d", "refs/heads/d/x", "refs/tags/t", "refs/heads/link",
    ].map { RefName(unchecked: Array($0.utf8)) }

    /// The branch that HEAD names.
    static let main = 0
    static let other = 1
    static let directory = 2
    static let below = 3
    static let tag = 4
    /// The symbolic reference.
    static let link = 5

    static let slots: [RefName: Int] = Dictionary(uniqueKeysWithValues: zip(names, names.indices))

    /// The slot that cannot hold anything as long as `slot` does.
    static func excluded(by slot: Int) -> Int? {
        switch slot {
        case directory: below
        case below: directory
        default: nil
        }
    }

    private static let mark: UInt64 = 0x5374_7261_7461_0000
    private static let targets = Array("refs/nowhere/".utf8)

    /// The object id that is `number`.
    func id(_ number: Int) -> ObjectID {
        ObjectID(algorithm: algorithm, words: (UInt64(number), Self.mark, 0, 0))
    }

    /// The name that a symbolic reference leads to when it holds `number`: nothing is ever there.
    func target(_ number: Int) -> RefName { RefName(unchecked: Self.targets + Array(String(number).utf8)) }

    func number(of id: ObjectID) -> Int? {
        if id.isZero { return 0 }
        guard id.word1 == Self.mark, id.word2 == 0, id.word3 == 0 else { return nil }
        return Int(exactly: id.word0)
    }

    /// The number that is `value`; nil for one that no history writes.
    func number(of value: RefValue?) -> Int? {
        switch value {
        case nil: return 0
        case .object(let id, _): return id.isZero ? nil : number(of: id)
        case .symbolic(let target):
            guard target.starts(with: Self.targets) else { return nil }
            return Int(String(decoding: target.dropFirst(Self.targets.count), as: UTF8.self))
        case .broken: return nil
        }
    }

    static func text(_ number: Int) -> String { number == 0 ? "nothing" : "#\(number)" }
}

/// A lookup in which every object is a commit.
struct EveryCommit: ObjectLookup {
    let algorithm: HashAlgorithm

    func contains(_ id: ObjectID) throws(ObjectError) -> Bool { true }
    func header(of id: ObjectID) throws(ObjectError) -> ObjectHeader? { ObjectHeader(kind: .commit, size: 0) }
    func tagTarget(of id: ObjectID) throws(ObjectError) -> TypedObjectID? { nil }
}
