import StrataIO
import StrataModel
import SystemPackage

/// The files of a pack that is being received, on their way to their names. For one thread at a time.
///
/// Who lists packs sees one when its `.idx` is there, so that comes last; what says how to treat the pack comes first. Dropped before ``keep()``, it
/// takes back what it did.
final class PackInstallation {
    /// Where temporary files go.
    let directory: FilePath
    private let sharing: FileSharing
    /// Files without a name yet.
    private var temporary: [FilePath] = []
    /// What was given a name, by what it was called before; nil where it was made under that name.
    private var named: [(name: FilePath, before: FilePath?, stat: FileStat)] = []

    init(in directory: FilePath, sharing: FileSharing) {
        self.directory = directory.isEmpty ? "." : directory
        self.sharing = sharing
    }

    deinit {
        for file in named.reversed() { undo(file) }
        for path in temporary { _ = try? Disk.unlinkIfPresent(path) }
    }

    /// Everything has its name.
    func keep() { named.removeAll() }

    /// Somebody else may receive the same pack, and have put their file in the place of ours: that one stays.
    private func undo(_ file: (name: FilePath, before: FilePath?, stat: FileStat)) {
        guard let now = try? FileStat.lstat(file.name), now.isSameFile(as: file.stat) else { return }
        let aside = file.before ?? directory.appending("tmp_undo_\(randomHex())")
        guard (try? Disk.renameNoReplace(file.name, to: aside)) != nil else { return }
        if let moved = try? FileStat.lstat(aside), !moved.isSameFile(as: file.stat) {
            _ = try? Disk.renameNoReplace(aside, to: file.name)
            return
        }
        _ = try? Disk.unlinkIfPresent(aside)
    }

    private static let permissions = FilePermissions(rawValue: 0o444)

    /// A new file that git takes for a temporary one, and removes when it is old.
    func create(_ kind: String) throws(ObjectError) -> (descriptor: FileDescriptor, path: FilePath) {
        try ObjectError.onFiles { () throws(FileError) in
            let path = directory.appending("tmp_\(kind)_\(randomHex())")
            let descriptor: FileDescriptor
            do throws(FileError) {
                descriptor = try Disk.create(path, readable: true, permissions: Self.permissions, sharing: sharing)
            } catch {
                guard error.errno == .noSuchFileOrDirectory else { throw error }
                try Disk.makeDirectories(directory, sharing: sharing)
                descriptor = try Disk.create(path, readable: true, permissions: Self.permissions, sharing: sharing)
            }
            temporary.append(path)
            return (descriptor, path)
        }
    }

    /// Gives a temporary file its name. What has that name stays where it is the same, unless it is to be replaced.
    ///
    /// - Throws: `refused` where it is another.
    func install(_ path: FilePath, as name: FilePath, replacing: Bool) throws(ObjectError) {
        if !replacing, let old = try MappedBytes(BytePath(name)) {
            guard let new = try MappedBytes(BytePath(path)), unsafe new.bytes.elementsEqual(old.bytes) else {
                throw ObjectError(.refused, file: name.string, "files '\(path)' and '\(name)' differ in contents")
            }
            return try old.checkWhole()
        }
        try ObjectError.onFiles { () throws(FileError) in
            let stat = try FileStat.lstat(path)
            try Disk.rename(path, to: name)
            temporary.removeAll { $0 == path }
            if let stat { named.append((name, path, stat)) }
        }
    }

    /// Writes a file that says how to treat a pack; false when there is one.
    func mark(_ name: FilePath, _ message: [UInt8], _ durability: Durability) throws(ObjectError) -> Bool {
        try ObjectError.onFiles { () throws(FileError) in
            let descriptor: FileDescriptor
            do throws(FileError) {
                descriptor = try Disk.create(name, permissions: FilePermissions(rawValue: 0o600), sharing: sharing)
            } catch {
                if error.errno == .fileExists { return false }
                throw error
            }
            let sink = FileSink(descriptor, at: name, bufferSize: 4096)
            if let stat = try FileStat.lstat(name) { named.append((name, nil, stat)) }
            if !message.isEmpty { try sink.write(message + [0x0a]) }
            try sink.finish(durability)
            return true
        }
    }
}
