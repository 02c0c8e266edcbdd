import CLMDB
import StrataIO
import StrataModel
package import StrataRefs

/// Fills an environment with references that are carried there, many in one commit.
///
/// They come in order, so that records are added behind the last: pages get full, and nothing is searched for. ``finish()`` must come at the
/// end.
package final class LMDBRefLoader: RefCarrier {
    private enum Item {
        case worktree([UInt8]?)
        case ref(CarriedRef)
        case line([UInt8])
    }

    private let environment: LMDBEnvironment
    private var items: [Item] = []
    private var bytes = 0
    private var state = State()
    /// Told how many references and lines are written, now and then.
    private let progress: (Int) -> Void
    private var written = 0

    /// What goes on from one commit to the next.
    private struct State {
        var worktree: [UInt8]?
        var log: UInt64 = 0
        var line: UInt64 = 0
    }

    /// How much is kept until it is written.
    private static let mostItems = 1 << 17
    private static let mostBytes = 64 << 20

    package init(_ environment: LMDBEnvironment, progress: @escaping (Int) -> Void = { _ in }) {
        self.environment = environment
        self.progress = progress
    }

    package func begin(_ worktree: [UInt8]?) throws(RefError) { try add(.worktree(worktree), 0) }

    package func add(_ ref: CarriedRef) throws(RefError) {
        guard ref.name.bytes.count <= LMDBRefKey.longNameLimit else {
            throw RefError(.invalid, "reference name of \(ref.name.bytes.count) bytes is too long", reference: ref.name)
        }
        try add(.ref(ref), ref.name.bytes.count + ref.content.count)
    }

    package func add(line: [UInt8]) throws(RefError) { try add(.line(line), line.count) }

    private func add(_ item: Item, _ size: Int) throws(RefError) {
        items.append(item)
        bytes += size
        if items.count >= Self.mostItems || bytes >= Self.mostBytes { try write() }
    }

    /// Writes what is not written yet.
    package func finish() throws(RefError) { try write() }

    private func write() throws(RefError) {
        if items.isEmpty { return }
        let (items, start) = (items, state)
        state = try environment.write(.none, until: .after(milliseconds: 10_000)) { writer throws(RefError) in
            // This may run twice, when room has to be made.
            var state = start
            for item in items { try Self.write(item, writer, &state) }
            return state
        }
        written += items.count
        self.items.removeAll(keepingCapacity: true)
        bytes = 0
        progress(written)
    }

    private static func write(_ item: Item, _ writer: LMDBWriter, _ state: inout State) throws(RefError) {
        switch item {
        case .worktree(let id): state.worktree = id
        case .ref(let ref):
            if ref.hasLog {
                state.log = try writer.makeLogNumber()
                state.line = 0
            }
            let scope = try state.worktree.map { id throws(RefError) in try writer.scope(ofWorktree: id) }
            try writer.load(ref, scope ?? LMDBScopes.shared, log: ref.hasLog ? state.log : nil)
        case .line(let line):
            state.line += 1
            let record = LMDBLogLine.bytes(ofLine: line.dropLast(), writer.environment.hashAlgorithm)
            let key = LMDBLogLine.key(state.log, state.line)
            try unsafe key.span.withUnsafeBytes { key throws(RefError) in
                try unsafe writer.append(writer.logs, strata_lmdb_key(key), record)
            }
        }
    }
}

extension LMDBWriter {
    /// Writes the record of a reference that is not there yet.
    fileprivate func load(_ ref: CarriedRef, _ scope: UInt32, log: UInt64?) throws(RefError) {
        buffer.removeAll(keepingCapacity: true)
        LMDBRefRecord.append(ref.value, of: ref.name, log: log, content: ref.content, to: &buffer)
        let record = buffer
        try unsafe LMDBRefKey.with(scope, ref.name.bytes) { key, suffix throws(RefError) in
            guard let suffix else { return try unsafe append(refs, key, record) }
            var names = LMDBLongNames()
            if let found = unsafe try get(refs, key) {
                do throws(LMDBFailure) {
                    names = unsafe try LMDBLongNames(found)
                } catch {
                    throw environment.damage(error, ref.name)
                }
            }
            names[suffix] = record
            unsafe try put(refs, key, names.bytes)
        }
    }

    /// The number of a linked worktree, whose id must be one that can be kept.
    fileprivate func scope(ofWorktree id: [UInt8]) throws(RefError) -> UInt32 {
        guard id.count <= LMDBScopes.idLimit else {
            throw RefError(.invalid, "the name of a worktree is too long")
        }
        return try scope(of: id)
    }
}
