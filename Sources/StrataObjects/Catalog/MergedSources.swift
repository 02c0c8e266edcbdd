import StrataIO
import StrataModel

/// A merged table of some of the sources of a snapshot, and the sources that are not in it.
final class MergedSources: Sendable {
    let index: MergedIndex
    /// The sources whose tables were merged, in the same order.
    private let sources: [IndexSource]
    /// Whether each is still listed.
    private let isListed: [Bool]
    /// What has been listed since, and what could not be loaded.
    let others: [IndexSource]

    /// Merges what can be loaded of `sources`; nil when there is too much for one table.
    init?(_ sources: [IndexSource]) {
        var merged: [IndexSource] = []
        var tables: [IndexTable] = []
        var others: [IndexSource] = []
        for source in sources {
            if let table = try? source.table() {
                merged.append(source)
                tables.append(table)
            } else {
                others.append(source)
            }
        }
        guard let index = MergedIndex(tables), tables.allSatisfy({ (try? $0.checkWhole()) != nil }) else { return nil }
        self.index = index
        self.sources = merged
        self.others = others
        isListed = Array(repeating: true, count: merged.count)
        isComplete = others.isEmpty
    }

    private init(_ old: MergedSources, isListed: [Bool], others: [IndexSource]) {
        index = old.index
        sources = old.sources
        self.isListed = isListed
        self.others = others
        isComplete = others.isEmpty && isListed.allSatisfy { $0 }
    }

    /// The same table for another list of sources; nil when it has too little of them.
    func keeping(_ sources: [IndexSource]) -> MergedSources? {
        let listed = Set(sources.map(ObjectIdentifier.init))
        let old = Set(self.sources.map(ObjectIdentifier.init))
        let others = sources.filter { !old.contains(ObjectIdentifier($0)) }
        let isListed = self.sources.map { listed.contains(ObjectIdentifier($0)) }
        let live = zip(index.tables, isListed).reduce(0) { $0 + ($1.1 ? $1.0.count : 0) }
        guard others.count <= 8, live >= index.count / 2 else { return nil }
        return MergedSources(self, isListed: isListed, others: others)
    }

    /// Whether every source of the list is in the table, and nothing else.
    let isComplete: Bool

    /// The first answer that a copy of the object gives.
    @inline(__always)
    func search<Answer>(
        _ id: ObjectID, _ search: inout CatalogSnapshot.Search,
        _ body: (IndexPlace) throws(ObjectError) -> Answer?
    ) -> Answer? {
        // What is not in the table is newer.
        for place in others.indices {
            let answer = others.lend(place) { source in CatalogSnapshot.look(in: source, id, &search, body) }
            if let answer { return answer }
        }
        for place in index.candidates(id) {
            let (number, position) = index.source(at: place)
            guard isListed[number] else { continue }
            let answer = index.tables.lend(number) { table in
                Self.look(in: table, position, id, &search, body)
            }
            if let answer { return answer }
        }
        return nil
    }

    /// Looks at what a table has at a position.
    @inline(__always)
    private static func look<Answer>(
        in table: IndexTable, _ position: Int, _ id: ObjectID, _ search: inout CatalogSnapshot.Search,
        _ body: (IndexPlace) throws(ObjectError) -> Answer?
    ) -> Answer? {
        do throws(ObjectError) {
            let isIt = table.id(at: position) == id
            // Were the file cut off, the id would read as zeros.
            try table.checkWhole()
            guard isIt else { return nil }
            if let answer = try body(IndexPlace(table: table, position: position)) { return answer }
            search.hasVanished = true
        } catch {
            search.failure = search.failure ?? error
        }
        return nil
    }
}
