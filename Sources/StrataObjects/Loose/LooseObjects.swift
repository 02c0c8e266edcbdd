import Glibc
import StrataIO
import StrataModel

/// The loose objects of one object directory: `ab/cdef…`, a zlib stream of "kind size NUL contents".
final class LooseObjects: Sendable {
    let directory: BytePath
    let algorithm: HashAlgorithm
    let shards: LooseShards

    init(_ directory: BytePath, _ algorithm: HashAlgorithm) {
        self.directory = directory
        self.algorithm = algorithm
        shards = LooseShards(directory, algorithm)
    }

    /// The file of an object.
    func path(of id: ObjectID) -> BytePath {
        id.withHex { hex in
            var name: [65 of UInt8] = .init(repeating: UInt8(ascii: "/"))
            for place in 0..<hex.count { name[place < 2 ? place : place + 1] = hex[place] }
            return directory.appending(name: name.span.extracting(first: hex.count + 1))
        }
    }

    /// Runs `body` with the name of an object's file as seen from the object directory, a NUL behind it.
    static func withName<R>(of id: ObjectID, _ body: (Span<CChar>) -> R) -> R {
        id.withHex { hex in
            var name: [66 of CChar] = .init(repeating: 0)
            name[2] = CChar(bitPattern: UInt8(ascii: "/"))
            for place in 0..<hex.count { name[place < 2 ? place : place + 1] = CChar(bitPattern: hex[place]) }
            return body(name.span.extracting(first: hex.count + 2))
        }
    }

    /// Whether there is a file for the object.
    func contains(_ id: ObjectID) throws(ObjectError) -> Bool {
        let path = path(of: id)
        return try Self.retried(path, "cannot access") { unsafe access(path.bytes, F_OK) } != nil
    }

    /// Makes a system call until no signal interrupts it; nil when there is no such file.
    private static func retried(
        _ path: BytePath, _ cause: String, _ call: () -> Int32
    ) throws(ObjectError) -> Int32? {
        while true {
            let result = call()
            if result >= 0 { return result }
            switch errno {
            case EINTR: continue
            case ENOENT, ENOTDIR: return nil
            case let number: throw .unavailable(number, path, cause)
            }
        }
    }

    // MARK: - Without the contents

