import Glibc
public import SystemPackage

/// A pack that git would not write, or not so: entries as they are given, under ids that need not be theirs.
public struct HandmadePack: Sendable {
    /// One entry, under an id whose bytes are all `name`.
    public struct Entry: Sendable {
        public var name: UInt8
        public var type: UInt8
        /// Stands between the header and the compressed data.
        public var base: [UInt8]
        public var data: [UInt8]
        /// What the header says, when that is a lie.
        public var size: Int?

        public init(name: UInt8, type: UInt8, base: [UInt8] = [], data: [UInt8], size: Int? = nil) {
            self.name = name
            self.type = type
            self.base = base
            self.data = data
            self.size = size
        }
    }

    public var pack: [UInt8]
    public var index: [UInt8]

    /// A pack of `entries`, in the order of their names. `lies` = what the index says of the place of some.
    public init(_ entries: [Entry], offsets lies: [Int: Int] = [:]) {
        pack = Array("PACK".utf8) + Self.be32(2) + Self.be32(entries.count)
        var offsets: [Int] = []
        for entry in entries {
            offsets.append(pack.count)
            pack += Self.number(entry.size ?? entry.data.count, bits: 4, or: entry.type << 4) + entry.base
            pack += Self.deflated(entry.data)
        }
        for (number, lie) in lies { offsets[number] = lie }
        pack += Self.checksum
        index = Self.index(entries.map(\.name), offsets)
    }

    /// A pack of whatever `body` is, in which `names` are said to be at `offsets`.
    public init(body: [UInt8], names: [UInt8], offsets: [Int]) {
        pack = Array("PACK".utf8) + Self.be32(2) + Self.be32(names.count) + body + Self.checksum
        index = Self.index(names, offsets)
    }

    private static let checksum = [UInt8](repeating: 0x33, count: 20)

    private static func index(_ names: [UInt8], _ offsets: [Int]) -> [UInt8] {
        var index: [UInt8] = [0xff, 0x74, 0x4f, 0x63] + be32(2)
        for slot in 0..<256 { index += be32(names.filter { $0 <= slot }.count) }
        for name in names { index += [UInt8](repeating: name, count: 20) }
        index += [UInt8](repeating: 0, count: 4 * names.count)
        for offset in offsets { index += be32(offset) }
        return index + checksum + checksum
    }

    /// Writes the files `pack/pack-x.pack` and `.idx` into a directory.
    public func write(to directory: FilePath) throws {
        let packs = directory.appending("pack")
        _ = unsafe packs.withPlatformString { unsafe mkdir($0, 0o777) }
        for (name, bytes) in [("pack-x.pack", pack), ("pack-x.idx", index)] {
            let file = try FileDescriptor.open(
                packs.appending(name), .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(bytes) }
        }
    }

    public static func be32(_ value: Int) -> [UInt8] { PackBuilder.be32(value) }

    /// A zlib stream of stored blocks.
    public static func deflated(_ data: [UInt8]) -> [UInt8] { PackBuilder.deflate(data) }

    /// A number as pack headers and deltas have it: `bits` in the first byte, seven in each other.
    public static func number(_ value: Int, bits: Int = 7, or type: UInt8 = 0) -> [UInt8] {
        PackBuilder.number(value, bits: bits, or: type)
    }
}
