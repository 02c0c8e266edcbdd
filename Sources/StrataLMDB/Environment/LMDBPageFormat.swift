import Glibc

/// How LMDB writes a page of a tree:
///
///     8  its number
///     2  not used
///     2  flags: 1 branch, 2 leaf, 4 overflow, 8 meta
///     2  lower   where the offsets end
///     2  upper   where the nodes begin
///        the offsets of the nodes, two bytes each, in the order of their keys
///        …
///        the nodes, side by side to the end of the page
///
/// A node of a leaf: the size of its value in four bytes, flags and the key's size in two each, the key, and the value or the number of the
/// overflow page. A node of a branch: the number of a page in six bytes, the key's size, the key.
enum LMDBPageFormat {
    static let headCount = 16
    static let branchFlag: UInt16 = 1
    static let leafFlag: UInt16 = 2
    static let overflowFlag: UInt16 = 4
    static let keyLimit = 511

    /// How two keys stand to each other: as bytes, or with `integers` as the machine's numbers of eight bytes.
    static func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, integers: Bool) -> Int {
        if integers, a.count == 8, b.count == 8 {
            let (x, y) = unsafe (a.loadUnaligned(as: UInt64.self), b.loadUnaligned(as: UInt64.self))
            return x < y ? -1 : x == y ? 0 : 1
        }
        let shared = min(a.count, b.count)
        if shared > 0, let x = a.baseAddress, let y = b.baseAddress {
            let result = unsafe memcmp(x, y, shared)
            if result != 0 { return Int(result) }
        }
        return a.count - b.count
    }
}
