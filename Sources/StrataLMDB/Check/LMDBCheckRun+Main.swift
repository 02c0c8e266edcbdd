import StrataModel
import StrataRefs

/// The unnamed database: the record of the environment, the numbers and tokens of worktrees, intents, and the named databases.
extension LMDBCheckRun {
    func checkMain() -> (refs: LMDBTree?, logs: LMDBTree?) {
        var trees: [[UInt8]: LMDBTree] = [:]
        var (hasMetadata, numbers) = (false, [(number: [UInt8], id: [UInt8], page: UInt64)]())
        var tokens: [(id: [UInt8], page: UInt64)] = []
        unsafe walk(meta.main, TreeKind(name: "unnamed database", hasTrees: true)) { record in
            let (key, page) = unsafe (Array(record.key), record.page)
            if unsafe record.isTree {
                guard unsafe record.value.count == LMDBTree.byteCount else {
                    return report.add(.damage, page: page, name: key, "the record of a database has a wrong length")
                }
                trees[key] = unsafe LMDBTree(RawSpan(_unsafeBytes: record.value))
            } else if key == LMDBMetadata.key {
                hasMetadata = true
                do throws(LMDBFailure) {
                    metadata = unsafe try LMDBMetadata(record.value)
                } catch {
                    report.add(.damage, page: page, name: key, "\(error)")
                }
            } else if let id = LMDBScopes.id(of: key) {
                unsafe numbers.append((Array(record.value), id, page))
            } else if let id = LMDBToken.id(of: key) {
                tokens.append((id, page))
                if unsafe record.value.count != LMDBToken.byteCount {
                    unsafe report.add(
                        .damage, page: page, name: id, "the token of a worktree has \(record.value.count) bytes")
                }
            } else if let id = LMDBIntents.id(of: key) {
                if unsafe LMDBIntents.decided(id, record.value) == nil {
                    unsafe report.add(
                        .damage, page: page, name: key, "the record of an intent has \(record.value.count) bytes")
                }
            } else {
                report.add(.warning, page: page, name: key, "a record that this version does not know")
            }
        }
        if !hasMetadata, !hasEnded {
            report.add(.damage, "there is no record '\(String(decoding: LMDBMetadata.key, as: UTF8.self))'")
        }
        for (number, id, page) in numbers {
            if let flaw = take(number, of: id) { report.add(.damage, page: page, name: id, flaw) }
        }
        let known = Set(numbers.map(\.id))
        for (id, page) in tokens where !known.contains(id) && !hasEnded {
            report.add(.damage, page: page, name: id, "the token of a worktree that has no number")
        }
        let (refs, logs) = (
            trees.removeValue(forKey: Array("refs".utf8)), trees.removeValue(forKey: Array("logs".utf8))
        )
        for name in trees.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            report.add(.warning, name: name, "a database that this version does not know, whose pages count as lost")
        }
        if refs == nil, !hasEnded { report.add(.damage, "there is no database 'refs'") }
        if logs == nil, !hasEnded { report.add(.damage, "there is no database 'logs'") }
        return (refs, logs)
    }

    /// Notes the number of a worktree. - Returns: what is wrong with it.
    private func take(_ bytes: [UInt8], of id: [UInt8]) -> String? {
        guard bytes.count == 4 else { return "the number of a worktree has \(bytes.count) bytes" }
        let number: UInt32 = unsafe bytes.withUnsafeBytes { unsafe $0.number(at: 0) }
        if let metadata, number == 0 || number >= metadata.nextScope {
            return "a worktree has number \(number), and the next is to get \(metadata.nextScope)"
        }
        if let other = worktrees.updateValue(id, forKey: number) {
            return "it has the number of worktree '\(String(decoding: other, as: UTF8.self))'"
        }
        let isName = !id.isEmpty && id.count <= LMDBScopes.idLimit && !id.contains(0) && !id.contains(UInt8(ascii: "/"))
        return isName ? nil : "it cannot be a worktree's name"
    }
}
