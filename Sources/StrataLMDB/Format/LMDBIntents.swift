import CLMDB
import StrataIO
import StrataRefs
import SystemPackage

/// The intents that the environment's commits have decided over: records of the unnamed database under `intent/<id>`:
///
///     1   durability  that of the intent: 0 none, 1 data, 2 full
///     16  journal     what tells the intent's journal from others
///
/// A record is there as long as its intent, and then until the next such commit of the same journal.
enum LMDBIntents {
    private static let prefix = Array("intent/".utf8)
    static let byteCount = 17
    /// The longest id that can be kept.
    private static let idLimit = 500

    struct Decided {
        let id: [UInt8]
        /// nil = none that this version knows.
        let durability: Durability?
        let journal: [UInt8]
    }

    static func key(_ id: [UInt8]) -> [UInt8] { prefix + id }

    /// The intent whose key `key` is; nil = it is none's.
    static func id(of key: [UInt8]) -> [UInt8]? { key.starts(with: prefix) ? Array(key[prefix.count...]) : nil }

    /// What a record says; nil = it is malformed.
    static func decided(_ id: [UInt8], _ record: UnsafeRawBufferPointer) -> Decided? {
        guard record.count == byteCount else { return nil }
        return unsafe Decided(id: id, durability: Durability(rawValue: record[0]), journal: Array(record[1...]))
    }

    static func contains(_ id: [UInt8], in transaction: LMDBReadTransaction) throws(RefError) -> Bool {
        guard id.count <= idLimit else { return false }
        let key = key(id)
        return try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
            unsafe try transaction.get(transaction.environment.handle.main, strata_lmdb_key(bytes)) != nil
        }
    }

    /// All that stand in a state.
    static func all(in transaction: LMDBReadTransaction) throws(RefError) -> [Decided] {
        let environment = transaction.environment
        let walk = try LMDBRecordWalk(transaction, environment.handle.main)
        try unsafe prefix.span.withUnsafeBytes { bytes throws(RefError) in unsafe try walk.seek(strata_lmdb_key(bytes))
        }
        var all: [Decided] = []
        while let found = unsafe try walk.next() {
            let key = unsafe Array(UnsafeRawBufferPointer(start: found.key, count: found.key_count))
            guard let id = id(of: key) else { break }
            guard let one = unsafe decided(id, UnsafeRawBufferPointer(start: found.value, count: found.value_count))
            else {
                throw LMDBFailure.damaged("the record of an intent has \(unsafe found.value_count) bytes").error(
                    at: environment.directory.string)
            }
            all.append(one)
        }
        try environment.check(0)
        return all
    }

    /// Those that are needed no more when `entries` are decided over: their intents have gone.
    static func forgettable(
        besides entries: [any RefJournalEntry], in environment: LMDBEnvironment
    ) throws(RefError) -> [[UInt8]] {
        let all = try all(in: environment.read())
        var gone: [[UInt8]] = []
        for entry in entries {
            let own = all.filter { $0.journal == entry.journalID }
            if own.isEmpty { continue }
            // Where losing power may bring an intent back that nothing then decides over.
            let durably = own.contains { $0.durability != Durability.none }
            gone += try entry.gone(own.map(\.id), durably: durably)
        }
        return gone
    }

    static func record(_ entry: any RefJournalEntry, in writer: LMDBWriter) throws(RefError) {
        guard entry.id.count <= idLimit, entry.journalID.count == byteCount - 1 else {
            throw RefError(.invalid, "an intent whose id cannot be kept")
        }
        let key = key(entry.id)
        try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
            unsafe try writer.put(writer.main, strata_lmdb_key(bytes), [entry.durability.rawValue] + entry.journalID)
        }
    }

    static func forget(_ id: [UInt8], in writer: LMDBWriter) throws(RefError) {
        let key = key(id)
        try unsafe key.span.withUnsafeBytes { bytes throws(RefError) in
            unsafe try writer.delete(writer.main, strata_lmdb_key(bytes))
        }
    }
}
