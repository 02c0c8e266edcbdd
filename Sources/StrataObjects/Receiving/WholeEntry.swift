import StrataModel

/// An entry of a pack that holds an object whole.
struct WholeEntry {
    let bytes: [UInt8]
    let headerLength: Int

    /// - Parameter level: zlib's.
    init(_ object: ObjectContents, level: Int32) throws(ObjectError) {
        let header = Self.header(object.kind, size: UInt64(object.bytes.count))
        headerLength = header.count
        bytes = header + (try Deflated.zlib(object.bytes, level: level))
    }

    /// What stands in front of the compressed data.
    static func header(_ kind: ObjectKind, size: UInt64) -> [UInt8] {
        var header: [UInt8] = []
        var rest = size >> 4
        var byte = kind.rawValue << 4 | UInt8(size & 15)
        while rest > 0 {
            header.append(byte | 0x80)
            byte = UInt8(rest & 0x7f)
            rest >>= 7
        }
        return header + [byte]
    }
}
