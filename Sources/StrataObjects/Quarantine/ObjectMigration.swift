import StrataIO
import StrataModel
import SystemPackage

/// Moves the objects of one object directory into another: loose ones first, then packs, of each the index last of what it needs, so that
/// nobody sees a pack in part. Git's function: `tmp_objdir_migrate`.
struct ObjectMigration {
    let source: FilePath
    let writer: LooseObjectWriter

    private var target: FilePath { writer.objects.directory.filePath }
    private var sharing: FileSharing { writer.writing.sharing }

    /// A file to be moved.
    private struct Item {
        /// Below the object directory; empty for itself.
        let directory: [UInt8]
        let name: [UInt8]
        /// The loose object that it is.
        let object: ObjectID?
        /// When it is moved: in this order.
        let turn: Int

        init(_ directory: [UInt8], _ name: [UInt8], _ object: ObjectID?) {
            self.directory = directory
            self.name = name
            self.object = object
            turn = object == nil ? Self.turn(name) : 0
        }

        private static func turn(_ name: [UInt8]) -> Int {
            guard name.starts(with: "pack".utf8) else { return 1 }
            // What says something of a pack comes before it.
            let order = [[".keep", ".promisor", ".mtimes"], [".pack"], [".rev"], [".idx"]]
            let turn = order.firstIndex { suffixes in
                suffixes.contains { name.suffix($0.utf8.count).elementsEqual($0.utf8) }
            }
            return 2 + (turn ?? order.count)
        }

        func path(in root: FilePath) -> FilePath {
            (directory.isEmpty ? root : root.appending(bytes: directory)).appending(bytes: name)
        }

        func precedes(_ other: Item) -> Bool {
            if turn != other.turn { return turn < other.turn }
            if directory != other.directory { return directory.lexicographicallyPrecedes(other.directory) }
            return name.lexicographicallyPrecedes(other.name)
        }
    }

    /// Moves everything. May be called again after it has failed.
    func run(_ syncing: ObjectWriting.Syncing) throws(ObjectError) {
        let items = try items(below: []).sorted { $0.precedes($1) }
        if syncing >= .data { try sync(items) }
        var directories: Set<[UInt8]> = []
        for item in items {
            if directories.insert(item.directory).inserted, !item.directory.isEmpty {
                try TemporaryFile.make(target.appending(bytes: item.directory), sharing)
            }
            let file = TemporaryFile(at: item.path(in: source))
            if let id = item.object { try writer.put(file, as: id, .none) } else { try put(file, item) }
        }
        if syncing == .full { try syncDirectories(directories) }
    }

    // MARK: - Listing

    private func items(below directory: [UInt8]) throws(ObjectError) -> [Item] {
        var items: [Item] = []
        var directories: [[UInt8]] = []
        do throws(FileError) {
            let path = directory.isEmpty ? source : source.appending(bytes: directory)
            guard var reader = try DirectoryReader(path) else { return [] }
            while try reader.next() {
                let name = reader.name
                // Hidden files are the owner's; what has a temporary name is not finished.
                if name.first == 0x2e || name.starts(with: "tmp_".utf8) { continue }
                switch try reader.kind() {
                case .directory: directories.append(directory.isEmpty ? name : directory + [0x2f] + name)
                case .regular: items.append(Item(directory, name, object(directory, name)))
                default: break
                }
            }
        } catch {
            throw .unavailable(error)
        }
        for directory in directories { items += try self.items(below: directory) }
        return items
    }

    private func object(_ directory: [UInt8], _ name: [UInt8]) -> ObjectID? {
        guard directory.count == 2 else { return nil }
        return LooseShards.id(directory, name.span, writer.objects.algorithm)
    }

    // MARK: - Moving

    /// Gives a file of a pack its place. One that is there already must be the same.
    private func put(_ file: TemporaryFile, _ item: Item) throws(ObjectError) {
        let place = item.path(in: target)
        var tries = 0
        while try !file.move(to: place, sharing: sharing) {
            tries += 1
            guard tries <= 5 else {
                throw ObjectError(.unavailable, file: place.string, "unable to write repeatedly vanishing file")
            }
            guard let theirs = try MappedBytes(BytePath(place)) else { continue }
            guard let ours = try MappedBytes(BytePath(file.path)) else { return }
            guard unsafe theirs.bytes.elementsEqual(ours.bytes) else {
                throw ObjectError(
                    .collision, file: place.string, "files '\(file.path)' and '\(place)' differ in contents")
            }
            try theirs.checkWhole()
            file.discard()
            break
        }
        guard sharing != .umask else { return }
        do throws(FileError) {
            guard let stat = try FileStat.lstat(place) else { return }
            if let mode = sharing.adjusted(stat.permissions, isDirectory: false) { try Disk.chmod(place, mode) }
        } catch {
            throw .unavailable(error)
        }
    }

    // MARK: - Durability

    /// Makes the contents of all files last: each is handed to the device, and one sync of an empty file makes that keep them, where there are none but loose objects.
    private func sync(_ items: [Item]) throws(ObjectError) {
        do throws(FileError) {
            for item in items {
                let path = item.path(in: source)
                guard let file = try openForReading(path) else { continue }
                defer { try? file.close() }
                if item.object == nil { try Disk.sync(file, at: path) } else { try Disk.writeOut(file, at: path) }
            }
            guard items.contains(where: { $0.object != nil }) else { return }
            let barrier = target.appending("bulk_fsync_" + randomName(6))
            let file = try Disk.create(barrier)
            defer { _ = try? Disk.unlinkIfPresent(barrier) }
            do throws(FileError) { try Disk.sync(file, at: barrier) } catch {
                try? file.close()
                throw error
            }
            try Disk.close(file, at: barrier)
        } catch {
            throw .unavailable(error)
        }
    }

    private func syncDirectories(_ directories: Set<[UInt8]>) throws(ObjectError) {
        do throws(FileError) {
            for directory in directories.sorted(by: { $0.lexicographicallyPrecedes($1) }) where !directory.isEmpty {
                try Disk.syncDirectory(target.appending(bytes: directory))
            }
            try Disk.syncDirectory(target)
        } catch {
            throw .unavailable(error)
        }
    }
}

extension ObjectWriting.Syncing: Comparable {
    private var rank: Int {
        switch self {
        case .none: 0
        case .writeOut: 1
        case .data: 2
        case .full: 3
        }
    }

    public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
}
