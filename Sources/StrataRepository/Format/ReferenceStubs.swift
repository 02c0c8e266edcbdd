import StrataIO
import SystemPackage

/// What stands in the place of reference files where the references are kept elsewhere: git finds a repository, which it must refuse, and no
/// reference to read or to write. Git's function: `refs_create_refdir_stubs`.
struct ReferenceStubs {
    /// What `refs/heads`, a file there, says.
    let sentence: [UInt8]
    /// What `HEAD` says.
    static let head = Array("ref: ".utf8) + headTarget + [0x0a]
    /// Where `HEAD` points.
    static let headTarget = Array("refs/heads/.invalid".utf8)

    init(_ storage: ReferenceStorage) {
        sentence = Array(
            (storage.payload == nil
                ? "this repository uses the \(storage.format.rawValue) format\n"
                : "repository uses alternate refs storage\n").utf8)
    }

    /// Whether `refs` of the git dir `directory` is a stub, of whatever storage.
    static func areRefsStub(in directory: FilePath) throws(FileError) -> Bool {
        let path = directory.appending("refs").appending("heads")
        guard try FileStat.lstat(path)?.kind == .regular else { return false }
        return try isSentence(path)
    }

    /// Whether the file says what stubs say.
    static func isSentence(_ path: FilePath) throws(FileError) -> Bool {
        // What stands there may be a packed-refs of any size.
        guard let stat = try FileStat.lstat(path), stat.kind == .regular, stat.size < 256,
            let text = try readFile(path)
        else { return false }
        return text == ReferenceStubs(ReferenceStorage(format: .lmdb)).sentence
            || text == ReferenceStubs(ReferenceStorage(format: .lmdb, payload: [])).sentence
    }

    /// Whether `HEAD` of the git dir `directory` is a stub.
    static func isHeadStub(in directory: FilePath) throws(FileError) -> Bool {
        let path = directory.appending("HEAD")
        guard try FileStat.lstat(path)?.kind == .regular else { return false }
        return try readFile(path) == head
    }
}
