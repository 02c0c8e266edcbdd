public import StrataIO
public import StrataModel
public import StrataRefs

extension FilesRefStore {
    /// Moves loose references into `packed-refs`, while others go on writing. Git's function: `files_optimize`.
    ///
    /// The packed file is replaced whole before the first loose file goes; each loose file is deleted under its own lock, and only if
    /// it still holds what was packed, so an update that comes between stays.
    ///
    /// - Parameter objects: asked whether the references' objects exist (those without are left) and what tags peel to.
    /// - Throws: ``RefError`` when `packed-refs` could not be written; then nothing has changed.
    @discardableResult
    public func packRefs(
        _ options: PackRefsOptions, objects: any ObjectLookup, deadline: Deadline? = nil
    ) throws(RefError) -> PackRefsResult {
        var result = PackRefsResult()
        guard try isPackingRequired(options, objects: objects, &result.broken) else { return result }
        result.broken = []
        let lock = try packed.lock(until: deadline)
        defer { lock.release() }
        let selection = PackRefsSelection(options)
        var changes: [PackedRefChange] = []
        var cursor = try loose.rawSnapshot().cursor(over: .refs)
        while let reference = try cursor.next() {
            guard
                let (id, kind) = try Self.packable(reference, objects, &result.broken), selection.selects(reference)
            else { continue }
            changes.append(PackedRefChange(name: reference.refName, value: try Self.packedValue(id, kind, objects)))
        }
        // Git rewrites the file even when there is nothing to add: that sorts and canonicalises what others wrote.
        try lock.stage(changes, durability: nil)
        try lock.publish(beforeDeletions: options.prunes)
        result.packed = changes.count
        if options.prunes { try prune(changes, lock, until: deadline, &result) }
        return result
    }

    /// Deletes the loose files of what was packed.
    ///
    /// Under `packed-refs.lock`: were it let go, somebody could pack another value meanwhile, and a loose file that holds the first one
    /// again would be deleted in its favour. The lock is let go now and then, as others wait for it, and then looked under again. A
    /// name that is busy stays: waiting for it here would be waiting for who waits for us.
    private func prune(
        _ changes: [PackedRefChange], _ first: PackedRefsLock, until deadline: Deadline?, _ result: inout PackRefsResult
    ) throws(RefError) {
        var lock = first
        defer { lock.release() }
        if let refusal = loose.refusal, !changes.isEmpty { throw refusal }
        var isFirst = true
        var turn = Deadline.after(milliseconds: 100)
        // The last name first, as git: a symbolic link goes before what it leads to.
        for change in changes.reversed() {
            guard case .set(let id, _) = change.value else { continue }
            do throws(RefError) {
                if turn.hasPassed {
                    lock.release()
                    lock = try packed.lock(until: deadline)
                    isFirst = false
                    turn = .after(milliseconds: 100)
                }
                if !isFirst, try lock.snapshot.read(change.name)?.objectID != id { continue }
                if try loose.prune(change.name, ifStill: id, until: .now) { result.pruned += 1 }
            } catch {
                result.problems.append(error)
                if error.code == .locked && error.reference == nil { return }
            }
        }
    }

    /// Whether ``packRefs(_:objects:deadline:)`` with ``PackRefsOptions/isAuto`` would pack. Git's function: `files_optimize_required`.
    public func isPackingRequired(_ options: PackRefsOptions, objects: any ObjectLookup) throws(RefError) -> Bool {
        var broken: [RefName] = []
        return try isPackingRequired(options, objects: objects, &broken)
    }

    private func isPackingRequired(
        _ options: PackRefsOptions, objects: any ObjectLookup, _ broken: inout [RefName]
    ) throws(RefError) -> Bool {
        guard options.isAuto else { return true }
        let limit = PackRefsOptions.autoLimit(packedBytes: try packed.current().byteCount)
        let selection = PackRefsSelection(options)
        var count = 0
        var cursor = try loose.rawSnapshot().cursor(over: .refs)
        while count < limit, let reference = try cursor.next() {
            if try Self.packable(reference, objects, &broken) != nil, selection.selects(reference) { count += 1 }
        }
        return count >= limit
    }

    /// The id of a loose reference that can be packed, whether it is selected or not, and the kind of its object. One whose object is
    /// missing goes to `broken`. Git's function: `should_pack_ref`, without its patterns.
    private static func packable(
        _ reference: RefView, _ objects: any ObjectLookup, _ broken: inout [RefName]
    ) throws(RefError) -> (ObjectID, ObjectKind)? {
        guard PackRefsSelection.isPackable(reference), let id = reference.objectID else { return nil }
        do throws(ObjectError) {
            if let kind = try objects.kind(of: id) { return (id, kind) }
        } catch {
            throw RefError(.unavailable, "cannot read object \(id): \(error)", cause: error)
        }
        broken.append(reference.refName)
        return nil
    }

    /// What `packed-refs` says of `id`, an object of this kind.
    private static func packedValue(
        _ id: ObjectID, _ kind: ObjectKind, _ objects: any ObjectLookup
    ) throws(RefError) -> PackedRefChange.Value {
        do throws(ObjectError) {
            return .set(id, peeled: kind == .tag ? try objects.peel(id)?.id : nil)
        } catch {
            throw RefError(.unavailable, "cannot read object \(id): \(error)", cause: error)
        }
    }
}
