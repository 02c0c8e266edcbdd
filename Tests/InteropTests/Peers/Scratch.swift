import Glibc
import SystemPackage
import TestSupport

/// Where short-lived repositories are put: in memory, if there is room.
func scratchDirectory() throws -> TemporaryDirectory {
    let shared = FilePath("/dev/shm")
    var room = statvfs()
    let isThere = unsafe shared.withPlatformString { unsafe statvfs($0, &room) } == 0
    let writable = unsafe shared.withPlatformString { unsafe access($0, W_OK) } == 0
    if isThere && writable && UInt64(room.f_bavail) * UInt64(room.f_bsize) > 512 << 20 {
        return try TemporaryDirectory(in: shared)
    }
    return try TemporaryDirectory()
}

/// The bytes of a file, or nil when it cannot be read.
func readFile(_ path: FilePath) -> [UInt8]? {
    guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) else { return nil }
    defer { try? file.close() }
    var info = stat()
    guard unsafe fstat(file.rawValue, &info) == 0, info.st_size < 64 << 20 else { return nil }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
        guard let count = try? unsafe buffer.withUnsafeMutableBytes({ unsafe try file.read(into: $0) }) else {
            return nil
        }
        if count == 0 { return bytes }
        bytes += buffer[..<count]
    }
}

/// Writes a file anew, with the directories above it.
func writeFile(_ path: FilePath, _ bytes: [UInt8]) throws {
    try makeDirectories(path.removingLastComponent())
    let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: FilePermissions(rawValue: 0o644))
    defer { try? file.close() }
    try file.writeAll(bytes)
}

func writeFile(_ path: FilePath, _ text: String) throws { try writeFile(path, Array(text.utf8)) }

/// A directory and those above it; what is there already is left.
func makeDirectories(_ path: FilePath) throws {
    if unsafe path.withPlatformString({ unsafe mkdir($0, 0o755) }) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, !path.components.isEmpty else { throw Errno(rawValue: errno) }
    try makeDirectories(path.removingLastComponent())
    if unsafe path.withPlatformString({ unsafe mkdir($0, 0o755) }) != 0 && errno != EEXIST {
        throw Errno(rawValue: errno)
    }
}
