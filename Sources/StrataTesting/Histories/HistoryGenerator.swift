import StrataModel
import StrataRefs

/// Makes random histories over a few names that get in each other's way: HEAD and its branch, directories and files.
struct HistoryGenerator {
    private var numbers: SeededNumbers
    private let names: [RefName]
    private let capabilities: RefStoreCapabilities
    private let letters: Letters
    private let hasTwoHandles: Bool
    private let hasUpkeep: Bool

    private static let allNames: [RefName] =
        [
            "HEAD", "ORIG_HEAD", "refs/bisect/bad", "refs/heads/a", "refs/heads/a-b", "refs/heads/a/b", "refs/heads/c",
            "refs/heads/c/d/e", "refs/heads/main", "refs/remotes/o/x", "refs/tags/t",
        ].map { ref($0) } + [ref(Array("refs/heads/".utf8) + [0xe9])]

    /// The names that histories on the store of `trial` are about.
    static func names(_ trial: Trial) -> [RefName] { allNames.filter(trial.keeps) }

    init(_ trial: Trial, seed: UInt64) {
        numbers = SeededNumbers(seed: seed)
        names = Self.names(trial)
        capabilities = trial.capabilities
        letters = trial.letters
        hasTwoHandles = trial.hasTwoHandles
        hasUpkeep = trial.upkeep != nil
    }

    mutating func history(_ count: Int) -> [HistoryStep] {
        var steps: [HistoryStep] = []
        if let branch = names.first(where: \.isBranch), names.contains(.head), capabilities.contains(.symbolicRefs) {
            steps.append(
                .transact(
                    RefTransaction([
                        .symbolic(.head, to: names.contains(ref("refs/heads/main")) ? ref("refs/heads/main") : branch)
                    ]),
                    .never, refusing: nil, throughWriter: true))
        }
        while steps.count < count { steps.append(step()) }
        return steps
    }

    private mutating func step() -> HistoryStep {
        let hasLogs = capabilities.contains(.reflogs)
        let canWrite = capabilities.contains(.writes)
        switch numbers.below(20) {
        case 0: return .keepSnapshot
        case 1: return .checkSnapshots
        case 2 where hasUpkeep: return .upkeep
        case 2, 3, 4: return .walk((0..<numbers.below(4) + 1).map { _ in walk() })
        case 5 where hasLogs && canWrite:
            return .expire(numbers.pick(names), every: numbers.below(3) + 1, rewrite: numbers.oneIn(2))
        case 6 where hasLogs && canWrite: return .makeLog(numbers.pick(names))
        case 7 where hasLogs && canWrite: return .dropLog(numbers.pick(names))
        case 8 where canWrite: return .abandon(transaction())
        case 9 where canWrite:
            return .submit((0..<numbers.below(3) + 1).map { _ in transaction() }, policy())
        default:
            let refusing: RefTransactionPhase? = numbers.oneIn(12) ? numbers.pick(RefTransactionPhase.allCases) : nil
            return .transact(
                transaction(), policy(), refusing: refusing,
                throughWriter: !canWrite || (hasTwoHandles && numbers.oneIn(2)))
        }
    }

    private mutating func policy() -> ReflogPolicy {
        capabilities.contains(.reflogs) ? numbers.pick([.never, .standard, .always]) : .never
    }

    private mutating func transaction() -> RefTransaction {
        let mode: RefTransaction.Mode = numbers.oneIn(2) ? .atomic : .batched
        var edits: [RefEdit] = []
        var chosen: [RefName] = []
        for name in names.shuffled(using: &numbers).prefix(numbers.below(4) + 1) {
            // Which of two new names that exclude each other a batch rejects may depend on the store.
            let isInTheWay = chosen.contains { $0.isParent(of: name) || name.isParent(of: $0) }
            if mode == .batched && isInTheWay { continue }
            chosen.append(name)
            edits.append(edit(of: name))
        }
        if numbers.oneIn(25), let twice = edits.first { edits.append(twice) }
        return RefTransaction(edits, mode: mode)
    }

    private mutating func edit(of name: RefName) -> RefEdit {
        let id = letters.id(numbers.pick(Array("abc")))
        var change: RefEdit.Change = .write(.object(id))
        switch numbers.below(12) {
        case 0, 1, 2: change = .delete
        case 3: change = .verify
        case 4, 5: if capabilities.contains(.symbolicRefs) { change = .write(.symbolic(numbers.pick(names))) }
        case 6:
            if capabilities.contains(.reflogs) { change = .log(old: letters.id("a"), new: id) }
        default: break
        }
        let other = letters.id(numbers.pick(Array("abc")))
        var expected: [ExpectedRefValue] = [
            .any, .any, .any, .any, .mustExist, .mustNotExist, .object(other), .object(.zero(letters.algorithm)),
            .objectIfExists(other),
        ]
        if capabilities.contains(.symbolicRefs) { expected.append(.symbolic(numbers.pick(names))) }
        var edit = RefEdit(
            name, change, expecting: numbers.pick(expected), followsSymbolic: !numbers.oneIn(3),
            message: Array("m\(numbers.below(9))".utf8))
        if capabilities.contains(.reflogs), numbers.oneIn(5) { edit.logging = numbers.pick([.force, .none]) }
        return edit
    }

    private mutating func walk() -> HistoryStep.Walk {
        func cut(_ name: RefName, _ numbers: inout SeededNumbers) -> [UInt8] {
            Array(name.bytes.prefix(numbers.below(name.bytes.count + 1)))
        }
        var scope = RefScope(prefix: numbers.oneIn(3) ? [] : cut(numbers.pick(names), &numbers))
        if numbers.oneIn(3) { scope.lowerBound = cut(numbers.pick(names), &numbers) }
        if numbers.oneIn(3) { scope.start(after: numbers.pick(names).bytes) }
        if numbers.oneIn(3) {
            scope.exclude((0..<numbers.below(3)).map { _ in cut(numbers.pick(names), &numbers) })
        }
        return HistoryStep.Walk(scope: scope, count: numbers.oneIn(3) ? numbers.below(4) : 99)
    }
}

extension RefName {
    fileprivate func isParent(of other: RefName) -> Bool { other.bytes.starts(with: bytes + [UInt8(ascii: "/")]) }
}
