import Glibc
import StrataIO
import StrataModel
import StrataRefs

/// What the threads of one concurrent history do.
struct HistoryScript: Sendable {
    /// Where the random choices begin.
    let seed: UInt64
    /// The references that are worked on.
    let slots: [Int]
    /// How many of a hundred changes are of several references at once.
    let togetherPercent: Int
    /// Whether HEAD is a symbolic reference to the main branch, and may be written through.
    let hasHead: Bool
    let values: HistoryValues
    let context: RefTransactionContext

    /// The script of history `number`: by turns of one reference, of several at once, of names that exclude each other, and of all.
    init(_ number: Int, _ options: RefStoreCheckOptions, _ store: any RefStore) {
        seed = options.seed &+ UInt64(number) &* 0x9e37_79b9
        let capabilities = store.capabilities
        let hasLinks = capabilities.contains(.symbolicRefs)
        hasHead =
            hasLinks && capabilities.contains(.perWorktreeRefs) && options.keeps(.head)
            && options.keeps(HistoryValues.names[HistoryValues.main])
        values = HistoryValues(algorithm: store.hashAlgorithm)
        let turn = Self.turns[number % Self.turns.count]
        let kept = HistoryValues.names.indices.filter {
            options.keeps(HistoryValues.names[$0]) && ($0 != HistoryValues.link || hasLinks)
        }
        let wanted = kept.filter(turn.slots.contains)
        slots = wanted.isEmpty ? kept : wanted
        togetherPercent = turn.togetherPercent
        let signature = Signature(
            name: Array("T".utf8), email: Array("t@example.com".utf8), seconds: 1, offsetMinutes: 0)
        context = RefTransactionContext(
            objects: EveryCommit(algorithm: store.hashAlgorithm),
            reflogs: store.capabilities.contains(.reflogs) ? .always : .never,
            deadline: nil, durability: Durability.none
        ) { () throws(RefError) in signature }
    }

    /// The references of a history, and how many of a hundred changes are of several.
    private static let turns: [(slots: [Int], togetherPercent: Int)] = [
        ([HistoryValues.main], 0), ([HistoryValues.main, HistoryValues.other, HistoryValues.tag], 80),
        ([HistoryValues.directory, HistoryValues.below], 0), (Array(HistoryValues.names.indices), 40),
    ]

    /// The references that are there in the beginning.
    static let first = [HistoryValues.main, HistoryValues.other, HistoryValues.tag]

    /// Makes the references that are there in the beginning.
    ///
    /// - Returns: what the slots hold then.
    func begin(in store: any RefStore) throws(RefError) -> [Int] {
        var initial = Array(repeating: 0, count: HistoryValues.names.count)
        var edits: [RefEdit] = []
        for (index, slot) in Self.first.enumerated() where slots.contains(slot) {
            initial[slot] = index + 1
            edits.append(.create(HistoryValues.names[slot], at: values.id(index + 1)))
        }
        if hasHead { try store.commit(RefTransaction([.symbolic(.head, to: HistoryValues.names[0])]), context) }
        if !edits.isEmpty { try store.commit(RefTransaction(edits), context) }
        return initial
    }

    /// Lets others work for a little while.
    static func pause() { usleep(200) }
}
