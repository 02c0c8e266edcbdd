import StrataHash
public import StrataModel

/// Packs that are made by hand, entry by entry, as git would or would not make them.
public struct PackBuilder {
    public struct Entry {
        public var type: UInt8
        /// Stands between the header and the compressed data.
        public var base: [UInt8] = []
        public var data: [UInt8]
        /// What the header says, when that is a lie.
        public var size: Int?
        /// What stands in the place of the compressed data.
        public var stream: [UInt8]?

        public init(type: UInt8, base: [UInt8] = [], data: [UInt8], size: Int? = nil, stream: [UInt8]? = nil) {
            self.type = type
            self.base = base
            self.data = data
            self.size = size
            self.stream = stream
        }
    }

    public var algorithm = HashAlgorithm.sha1
    public var version = 2
    public var entries: [Entry] = []
    /// What the header says of the number of entries, when that is a lie.
    public var count: Int?
    /// Where the entries added so far start.
    public private(set) var offsets: [Int] = []
    private var size = 12

    public init(_ algorithm: HashAlgorithm = .sha1) { self.algorithm = algorithm }

    /// Adds an entry; its number.
    @discardableResult
    public mutating func add(_ entry: Entry) -> Int {
        offsets.append(size)
        size += Self.bytes(entry).count
        entries.append(entry)
        return entries.count - 1
    }

    @discardableResult
    public mutating func add(_ kind: ObjectKind, _ data: [UInt8]) -> Int { add(Entry(type: kind.rawValue, data: data)) }

    /// Adds a delta against an entry.
    @discardableResult
    public mutating func add(delta: [UInt8], on number: Int) -> Int {
        add(Entry(type: 6, base: Self.distance(size - offsets[number]), data: delta))
    }

    /// Adds a delta against an object.
    @discardableResult
    public mutating func add(delta: [UInt8], on id: ObjectID) -> Int {
        add(Entry(type: 7, base: id.bytes, data: delta))
    }

    /// The pack, with the right checksum.
    public var bytes: [UInt8] {
        var pack = Array("PACK".utf8) + Self.be32(version) + Self.be32(count ?? entries.count)
        for entry in entries { pack += Self.bytes(entry) }
        return Self.sealed(pack, algorithm)
    }

    /// The bytes and their checksum.
    public static func sealed(_ bytes: [UInt8], _ algorithm: HashAlgorithm = .sha1) -> [UInt8] {
        var hasher = ChecksumHasher(algorithm)
        hasher.update(bytes.span)
        return bytes + hasher.finish().bytes
    }

    private static func bytes(_ entry: Entry) -> [UInt8] {
        number(entry.size ?? entry.data.count, bits: 4, or: entry.type << 4) + entry.base
            + (entry.stream ?? deflate(entry.data))
    }

    // MARK: - Parts

    public static func be32(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }

    /// A zlib stream of stored blocks.
    public static func deflate(_ data: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var rest = data[...]
        repeat {
            let block = rest.prefix(65535)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            stream += [rest.isEmpty ? 1 : 0, UInt8(length & 255), UInt8(length >> 8)]
            stream += [UInt8(~length & 255), UInt8(~length >> 8)] + block
        } while !rest.isEmpty
        var (a, b) = (1, 0)
        for byte in data {
            a = (a + Int(byte)) % 65521
            b = (b + a) % 65521
        }
        return stream + be32(b << 16 | a)
    }

    /// A number as pack headers and deltas have it: `bits` in the first byte, seven in each other.
    public static func number(_ value: Int, bits: Int = 7, or type: UInt8 = 0) -> [UInt8] {
        var bytes = [UInt8(value & (1 << bits - 1)) | type]
        var rest = value >> bits
        while rest > 0 {
            bytes[bytes.count - 1] |= 0x80
            bytes.append(UInt8(rest & 0x7f))
            rest >>= 7
        }
        return bytes
    }

    /// The distance to an ofs-delta's base.
    public static func distance(_ value: Int) -> [UInt8] {
        var bytes = [UInt8(value & 0x7f)]
        var rest = value >> 7
        while rest > 0 {
            rest -= 1
            bytes.insert(UInt8(rest & 0x7f) | 0x80, at: 0)
            rest >>= 7
        }
        return bytes
    }

    /// A delta that keeps the base's first bytes, at most 255, and adds others.
    public static func delta(from size: Int, keeping kept: Int, adding added: [UInt8]) -> [UInt8] {
        number(size) + number(kept + added.count) + (kept > 0 ? [0x90, UInt8(kept)] : [])
            + (added.isEmpty ? [] : [UInt8(added.count)] + added)
    }
}
