import StrataIO
import Synchronization
import SystemPackage

/// What a disk holds: directories and files by numbers of our own, since file systems use inode numbers anew. The root is 0.
struct DiskImage: Hashable {
    var directories: [Int: [String: Int]] = [:]
    var files: [Int: [UInt8]] = [:]
    /// Those of the files that are a database's.
    var databases: Set<Int> = []

    /// Puts the image into a new directory; names of one file become links of one.
    func write(to root: FilePath) throws {
        try Disk.mkdir(root)
        var written: [Int: FilePath] = [:]
        try write(0, root, &written)
    }

    private func write(_ directory: Int, _ path: FilePath, _ written: inout [Int: FilePath]) throws {
        for (name, id) in directories[directory] ?? [:] {
            let child = path.appending(name)
            if directories[id] != nil {
                try Disk.mkdir(child)
                try write(id, child, &written)
            } else if let first = written[id] {
                try Disk.link(first, to: child)
            } else {
                try Disk.replace(child, with: files[id] ?? [], durability: .none)
                written[id] = child
            }
        }
    }

    /// Without what no name leads to: equal images leave the same behind.
    var reachable: DiskImage {
        var found = DiskImage()
        var waiting = [0]
        while let next = waiting.popLast() {
            if let entries = directories[next] {
                found.directories[next] = entries
                waiting += entries.values
            } else {
                found.files[next] = files[next] ?? []
            }
        }
        return found
    }
}

/// Watches an operation, and knows after each of its calls what the disk holds and what of it has been synced.
final class RecordedDisk: Sendable {
    struct Moment {
        let call: DiskCall?
        /// Whether it synced something, or a database has done so before it.
        var isSync = false
        /// As the kernel shows it.
        let current: DiskImage
        /// As the syncs so far promise it: contents as of the last sync of each file, entries as of the last sync of each directory.
        let durable: DiskImage
    }

    private struct State {
        var ids: [UInt64: Int] = [:]
        var next = 1
        var moments: [Moment] = []
    }

    private let root: FilePath
    private let state = Mutex(State())

    /// What stands at `root` now is taken for synced.
    init(_ root: FilePath) throws {
        self.root = root
        let image = try state.withLock { try scan(&$0) }
        state.withLock { $0.moments = [Moment(call: nil, current: image, durable: image)] }
    }

    var moments: [Moment] { state.withLock { $0.moments } }

    /// Does `body` and records it.
    func record(_ body: () throws -> Void) throws {
        try DiskFaults.with(.init(under: root, watcher: { call in self.note(call) })) { _ in try body() }
        // A database may have committed since the last call.
        if moments.last?.current.databases.isEmpty == false { note(nil) }
    }

    private func note(_ call: DiskCall?) {
        state.withLock { state in
            guard let before = state.moments.last, let image = try? scan(&state, after: call, before.current)
            else { return }
            var durable = before.durable
            let id = call.flatMap { find($0.path, in: image) }
            switch call?.operation {
            case .sync: if let id { durable.files[id] = image.files[id] }
            case .syncDirectory: if let id { durable.directories[id] = image.directories[id] }
            default: break
            }
            // What a database has committed it has synced itself.
            var isSync = call?.operation == .sync || call?.operation == .syncDirectory
            for id in image.databases where image.files[id] != before.current.files[id] {
                durable.files[id] = image.files[id]
                isSync = true
            }
            // What is new is there without contents, should a name of it last.
            for id in image.files.keys where durable.files[id] == nil { durable.files[id] = [] }
            for id in image.directories.keys where durable.directories[id] == nil { durable.directories[id] = [:] }
            state.moments.append(Moment(call: call, isSync: isSync, current: image, durable: durable))
        }
    }

    private func find(_ path: FilePath, in image: DiskImage) -> Int? {
        var id = 0
        for component in path.components.dropFirst(root.components.count) {
            guard let next = image.directories[id]?[component.string] else { return nil }
            id = next
        }
        return id
    }

    private func scan(
        _ state: inout State, after call: DiskCall? = nil, _ before: DiskImage? = nil
    ) throws -> DiskImage {
        var image = DiskImage()
        var seen: [UInt64: Int] = [:]
        // Only these calls change what is in a file that was there.
        let isWrite = call.map { [.write, .truncate, .create].contains($0.operation) } ?? true
        try scan(root, 0, &image, &seen, &state, isWrite ? [:] : before?.files ?? [:])
        state.ids = seen
        return image
    }

    private func scan(
        _ path: FilePath, _ id: Int, _ image: inout DiskImage, _ seen: inout [UInt64: Int], _ state: inout State,
        _ known: [Int: [UInt8]]
    ) throws {
        var entries: [String: Int] = [:]
        guard var reader = try DirectoryReader(path) else { return }
        while try reader.next() {
            let name = String(decoding: reader.name, as: UTF8.self)
            if name == "objects" { continue }
            let child = path.appending(name)
            guard let stat = try FileStat.lstat(child) else { continue }
            let number = seen[stat.inode] ?? state.ids[stat.inode] ?? state.next
            if number == state.next { state.next += 1 }
            entries[name] = number
            let isNew = seen.updateValue(number, forKey: stat.inode) == nil
            if stat.kind == .directory {
                try scan(child, number, &image, &seen, &state, known)
            } else if isNew {
                let isDatabase = name == "data.mdb"
                if isDatabase { image.databases.insert(number) }
                image.files[number] = try (isDatabase ? nil : known[number]) ?? readFile(child) ?? []
            }
        }
        image.directories[id] = entries
    }
}
