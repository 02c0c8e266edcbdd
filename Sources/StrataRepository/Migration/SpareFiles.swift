import StrataIO
import SystemPackage

/// Files that are made before they are needed. To make a file takes some file systems a fifth of a millisecond; to write into one that has its room on
/// the disk, and to give it its name, takes a tenth of that. So what is written while others wait goes into these.
///
/// For one thread; nobody else has the directory. What is left of them goes with it.
final class SpareFiles {
    private let directory: FilePath
    private let sharing: FileSharing
    private let byteCount: Int
    private(set) var count = 0

    /// - Parameter byteCount: how long most of what is written is.
    init(_ directory: FilePath, byteCount: Int, sharing: FileSharing) {
        self.directory = directory
        self.byteCount = byteCount
        self.sharing = sharing
    }

    private func path(_ number: Int) -> FilePath { directory.appending("\(number)") }

    /// Makes so many. They have their room once the file system was synced.
    func make(_ wanted: Int) throws(FileError) {
        if wanted == 0 { return }
        try Disk.makeDirectories(directory, sharing: sharing)
        let content = [UInt8](repeating: UInt8(ascii: "0"), count: byteCount)
        while count < wanted {
            let path = path(count)
            let file = try Disk.create(path, sharing: sharing)
            try Self.write(content, to: file, at: path)
            count += 1
        }
    }

    /// Makes one of them the file at `target`, with `bytes` in it, in the place of any file there; not where there is none left.
    ///
    /// - Returns: whether there was one.
    func use(_ bytes: [UInt8], at target: FilePath) throws(FileError) -> Bool {
        if count == 0 { return false }
        // One that something fails with is not used again.
        count -= 1
        let path = path(count)
        let file = try Disk.create(path, exclusive: false)
        try Self.write(bytes, to: file, at: path, cuttingFrom: byteCount)
        try Disk.rename(path, to: target)
        return true
    }

    private static func write(
        _ bytes: [UInt8], to file: FileDescriptor, at path: FilePath, cuttingFrom count: Int = 0
    ) throws(FileError) {
        do throws(FileError) {
            try Disk.write(bytes, to: file, at: path)
            if bytes.count < count { try Disk.truncate(file, to: bytes.count, at: path) }
        } catch {
            try? Disk.close(file, at: path)
            throw error
        }
        try Disk.close(file, at: path)
    }
}
