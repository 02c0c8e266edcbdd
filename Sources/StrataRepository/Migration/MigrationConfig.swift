import StrataFiles
import StrataIO
import StrataRefs
import SystemPackage

/// What `config` says of where references are: read, and rewritten in one step.
struct MigrationConfig {
    let place: MigrationPlace
    private var path: FilePath { place.common.appending("config") }

    private func bytes() throws(RefError) -> [UInt8] { try Self.bytes(path) }

    private static func bytes(_ path: FilePath) throws(RefError) -> [UInt8] {
        try filing { () throws(FileError) in try readFile(path, limit: 256 << 20) ?? [] }
    }

    func format() throws(RefError) -> RepositoryFormat { try Self.format(of: place.common) }

    /// What the repository with `commonDirectory` says.
    static func format(of commonDirectory: FilePath) throws(RefError) -> RepositoryFormat {
        let path = commonDirectory.appending("config")
        return try format(of: try bytes(path), path)
    }

    private static func format(of bytes: [UInt8], _ path: FilePath) throws(RefError) -> RepositoryFormat {
        do throws(RepositoryError) { return try RepositoryFormat(bytes, name: path.bytes) } catch {
            throw RefError(.invalid, "\(error)", path: path.string, cause: error)
        }
    }

    /// Makes it say `storage`, with the repository's version that this needs. `temporary` = where the new file is written first.
    func write(_ storage: ReferenceStorage, temporary: FilePath) throws(RefError) {
        let lock: FileLock
        do throws(LockError) { lock = try place.intents.locks.acquire(path, until: place.patience) } catch {
            throw RefError(.locked, "could not lock config file: \(error)", path: path.string, cause: error)
        }
        defer { lock.release() }
        let bytes = try changed(try bytes(), storage)
        try filing { () throws(FileError) in
            let mode = try FileStat.stat(path)?.permissions
            _ = try Disk.unlinkIfPresent(temporary)
            let sink = FileSink(try Disk.create(temporary, sharing: place.sharing), at: temporary)
            try sink.write(bytes)
            try sink.finish(.full)
            if let mode { try Disk.chmod(temporary, mode) }
            try Disk.rename(temporary, to: path)
            try Disk.syncDirectory(place.common)
        }
    }

    private func changed(_ bytes: [UInt8], _ storage: ReferenceStorage) throws(RefError) -> [UInt8] {
        var text = ConfigText(bytes)
        do throws(ConfigText.Failure) {
            if storage.format == .files {
                try text.unset("extensions.refstorage")
            } else {
                try text.set("extensions.refstorage", to: storage.text)
            }
        } catch {
            throw unchangeable("extensions.refstorage")
        }
        // The old version has no words for what is not in files.
        let isOld = storage.format == .files ? try !Self.format(of: text.bytes, path).needsNewVersion : false
        do throws(ConfigText.Failure) {
            try text.set("core.repositoryformatversion", to: [isOld ? UInt8(ascii: "0") : UInt8(ascii: "1")])
        } catch {
            throw unchangeable("core.repositoryformatversion")
        }
        return text.bytes
    }

    private func unchangeable(_ key: String) -> RefError {
        RefError(.invalid, "could not set '\(key)' in '\(path)'", path: path.string)
    }
}
