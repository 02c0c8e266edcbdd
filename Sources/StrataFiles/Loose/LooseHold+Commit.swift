import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

extension LooseHold {
    func commit() throws(RefError) { try commitTogether([self]) }

    func publish(alone: Bool) throws(RefError) { try publish(alone: alone) { () throws(RefError) in } }

    func stage(_ edits: [ResolvedRefEdit], durability: Durability?) throws(RefError) {
        if let durability { self.durability = durability }
        if self.durability == .full, let edit = edits.first, let entry = entries[edit.name] {
            // The directories that are synced at the end have the locks in them.
            do throws(FileError) { try entry.lock.makeOwnerDurable() } catch {
                throw failure(edit.name, error.description, error)
            }
        }
        for edit in edits {
            guard let entry = entries[edit.name] else {
                throw RefError(.invalid, "reference '\(edit.name)' is not held", reference: edit.name)
            }
            guard case .write(let value) = edit.action else { continue }
            guard let bytes = LooseRefContent.bytes(of: value) else {
                throw RefError(.invalid, "a broken value cannot be written", reference: edit.name)
            }
            do throws(FileError) {
                try entry.lock.stage(bytes, durability: self.durability == .none ? .none : .data)
            } catch {
                throw failure(edit.name, "couldn't write '\(store.names.text(edit.name)).lock'", error)
            }
        }
        staged += edits
    }

    /// The order is git's (`files_transaction_finish`): lines and values in the order of the edits, then deletions, reflogs
    /// before values, so that no moment shows a live reference gone or an old value back. Unlike git's, all lines come before
    /// the first value: what takes space comes before what is seen, and taking a line back needs none.
    ///
    /// `beforeDeleting` does what must be visible before loose files go: git deletes from `packed-refs` there.
    func publish(alone: Bool = true, beforeDeleting: () throws(RefError) -> Void) throws(RefError) {
        guard isOpen else { throw RefError(.invalid, "these references are held no longer") }
        // The only change of a transaction is the last that can fail, but for syncing directories.
        let undo = LooseUndo(self, keepsPrevious: staged.count > 1 || !alone)
        self.undo = undo
        do throws(RefError) {
            for edit in staged { try appendLine(edit, undo) }
            for edit in staged { try publish(edit, undo) }
            var logsLeft: [RefName] = []
            for name in deleted {
                do throws(FileError) {
                    let mayKeep = entries[name]?.lock.isRecoverable == true
                    let isDeleted = mayKeep ? try undo.deletedLogs.delete(name.bytes) : false
                    toSync.append(logs.directory.path(name.bytes))
                    if !isDeleted { logsLeft.append(name) }
                } catch {
                    throw failure(name, "unable to unlink '\(logs.directory.text(name))': \(error.errno)", error)
                }
            }
            // It may fail with its work done.
            if let undoElsewhere { undo.add(.elsewhere(undoElsewhere)) }
            try beforeDeleting()
            for name in deleted {
                if let entry = entries[name], entry.value != nil {
                    undo.add(.value(name, new: nil))
                    if undo.keepsPrevious { entry.lock.keepPrevious() }
                }
                try unlink(name)
            }
            for name in logsLeft { _ = try? Disk.unlinkIfPresent(logs.directory.path(name.bytes)) }
            if durability == .full { try syncDirectories() }
        } catch {
            throw error.afterUndoing(retract())
        }
    }

    func retract() -> [String] {
        let failures = undo?.run() ?? []
        undo = nil
        return failures
    }

    func conclude() {
        let deleted = deleted
        abort()
        for name in deleted {
            store.names.removeEmptyParents(of: name)
            logs.directory.removeEmptyParents(of: name)
        }
    }

    /// The names whose deletion is staged.
    private var deleted: [RefName] {
        staged.compactMap { edit in
            if case .delete = edit.action { return edit.name }
            return nil
        }
    }

    private var logs: ReflogWriter { store.logs.writer }

    private func appendLine(_ edit: ResolvedRefEdit, _ undo: LooseUndo) throws(RefError) {
        guard let line = edit.reflog else { return }
        let bytes = ReflogLine.bytes(of: line)
        if let mark = try logs.append(bytes, to: edit.name, creates: edit.createsReflog, durability: durability) {
            undo.add(.log(edit.name, mark))
            if mark.length == nil { toSync += mark.made + [mark.path] }
        }
    }

    private func publish(_ edit: ResolvedRefEdit, _ undo: LooseUndo) throws(RefError) {
        guard case .write(let value) = edit.action, let entry = entries[edit.name] else { return }
        undo.add(.value(edit.name, new: value))
        if entry.value != nil, undo.keepsPrevious { entry.lock.keepPrevious() }
        let path = store.names.path(edit.name.bytes)
        do throws(FileError) {
            do throws(FileError) {
                try entry.lock.publish()
            } catch {
                // A directory left behind by references deleted meanwhile, if it is empty.
                guard error.errno == .isDirectory, NamedDirectory.removeEmptyTree(path) else { throw error }
                try entry.lock.publish()
            }
        } catch {
            throw failure(edit.name, "couldn't set '\(edit.name)': \(error.errno)", error)
        }
    }

    /// Deletes the loose file of `name`, if there is one.
    func unlink(_ name: RefName) throws(RefError) {
        do throws(FileError) {
            try Disk.unlinkIfPresent(store.names.path(name.bytes))
        } catch {
            guard error.errno == .isDirectory else {
                throw failure(name, "unable to unlink '\(store.names.text(name))': \(error.errno)", error)
            }
        }
    }

    /// Makes what was renamed, made and deleted last through a loss of power.
    private func syncDirectories() throws(RefError) {
        for edit in staged {
            if case .keep = edit.action { continue }
            toSync += made + [store.names.path(edit.name.bytes)]
        }
        do throws(FileError) { try Disk.syncDirectories(of: toSync) } catch {
            throw RefError(.unavailable, error.description, path: error.path.string, cause: error)
        }
    }

    private func failure(_ name: RefName, _ text: String, _ cause: FileError) -> RefError {
        RefError(.unavailable, text, reference: name, path: store.names.text(name), cause: cause)
    }
}