    /// What is known of the object; nil when there is no file for it. Only the start of the file is read.
    func info(of id: ObjectID, _ fields: ObjectFields) throws(ObjectError) -> ObjectInfo? {
        if fields.isSubset(of: [.deltaBase, .place]) {
            guard try contains(id) else { return nil }
            return ObjectInfo(deltaBase: .zero(id.algorithm), place: .loose)
        }
        let path = path(of: id)
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
        guard let file = try Self.retried(path, "cannot open", { unsafe open(path.bytes, flags) }) else { return nil }
        defer { close(file) }
        var info = ObjectInfo(deltaBase: .zero(id.algorithm), place: .loose)
        if fields.contains(.storedSize) {
            var stat = Glibc.stat()
            guard unsafe fstat(file, &stat) == 0 else { throw .unavailable(errno, path, "cannot stat") }
            info.storedSize = UInt64(stat.st_size)
        }
        guard !fields.isDisjoint(with: [.kind, .size]) else { return info }
        let header = unsafe withUnsafeTemporaryAllocation(byteCount: 512, alignment: 16) {
            (buffer) -> Result<ObjectHeader, ObjectError> in
            do throws(ObjectError) {
                let count = try Self.retried(path, "cannot read") {
                    unsafe Int32(Glibc.read(file, buffer.baseAddress, buffer.count))
                }
                let start = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<Int(count ?? 0)])
                return .success(
                    try inflating(path) { inflater throws(ObjectError) in
                        unsafe try unpackHeader(start, path, inflater).header
                    })
            } catch {
                return .failure(error)
            }
        }
        let found = try header.get()
        info.kind = found.kind
        info.size = found.size
        return info
    }

    /// Inflates and parses the header in front of the contents; gives its length too.
    private func unpackHeader(
        _ input: UnsafeRawBufferPointer, _ path: BytePath, _ inflater: Inflater
    ) throws(ObjectError) -> (header: ObjectHeader, count: Int) {
        guard unsafe !input.isEmpty else { throw .corrupt(path, "object file is empty") }
        var room: [32 of UInt8] = .init(repeating: 0)
        var span = room.mutableSpan
        let result = unsafe span.withUnsafeMutableBytes { room -> Result<(ObjectHeader, Int)?, InflateFailure> in
            do throws(InflateFailure) {
                let count = unsafe try inflater.begin(room, from: input).written
                return .success(unsafe LooseHeader.parse(UnsafeRawBufferPointer(rebasing: room[..<count])))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let found?): return (found.0, found.1)
        case .success(nil): throw .corrupt(path, "unable to parse header")
        case .failure(let failure): throw .corrupt(path, "unable to unpack header: \(failure.cause)")
        }
    }

    // MARK: - Contents

    /// The object's kind and contents; nil when there is no file for it.
    func read(_ id: ObjectID, limit: Int) throws(ObjectError) -> ObjectContents? {
        let path = path(of: id)
        guard let file = try MappedBytes(path) else { return nil }
        return try inflating(path) { inflater throws(ObjectError) in
            let contents: ObjectContents
            if let small = try readSmall(file, id, limit, inflater) {
                contents = small
            } else {
                let (header, start) = unsafe try unpackHeader(file.bytes, path, inflater)
                guard header.size <= limit else { throw .tooLarge(path, object: id, size: Int(header.size)) }
                do throws(InflateFailure) {
                    let size = start + Int(header.size)
                    let (all, read) = unsafe try inflater.temporary(file.bytes, size: size)
                    contents = unsafe try Self.contents(header, all, start, read, of: file)
                } catch {
                    throw .corrupt(path, object: id, error.cause)
                }
                inflater.trim()
            }
            try file.checkWhole()
            return contents
        }
    }

    /// So large may a file be to be inflated at once, before it is known how large the object is, and so large the object.
    private static let smallFile = 32 << 10
    private static let smallObject = 128 << 10

    /// The contents of an object that turns out to be small; nil when it is not, or when something is wrong with it.
    private func readSmall(
        _ file: MappedBytes, _ id: ObjectID, _ limit: Int, _ inflater: Inflater
    ) throws(ObjectError) -> ObjectContents? {
        guard file.count <= Self.smallFile, let all = unsafe inflater.upTo(Self.smallObject, file.bytes),
            let (header, start) = unsafe LooseHeader.parse(all.bytes),
            unsafe header.size == all.bytes.count - start
        else { return nil }
        guard header.size <= limit else { throw .tooLarge(file.path, object: id, size: Int(header.size)) }
        return unsafe try? Self.contents(header, all.bytes, start, all.read, of: file)
    }

    private static func contents(
        _ header: ObjectHeader, _ all: UnsafeRawBufferPointer, _ start: Int, _ read: Int, of file: MappedBytes
    ) throws(InflateFailure) -> ObjectContents {
        guard read == file.count else { throw InflateFailure(cause: "garbage at end of loose object") }
        return ObjectContents(kind: header.kind, bytes: unsafe Array(all[start...]))
    }

    /// The object's contents, inflated as they are asked for; nil when there is no file for it.
    func stream(_ id: ObjectID) throws(ObjectError) -> (any ObjectStream)? { try stream(at: path(of: id)) }

    /// The contents of the object whose file is at `path`.
    func stream(at path: BytePath) throws(ObjectError) -> FileObjectStream? {
        guard let file = try MappedBytes(path) else { return nil }
        let (header, start) = try inflating(path) { inflater throws(ObjectError) in
            unsafe try unpackHeader(file.bytes, path, inflater)
        }
        return try FileObjectStream(
            header.kind, size: header.size, skipping: start, in: file, from: 0, to: file.count, mustEnd: true)
    }

    private func inflating<R>(
        _ path: BytePath, _ body: (Inflater) throws(ObjectError) -> R
    ) throws(ObjectError) -> R {
        try Inflater.with(
            { (failure) -> ObjectError in
                ObjectError(.unavailable, file: path.text, failure.cause)
            }, body)
    }
}
