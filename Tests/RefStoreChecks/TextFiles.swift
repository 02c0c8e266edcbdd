import Glibc
public import SystemPackage

/// Writes a file of text, with the directories that it needs.
public func writeFile(_ path: FilePath, _ text: String) throws(Errno) {
    try makeDirectories(path)
    let fd = unsafe open(path.string, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard fd >= 0 else { throw Errno(rawValue: errno) }
    defer { close(fd) }
    let bytes = Array(text.utf8)
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(fd, $0.baseAddress, $0.count) }
    guard count == bytes.count else { throw Errno(rawValue: errno) }
}

/// Makes the directories that the file `path` needs.
public func makeDirectories(_ path: FilePath) throws(Errno) {
    let parent = path.removingLastComponent()
    if unsafe access(parent.string, F_OK) == 0 { return }
    try makeDirectories(parent)
    guard unsafe mkdir(parent.string, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
}

/// The text of a file; nil when it cannot be read.
public func readFile(_ path: FilePath) -> String? {
    let fd = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return nil }
    defer { close(fd) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(fd, $0.baseAddress, $0.count) }
        guard count >= 0 else { return nil }
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer[..<count]
    }
}

/// The names of the files below `root/name`, from `root` on.
public func filesBelow(_ root: FilePath, _ name: String) -> [String] {
    guard let stream = unsafe opendir(root.appending(name).string) else { return [] }
    defer { unsafe closedir(stream) }
    var files: [String] = []
    while let entry = unsafe readdir(stream) {
        let isDirectory = unsafe entry.pointee.d_type == UInt8(DT_DIR)
        let child = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if child == "." || child == ".." { continue }
        files += isDirectory ? filesBelow(root, "\(name)/\(child)") : ["\(name)/\(child)"]
    }
    return files
}
