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

    /// - Returns: what became of the steps.
    mutating func run() throws -> [(name: RefName, state: RefIntent.Step.State)] {
        defer { for lock in taken { lock.release() } }
        var packed: [[UInt8]] = []
        for step in intent.steps where try touchesPacked(step) && !packed.contains(step.directory) {
            packed.append(step.directory)
        }
        for step in intent.steps { try protect(directory(step).path(step.name.bytes), step) }
        for directory in packed { try protect(packedPath(directory), nil) }
        let states = try states()
        let due = zip(intent.steps, states).filter { $1 != .movedOn }.map(\.0)
        for step in due { try addLine(step) }
        for (step, state) in zip(intent.steps, states) where state == .old {
            if case .write(let value) = step.action { try write(value, step) }
        }
        for directory in packed {
            try changePacked(
                directory, zip(intent.steps, states).filter { $1 == .old && $0.directory == directory }.map(\.0))
            // No loose file goes before the file without its packed value is there for good.
            try Disk.syncDirectories(of: [packedPath(directory)])
        }
        for step in due where step.action == .delete { try delete(step) }
        try sync()
        return zip(intent.steps, states).map { step, state in
            let directory = step.directory.isEmpty ? [] : step.directory + [UInt8(ascii: "/")]
            return (RefName(unchecked: directory + step.name.bytes), state)
        }
    }

    /// How the reference of each step stands. A step that leaves the value alone belongs to the one that changes it, if there is one: its line is
    /// due also where the new value is there already.
    private func states() throws(RefError) -> [RefIntent.Step.State] {
        let deciding = DecidingSteps(intent.steps)
        var packed: [[UInt8]: PackedRefSnapshot] = [:]
        var states: [RefIntent.Step.State] = []
        for step in intent.steps {
            let decides = deciding.step(of: step.name, in: step.directory) ?? step
            states.append(decides.state(of: try current(step, &packed)))
        }
        return states
    }

    /// The intent goes when this is done: what its owner or we have done must be on the medium then.
    private func sync() throws(FileError) {
        var paths: [FilePath] = []
        for step in intent.steps {
            for names in [directory(step), logs(step)] {
                var path = names.path(step.name.bytes)
                while path.bytes.count > names.root.count {
                    paths.append(path)
                    path = path.removingLastComponent()
                }
            }
        }
        try Disk.syncDirectories(of: paths)
    }

    private func touchesPacked(_ step: RefIntent.Step) throws(FileError) -> Bool {
        switch step.action {
        case .keep, .write: false
        case .pack: true
        case .delete: step.directory.isEmpty ? true : try FileStat.lstat(packedPath(step.directory)) != nil
        }
    }

    private func packedPath(_ directory: [UInt8]) -> FilePath {
        (directory.isEmpty ? commonDirectory : commonDirectory.appending(bytes: directory)).appending("packed-refs")
    }

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

    /// What the reference holds. The files in `known` were read under the same locks, which keep the values of all these names.
    private func current(
        _ step: RefIntent.Step, _ known: inout [[UInt8]: PackedRefSnapshot]
    ) throws(RefError) -> RefValue? {
        let reader = LooseRefReader(root: directory(step).root, algorithm: intent.algorithm)
        if case .value(let value) = try reader.read(step.name.bytes) { return value }
        let packed = if let one = known[step.directory] { one } else { try packed(step.directory) }
        known[step.directory] = packed
        return try packed.read(step.name)
    }

    private func packed(_ directory: [UInt8]) throws(RefError) -> PackedRefSnapshot {
        let path = packedPath(directory)
        return try PackedRefSnapshot(PackedRefsContents(path), intent.algorithm, path: path)
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
            let file = try space.createTemporary(temporary)
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

    private func changePacked(_ directory: [UInt8], _ steps: [RefIntent.Step]) throws {
        let packed = try packed(directory)
        var changes: [PackedRefChange] = []
        for step in steps {
            switch step.action {
            case .pack(.object(let id, let peeled)): changes.append(.set(step.name, to: id, peeled: peeled))
            case .delete where try packed.read(step.name) != nil: changes.append(.remove(step.name))
            case .keep, .write, .pack, .delete: break
            }
        }
        let splice = try PackedRefsSplice(packed, changes)
        guard splice.isNeeded else { return }
        let temporary = space.temporaryPath()
        do {
            var file = PackedRefsFile(FileSink(try space.createTemporary(temporary), at: temporary))
            try splice.write(to: &file)
            try file.finish(.data)
            try Disk.rename(temporary, to: packedPath(directory))
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
