import StrataModel

/// An entry of a pack that holds an object whole.
struct WholeEntry {
    let bytes: [UInt8]
    let headerLength: Int

    /// - Parameter level: zlib's.
    init(_ object: ObjectContents, level: Int32) throws(ObjectError) {
        var entry: [UInt8] = []
        var rest = object.bytes.count >> 4
        var byte = object.kind.rawValue << 4 | UInt8(object.bytes.count & 15)
        while rest > 0 {
            entry.append(byte | 0x80)
            byte = UInt8(rest & 0x7f)
            rest >>= 7
        }
        entry.append(byte)
        headerLength = entry.count
        entry.append(contentsOf: try Deflated.zlib(object.bytes, level: level))
        bytes = entry
    }
}
