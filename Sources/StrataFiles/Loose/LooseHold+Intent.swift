import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

extension LooseHold {
    /// Plain locks go with the values that they publish: nothing would protect the names until an intent is made good.
    var journal: (any RefJournal)? {
        guard let intents = store.intents, store.intentDirectory != nil else { return nil }
        return entries.values.allSatisfy { $0.lock.isRecoverable } ? intents : nil
    }

    func stepCount() throws(RefError) -> Int {
        var count = 0
        for edit in staged {
            switch edit.action {
            case .keep: break
            case .write: count += 1
            case .delete:
                if entries[edit.name]?.value != nil { count += 1 }
                if try logStat(edit.name) != nil { count += 1 }
            }
        }
        return count
    }

    func intentPart() throws(RefError) -> [UInt8] { try intentPart(packing: [:]) }

    /// The steps of what is staged. The values of `packing` go into `packed-refs`, though this hold leaves them alone.
    func intentPart(packing: [RefName: RefValue]) throws(RefError) -> [UInt8] {
        guard let directory = store.intentDirectory else {
            throw RefError(.invalid, "\(FilePath(bytes: store.names.root)) is not below the common directory")
        }
        // Several edits may be of one reference, one of which changes its value.
        var packing = packing
        var lengths: [RefName: Int] = [:]
        var steps: [RefIntent.Step] = []
        steps.reserveCapacity(staged.count)
        for edit in staged {
            var step = RefIntent.Step(directory: directory, name: edit.name, old: edit.old, action: .keep)
            switch edit.action {
            case .keep: if let value = packing.removeValue(forKey: edit.name) { step.action = .pack(value) }
            case .write(let value): step.action = .write(value)
            case .delete: step.action = .delete
            }
            if let line = edit.reflog {
                let before: Int? =
                    if let known = lengths[edit.name] { known } else { try logStat(edit.name).map { Int($0.size) } }
                if before != nil || edit.createsReflog {
                    let bytes = ReflogLine.bytes(of: line)
                    step.log = RefIntent.Log(offset: before ?? 0, line: bytes)
                    lengths[edit.name] = (before ?? 0) + bytes.count
                }
            }
            steps.append(step)
        }
        return RefIntentCoding.encode(store.hashAlgorithm, steps)
    }

    /// The reflog's file; nil where there is none.
    private func logStat(_ name: RefName) throws(RefError) -> FileStat? {
        let path = store.logs.writer.directory.path(name.bytes)
        do throws(FileError) {
            guard let stat = try FileStat.stat(path), stat.kind == .regular else { return nil }
            return stat
        } catch {
            throw RefError(.unavailable, "\(error)", reference: name, path: path.string, cause: error)
        }
    }
}
