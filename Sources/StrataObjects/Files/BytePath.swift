import Glibc
import StrataIO
import SystemPackage

/// A path as bytes with a NUL behind them: cheap to extend and to hand to the system, whatever its bytes are.
struct BytePath: Sendable, Hashable {
    /// Ends with a NUL.
    private(set) var bytes: [CChar]

    init(_ path: FilePath) { self.init(bytes: path.bytes) }

    /// A path of bytes without a NUL.
    init(bytes: some Sequence<UInt8>) {
        self.bytes = bytes.map { CChar(bitPattern: $0) } + [0]
    }

    /// The path of `name` in this directory.
    func appending(name: Span<UInt8>) -> BytePath {
        var path = self
        path.bytes.reserveCapacity(bytes.count + name.count + 1)
        path.bytes[path.bytes.count - 1] = CChar(UInt8(ascii: "/"))
        for place in 0..<name.count { path.bytes.append(CChar(bitPattern: name[place])) }
        path.bytes.append(0)
        return path
    }

    func appending(_ name: [UInt8]) -> BytePath { appending(name: name.span) }

    func appending(_ name: String) -> BytePath { appending(Array(name.utf8)) }

    /// The same path with the last three bytes, `idx`, replaced.
    func replacingIndexSuffix(with suffix: String) -> BytePath { replacingLast(3, with: suffix) }

    /// The same path with the last four bytes, `pack`, replaced.
    func replacingPackSuffix(with suffix: String) -> BytePath { replacingLast(4, with: suffix) }

    private func replacingLast(_ count: Int, with suffix: String) -> BytePath {
        var path = self
        path.bytes.removeLast(min(count + 1, path.bytes.count))
        for byte in suffix.utf8 { path.bytes.append(CChar(bitPattern: byte)) }
        path.bytes.append(0)
        return path
    }

    /// The directory that the path is in.
    var directory: BytePath {
        let text = bytes.dropLast()
        let slash = CChar(bitPattern: UInt8(ascii: "/"))
        guard let end = text.lastIndex(of: slash) else { return BytePath(bytes: ".".utf8) }
        return BytePath(bytes: text[...end].map { UInt8(bitPattern: $0) })
    }

    /// Whether the path is that of something in `directory` itself.
    func isDirectly(in directory: BytePath) -> Bool {
        let own = directory.bytes.dropLast()
        let slash = CChar(bitPattern: UInt8(ascii: "/"))
        guard bytes.starts(with: own), bytes.dropFirst(own.count).first == slash else { return false }
        return !bytes.dropFirst(own.count + 1).contains(slash)
    }

    /// Whether the path's bytes come before those of `other`.
    func precedes(_ other: BytePath) -> Bool {
        bytes.lazy.map(UInt8.init(bitPattern:)).lexicographicallyPrecedes(other.bytes.lazy.map(UInt8.init(bitPattern:)))
    }

    /// Whether what is at the path is as it was when `stamp` was taken.
    func isStill(_ stamp: StatStamp) -> Bool { stamp.isStill(at: bytes.span) }

    var filePath: FilePath { FilePath(platformString: bytes) }

    /// The path for people; bytes that are not UTF-8 are replaced.
    var text: String {
        String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
