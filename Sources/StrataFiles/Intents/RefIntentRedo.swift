import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// Does the steps of an intent that its dead owner did not come to. To do it twice changes nothing.
///
/// A reference that still holds its old value gets the new one; one that holds the new value is left; one that holds neither has moved
/// on, which cannot be while the owner's locks are there, and is left too.
struct RefIntentRedo {
    private let intent: RefIntent
    private let commonDirectory: FilePath
    private let space: LockSpace
    /// The files that the dead owner's locks are links of.
    private let owners: [FileStat]
    /// Locks that the owner had no more.
    private var taken: [FileLock] = []

    init(_ intent: RefIntent, _ ownerID: String, _ commonDirectory: FilePath, _ space: LockSpace) throws(FileError) {
        self.intent = intent
        self.commonDirectory = commonDirectory
        self.space = space
        owners = try space.ownerFiles(of: ownerID)
    }

    mutating func run() throws {
        defer { for lock in taken { lock.release() } }
        let packs = intent.steps.contains { step in
            switch step.action {
            case .pack, .delete: step.directory.isEmpty
            case .keep, .write: false
            }
        }
        for step in intent.steps { try protect(directory(step).path(step.name.bytes), step) }
        if packs { try protect(packedPath, nil) }
        let states = try intent.steps.map { step in
            step.state(of: try current(step))
        }
        let due = zip(intent.steps, states).filter { $1 != .movedOn }.map(\.0)
        for step in due { try addLine(step) }
        for (step, state) in zip(intent.steps, states) where state == .old {
            if case .write(let value) = step.action { try write(value, step) }
        }
        if packs { try changePacked(zip(intent.steps, states).filter { $1 == .old }.map(\.0)) }
        for step in due where step.action == .delete { try delete(step) }
    }

    private var packedPath: FilePath { commonDirectory.appending("packed-refs") }

    private func directory(_ step: RefIntent.Step) -> NamedDirectory {
        let path = step.directory.isEmpty ? commonDirectory : commonDirectory.appending(bytes: step.directory)
        return NamedDirectory(path, shownAs: nil, mayBeMade: false, sharing: space.sharing)
    }

    private func logs(_ step: RefIntent.Step) -> NamedDirectory {
        let root = step.directory.isEmpty ? commonDirectory : commonDirectory.appending(bytes: step.directory)
        return NamedDirectory(root.appending("logs"), shownAs: nil, mayBeMade: true, sharing: space.sharing)
    }

    /// Sees to it that nobody changes `path`: the dead owner's lock does, or one is taken.
    private mutating func protect(_ path: FilePath, _ step: RefIntent.Step?) throws {
        if taken.contains(where: { $0.path == path }) { return }
        if let stat = try FileStat.lstat(path.sibling(suffix: ".lock")), owners.contains(where: stat.isSameFile) {
            return
        }
        if let step { try makeLeading(directory(step), step) }
        taken.append(try space.acquire(path, until: .after(milliseconds: 1000)))
    }

    private func makeLeading(_ directory: NamedDirectory, _ step: RefIntent.Step) throws(FileError) {
        guard directory.mayBeMade || step.name.bytes.contains(UInt8(ascii: "/")) else { return }
        var made: [FilePath] = []
        try directory.makeLeading(to: step.name.bytes[...], adding: &made)
    }

    private func current(_ step: RefIntent.Step) throws(RefError) -> RefValue? {
        let reader = LooseRefReader(root: directory(step).root, algorithm: intent.algorithm)
        if case .value(let value) = try reader.read(step.name.bytes) { return value }
        return step.directory.isEmpty ? try packed().read(step.name) : nil
    }

    private func packed() throws(RefError) -> PackedRefSnapshot {
        try PackedRefSnapshot(PackedRefsContents(packedPath), intent.algorithm, path: packedPath)
    }

    /// The line is there, or part of it is, or nothing.
    private func addLine(_ step: RefIntent.Step) throws {
        guard let log = step.log, step.action != .delete else { return }
        let names = logs(step)
        let path = names.path(step.name.bytes)
        let size = Int(try FileStat.stat(path)?.size ?? 0)
        if size < log.offset || size - log.offset >= log.line.count { return }
        try makeLeading(names, step)
        _ = NamedDirectory.removeEmptyTree(path)
        if size > log.offset { try Disk.truncate(path, to: log.offset) }
        try Disk.append(log.line, to: path, creating: true, durability: .data, sharing: space.sharing)
    }

    private func write(_ value: RefValue, _ step: RefIntent.Step) throws {
        guard let bytes = LooseRefContent.bytes(of: value) else { return }
        let names = directory(step)
        let path = names.path(step.name.bytes)
        let temporary = space.temporaryPath()
        do {
            let file = try Disk.create(temporary, sharing: space.sharing)
            do throws(FileError) {
                try Disk.write(bytes, to: file, at: temporary)
                try Disk.sync(file, at: temporary)
            } catch {
                try? file.close()
                throw error
            }
            try Disk.close(file, at: temporary)
            try makeLeading(names, step)
            if try FileStat.lstat(path)?.kind == .directory { _ = NamedDirectory.removeEmptyTree(path) }
            try Disk.rename(temporary, to: path)
        } catch {
            _ = try? Disk.unlinkIfPresent(temporary)
            throw error
        }
    }

    private func changePacked(_ steps: [RefIntent.Step]) throws {
        let packed = try packed()
        var changes: [PackedRefChange] = []
        for step in steps where step.directory.isEmpty {
            switch step.action {
            case .pack(.object(let id, let peeled)): changes.append(.set(step.name, to: id, peeled: peeled))
            case .delete where try packed.read(step.name) != nil: changes.append(.remove(step.name))
            case .keep, .write, .pack, .delete: break
            }
        }
        let splice = PackedRefsSplice(
            snapshot: packed, changes: try PackedRefChange.ordered(changes, intent.algorithm))
        guard splice.isNeeded else { return }
        let temporary = space.temporaryPath()
        do {
            var file = PackedRefsFile(FileSink(try Disk.create(temporary, sharing: space.sharing), at: temporary))
            try splice.write(to: &file)
            try file.finish(.data)
            try Disk.rename(temporary, to: packedPath)
        } catch {
            _ = try? Disk.unlinkIfPresent(temporary)
            throw error
        }
    }

    private func delete(_ step: RefIntent.Step) throws {
        let (names, logs) = (directory(step), logs(step))
        try Disk.unlinkIfPresent(logs.path(step.name.bytes))
        do throws(FileError) {
            try Disk.unlinkIfPresent(names.path(step.name.bytes))
        } catch {
            if error.errno != .isDirectory { throw error }
        }
        logs.removeEmptyParents(of: step.name)
    }
}
