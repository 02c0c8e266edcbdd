import StrataModel
import StrataRefs

/// The records of references.
extension LMDBCheckRun {
    func checkRefs(_ tree: LMDBTree) {
        var family = LMDBRefFamily()
        var known: Set<UInt32> = [LMDBScopes.shared]
        known.formUnion(worktrees.keys)
        unsafe walk(tree, TreeKind(name: "refs")) { record in
            unsafe visit?("refs", record.key, record.value)
            guard let metadata else { return }
            let (key, page) = unsafe (record.key, record.page)
            guard key.count > 4 else {
                return unsafe report.add(.damage, page: page, name: Array(key), "it is no reference's key")
            }
            let scope: UInt32 = unsafe key.number(at: 0)
            if known.insert(scope).inserted {
                report.add(.damage, page: page, "references of a worktree with number \(scope), which none has")
            }
            let name = unsafe Array(key[4...])
            guard unsafe LMDBRefKey.isLong(key) else {
                if name.count > LMDBRefKey.nameLimit {
                    report.add(.damage, page: page, name: name, "it is too long for a key")
                }
                let judged = unsafe judge(record.value, name, page, metadata)
                if judged { take(name, scope, page, &family) }
                return
            }
            do throws(LMDBFailure) {
                let names = unsafe try LMDBLongNames(record.value)
                if names.entries.isEmpty {
                    report.add(.damage, page: page, name: name.dropLast(), "a record of no long names")
                }
                for entry in names.entries {
                    let whole = name.dropLast() + entry.suffix
                    let judged = unsafe entry.record.withUnsafeBytes { unsafe judge($0, whole, page, metadata) }
                    if judged { take(whole, scope, page, &family) }
                }
            } catch {
                report.add(.damage, page: page, name: name.dropLast(), "\(error)")
            }
        }
    }

    private func take(_ name: [UInt8], _ scope: UInt32, _ page: UInt64, _ family: inout LMDBRefFamily) {
        report.references += 1
        if let parent = family.parent(of: name, scope) {
            report.add(
                .damage, page: page, name: name, "it exists, and so does '\(String(decoding: parent, as: UTF8.self))'")
        }
    }

    /// - Returns: whether there is such a reference.
    private func judge(_ bytes: UnsafeRawBufferPointer, _ name: [UInt8], _ page: UInt64, _ metadata: LMDBMetadata)
        -> Bool
    {
        func add(_ severity: LMDBCheckReport.Severity, _ text: String) {
            report.add(severity, page: page, name: name, text)
        }
        let record: LMDBRefRecord
        do throws(LMDBFailure) {
            record = unsafe try LMDBRefRecord(bytes, metadata.algorithm)
        } catch {
            add(.damage, "\(error)")
            return false
        }
        if name.count > LMDBRefKey.longNameLimit { add(.damage, "a name of \(name.count) bytes") }
        let refName = RefName(tolerating: name)
        if refName == nil { add(.damage, "it is no safe name of a reference") }
        if let refName, record.isBadName != (record.kind != .none && !refName.isWellFormed) {
            add(.damage, record.isBadName ? "it is said to be malformed" : "it is malformed and not said to be")
        }
        if let log = record.log {
            report.reflogs += 1
            if log == 0 || log >= metadata.nextLog {
                add(.damage, "it has reflog \(log), and the next is to get \(metadata.nextLog)")
            }
            if !logs.insert(log).inserted { add(.damage, "it has reflog \(log), which another has too") }
        }
        switch record.stored {
        case nil where record.kind == .none: if record.log == nil { add(.damage, "a record of nothing") }
        case nil: add(.damage, "it has no value")
        case .symbolic(let target):
            if (try? RefName(bytes: target)) == nil { add(.warning, "it points to what is no name of a reference") }
        case .object(let id, _): if id.isZero { add(.warning, "it holds an object id of zeros") }
        case .broken: break
        }
        return record.kind != .none
    }
}

/// Finds references of which one is the directory of another, among names in order.
struct LMDBRefFamily {
    private var scope: UInt32 = 0
    /// The names before that the last one begins with, and itself.
    private var beginnings: [[UInt8]] = []

    /// The reference in whose place `name` needs a directory.
    mutating func parent(of name: [UInt8], _ scope: UInt32) -> [UInt8]? {
        if scope != self.scope { beginnings = [] }
        self.scope = scope
        while let last = beginnings.last, !name.starts(with: last) { beginnings.removeLast() }
        defer { beginnings.append(name) }
        return beginnings.last { $0.count < name.count && name[$0.count] == UInt8(ascii: "/") }
    }
}
