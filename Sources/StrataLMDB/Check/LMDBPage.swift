import Glibc
import StrataIO

/// A page of a tree, taken apart: a copy of the file's, whose every part lies where it may (``LMDBPageLook``).
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
@safe
final class LMDBPage {
    static let headCount = 16
    static let branchFlag: UInt16 = 1
    static let leafFlag: UInt16 = 2
    static let overflowFlag: UInt16 = 4
    static let keyLimit = 511

    struct Node {
        let key: Range<Int>
        /// Of a leaf: where the value lies in the page; nil = in overflow pages, from ``page`` on.
        let value: Range<Int>?
        let valueSize: Int
        /// Of a branch, or with overflow pages.
        let page: UInt64
        let flags: UInt16

        var isTree: Bool { flags & 0x02 != 0 }
        /// Whether it is more than a record or a tree, which no database here has.
        var isOdd: Bool { flags & ~0x03 != 0 }
    }

    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var number: UInt64 = 0
    private(set) var isBranch = false
    private(set) var nodes: [Node] = []

    init(pageSize: Int) { unsafe bytes = .allocate(byteCount: pageSize, alignment: 16) }

    deinit { unsafe bytes.deallocate() }

    /// What lies at `range`, which is one of a node's, valid until the next ``load(_:from:)``.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[range])
    }

    /// Takes the page `number`.
    ///
    /// - Returns: what is wrong with it, and then it has no nodes; nil = nothing.
    func load(_ number: UInt64, from file: LMDBPageFile) -> String? {
        nodes.removeAll(keepingCapacity: true)
        do throws(FileError) {
            guard try unsafe file.read(at: number * UInt64(bytes.count), into: bytes) == bytes.count else {
                return "it lies behind the end of the file"
            }
        } catch {
            return "it cannot be read: \(error)"
        }
        return parse(number)
    }

    /// Takes the page `number`, which lies there. See above.
    func load(_ number: UInt64, from page: UnsafeRawBufferPointer) -> String? {
        unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: page.prefix(bytes.count)))
        return parse(number)
    }

    private func parse(_ number: UInt64) -> String? {
        nodes.removeAll(keepingCapacity: true)
        self.number = number
        let look = unsafe LMDBPageLook(known: number, UnsafeRawBufferPointer(bytes))
        if let flaw = look.flaw { return flaw }
        isBranch = look.isBranch
        for index in 0..<look.count { nodes.append(Self.node(index, of: look)) }
        return nil
    }

    private static func node(_ index: Int, of look: LMDBPageLook) -> Node {
        let key = look.keyPlace(index)
        if look.isBranch { return Node(key: key, value: nil, valueSize: 0, page: look.page(index), flags: 0) }
        let value = look.valuePlace(index)
        return Node(
            key: key, value: value, valueSize: look.valueSize(index),
            page: value == nil ? look.overflowPage(index) : 0, flags: UInt16(look.flags(index)))
    }

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
