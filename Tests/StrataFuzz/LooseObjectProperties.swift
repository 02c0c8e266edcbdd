import StrataModel
import StrataObjects
import SystemPackage
import TestSupport

/// The file of a loose object: damage is an error, and all ways to read one tell the same.
func fuzzLooseObject(_ bytes: [UInt8]) throws {
    // As the file, and as what is deflated in it.
    for file in [bytes, HandmadePack.deflated(bytes)] {
        let directory = try TemporaryDirectory()
        try write(file, to: directory.path.appending("ab"), "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd")
        try checkReadings(FilesObjectStore(objectDirectory: directory.path, algorithm: .sha1), byte: 0xcd, first: 0xab)
    }
}

/// Reads the object whose id is `first` and then bytes of `byte` in every way.
///
/// - Returns: its contents, or nil when it is damaged.
@discardableResult
func checkReadings(_ store: FilesObjectStore, byte: UInt8, first: UInt8? = nil) throws -> ObjectContents? {
    let name = [first ?? byte] + [UInt8](repeating: byte, count: 19)
    let parsed = ObjectID(bytes: name.span)
    guard let id = parsed else { throw FuzzFinding("no id") }
    let limit = 1 << 20
    let read = Result { () throws(ObjectError) in try store.read(id, limit: limit) }
    let header = Result { () throws(ObjectError) in try store.header(of: id) }
    var streamed: [UInt8] = []
    let stream = Result { () throws(ObjectError) -> (ObjectKind, UInt64)? in
        guard let stream = try store.stream(id, limit: limit) else { return nil }
        var chunk: [UInt8] = []
        while streamed.count <= limit, try stream.next(&chunk) { streamed += chunk }
        return (stream.kind, stream.size)
    }
    switch read {
    case .success(nil): throw FuzzFinding("what is there is absent")
    case .success(let contents?):
        guard case .success(let header?) = header else { throw FuzzFinding("contents without a header") }
        try require(header.kind == contents.kind, "\(header.kind) in the header, \(contents.kind) read")
        try require(header.size == contents.bytes.count, "\(header.size) in the header, \(contents.bytes.count) read")
        guard case .success(let (kind, size)?) = stream else { throw FuzzFinding("contents that cannot be streamed") }
        try require(kind == contents.kind && size == contents.bytes.count, "the stream is another")
        try require(streamed == contents.bytes, "the stream gives other bytes")
        return contents
    case .failure(let error):
        try require(error.code == .corrupt || error.code == .tooLarge, "\(error.code): \(error)")
        if error.code == .corrupt, case .success(.some) = stream, streamed.count <= limit {
            throw FuzzFinding("streamed what is damaged: \(error)")
        }
        return nil
    }
}
