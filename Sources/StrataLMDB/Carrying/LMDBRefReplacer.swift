import StrataIO
package import StrataModel
package import StrataRefs

/// Replaces references of an environment, and their reflogs, by what is carried: single ones, in one commit.
package final class LMDBRefReplacer: RefCarrier {
    private struct Item {
        let worktree: [UInt8]?
        let name: RefName
        var ref: CarriedRef?
        var lines: [[UInt8]] = []
    }

    private let environment: LMDBEnvironment
    private var items: [Item] = []

    package init(_ environment: LMDBEnvironment) { self.environment = environment }

    /// What is carried next is `name` of a linked worktree, or with nil of what is shared; nothing = it goes.
    package func begin(_ worktree: [UInt8]?, _ name: RefName) { items.append(Item(worktree: worktree, name: name)) }

    package func begin(_ worktree: [UInt8]?) throws(RefError) {}

    package func add(_ ref: CarriedRef) throws(RefError) {
        guard let last = items.indices.last, items[last].name == ref.name else {
            throw RefError(.invalid, "a reference is carried that nobody has asked for", reference: ref.name)
        }
        items[last].ref = ref
    }

    package func add(line: [UInt8]) throws(RefError) {
        if let last = items.indices.last { items[last].lines.append(line) }
    }

    /// Writes all that was carried.
    package func finish() throws(RefError) {
        if items.isEmpty { return }
        let (items, environment) = (items, environment)
        try environment.write(.none, until: .after(milliseconds: 10_000)) { writer throws(RefError) in
            for item in items {
                let refs = LMDBRefWriter(writer, LMDBRefStore(environment, worktree: item.worktree))
                try refs.deleteLog(item.name)
                guard let ref = item.ref else {
                    try refs.remove(item.name)
                    continue
                }
                let log = ref.hasLog ? try writer.makeLogNumber() : nil
                try refs.carry(ref.name, ref.value, ref.content, log: log)
                guard let log else { continue }
                let logs = LMDBLogWriter(writer)
                for (index, line) in item.lines.enumerated() {
                    let record = LMDBLogLine.bytes(ofLine: line.dropLast(), environment.hashAlgorithm)
                    try logs.append(record, to: log, isNew: index == 0)
                }
            }
        }
    }
}
