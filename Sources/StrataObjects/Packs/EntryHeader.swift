import StrataModel

/// Why the header of a pack's entry cannot be used. The raw value is what is wrong, in git's words.
enum EntryFailure: Error {
    case tooLarge
    case unknownType(UInt8)
    case baseOverflow
    case baseOutOfBound

    var cause: String {
        switch self {
        case .tooLarge: "object size too large for this platform"
        case .unknownType(let type): "unknown object type \(type)"
        case .baseOverflow: "offset value overflow for delta base object"
        case .baseOutOfBound: "delta base offset is out of bound"
        }
    }
}

/// What stands in front of the compressed data of a pack's entry, as gitformat-pack describes it.
struct EntryHeader {
    /// What an entry is: an object, or a delta against an entry of the same pack or against an object.
    enum Body {
        case object(ObjectKind)
        case offsetDelta(base: Int)
        case referenceDelta(base: ObjectID)
    }

    let body: Body
    /// The number of bytes that the compressed data gives: the object's, or the delta's.
    let size: Int
    /// The number of bytes of the header.
    let length: Int

    /// Parses the header at the start of `bytes`, of an entry that stands at `offset` of its pack; nil when it is cut short.
    @inline(__always)
    init?(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, _ algorithm: HashAlgorithm
    ) throws(EntryFailure) {
        guard unsafe !bytes.isEmpty else { return nil }
        var byte = unsafe bytes[0]
        var place = 1
        let type = byte >> 4 & 7
        var size = Int(byte & 15)
        var shift = 4
        while byte & 0x80 != 0 {
            guard place < bytes.count else { return nil }
            guard shift <= 53 else { throw .tooLarge }
            byte = unsafe bytes[place]
            place += 1
            size |= Int(byte & 0x7f) << shift
            shift += 7
        }
        switch type {
        case 6:
            guard let base = unsafe try Self.relativeBase(bytes, &place, of: offset) else { return nil }
            body = .offsetDelta(base: base)
        case 7:
            guard bytes.count - place >= algorithm.byteCount else { return nil }
            body = .referenceDelta(base: unsafe ObjectID(bytes, at: place, algorithm))
            place += algorithm.byteCount
        default:
            guard let kind = ObjectKind(rawValue: type) else { throw .unknownType(type) }
            body = .object(kind)
        }
        self.size = size
        length = place
    }

    /// The offset of an ofs-delta's base. It stands before the delta, so such chains always end.
    private static func relativeBase(
        _ bytes: UnsafeRawBufferPointer, _ place: inout Int, of offset: Int
    ) throws(EntryFailure) -> Int? {
        var distance = -1
        while place < bytes.count {
            guard distance < 1 << 55 else { throw .baseOverflow }
            let byte = unsafe bytes[place]
            place += 1
            distance = (distance + 1) << 7 | Int(byte & 0x7f)
            if byte & 0x80 == 0 {
                guard distance > 0, distance <= offset - 12 else { throw .baseOutOfBound }
                return offset - distance
            }
        }
        return nil
    }
}

extension ObjectID {
    /// The id whose bytes start at `position`, all of which must be there.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, at position: Int, _ algorithm: HashAlgorithm) {
        func word(_ place: Int) -> UInt64 {
            UInt64(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: position + place, as: UInt64.self))
        }
        if algorithm == .sha256 {
            self.init(algorithm: .sha256, words: (word(0), word(8), word(16), word(24)))
        } else {
            let last = unsafe bytes.loadUnaligned(fromByteOffset: position + 16, as: UInt32.self)
            self.init(algorithm: .sha1, words: (word(0), word(8), UInt64(UInt32(bigEndian: last)) << 32, 0))
        }
    }
}
