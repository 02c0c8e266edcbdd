import Glibc
import StrataIO
import StrataModel

/// The loose objects of one object directory: `ab/cdef…`, a zlib stream of "kind size NUL contents".
struct LooseObjects: Sendable {
    let directory: BytePath

    /// Whether there is a file for the object.
    func contains(_ id: ObjectID) throws(ObjectLookupError) -> Bool {
        let path = path(of: id)
        return try Self.retried(path, "cannot access") { unsafe access(path.bytes, F_OK) } != nil
    }

    /// Makes a system call until no signal interrupts it; nil when there is no such file.
    private static func retried(
        _ path: BytePath, _ cause: String, _ call: () -> Int32
    ) throws(ObjectLookupError) -> Int32? {
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

    /// The object's kind and size; nil when there is no file for it. Only the start of the file is read.
    func header(of id: ObjectID) throws(ObjectLookupError) -> ObjectHeader? {
        let path = path(of: id)
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
        guard let file = try Self.retried(path, "cannot open", { unsafe open(path.bytes, flags) }) else { return nil }
        defer { close(file) }
        let result = unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) {
            (buffer) -> Result<ObjectHeader, ObjectLookupError> in
            do throws(ObjectLookupError) {
                let count = try Self.retried(path, "cannot read") {
                    unsafe Int32(Glibc.read(file, buffer.baseAddress, buffer.count))
                }
                let start = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<Int(count ?? 0)])
                return .success(unsafe try parse(start, path).0)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The object's kind and contents; nil when there is no file for it.
    func read(_ id: ObjectID, limit: Int) throws(ObjectLookupError) -> (ObjectKind, [UInt8])? {
        let path = path(of: id)
        guard let file = try MappedBytes(path) else { return nil }
        let (header, start) = unsafe try parse(file.bytes, path)
        guard header.size <= limit else { throw .tooLarge(file.path, object: id, size: Int(header.size)) }
        let content: [UInt8]
        do throws(InflateFailure) {
            let (bytes, read) = unsafe try Inflate.whole(file.bytes, size: start + Int(header.size))
            guard read == file.count else { throw InflateFailure(cause: "garbage at end of loose object") }
            content = Array(bytes[start...])
        } catch {
            throw .corrupt(file.path, object: id, error.cause)
        }
        try file.checkWhole()
        return (header.kind, content)
    }

    /// Calls `body` with each object whose name starts with the two digits of `byte`.
    func forEach(startingWith byte: UInt8, _ body: (ObjectID) -> Void) throws(ObjectLookupError) {
        let shard = Array(((byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8)
        do throws(FileError) {
            guard var reader = try DirectoryReader(directory.appending(shard).filePath) else { return }
            while try reader.next() {
                if let id = ObjectID(hex: (shard + reader.name).span) { body(id) }
            }
        } catch {
            throw .unavailable(error)
        }
    }

    private func path(of id: ObjectID) -> BytePath {
        id.withHex { hex in
            var name: [65 of UInt8] = .init(repeating: UInt8(ascii: "/"))
            for place in 0..<hex.count { name[place < 2 ? place : place + 1] = hex[place] }
            return directory.appending(name: name.span.extracting(first: hex.count + 1))
        }
    }

    /// Inflates and parses the header in front of the contents; returns its length too. Git allows it 32 bytes.
    private func parse(
        _ input: UnsafeRawBufferPointer, _ path: BytePath
    ) throws(ObjectLookupError) -> (ObjectHeader, Int) {
        guard unsafe !input.isEmpty else { throw .corrupt(path, "object file is empty") }
        let head: [UInt8]
        do throws(InflateFailure) {
            head = unsafe try Inflate.start(input, atMost: 32).bytes
        } catch {
            throw .corrupt(path, "unable to unpack header: \(error.cause)")
        }
        guard let end = head.firstIndex(of: 0), let space = head[..<end].firstIndex(of: 0x20),
            let kind = ObjectKind(name: head[..<space]), let size = Self.decimal(head[(space + 1)..<end])
        else { throw .corrupt(path, "unable to parse header") }
        return (ObjectHeader(kind: kind, size: UInt64(size)), end + 1)
    }

    /// A number in canonical decimal: no sign, no leading zero.
    private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        guard let first = digits.first, first != 0x30 || digits.count == 1 else { return nil }
        var value = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit - 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}
