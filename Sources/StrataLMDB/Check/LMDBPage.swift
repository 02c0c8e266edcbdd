import Glibc
import StrataIO

/// A page of a tree, taken apart: a copy of the file's, whose every part lies where it may.
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
    /// Where nodes begin and end.
    private var places: [(start: Int, end: Int)] = []

    init(pageSize: Int) { unsafe bytes = .allocate(byteCount: pageSize, alignment: 16) }

    deinit { unsafe bytes.deallocate() }

    /// What lies at `range`, which is one of a node's, valid until the next ``load(_:from:)``.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[range])
    }

    private func number16(_ offset: Int) -> Int {
        unsafe Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
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
        guard unsafe bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self) == number else {
            return "it says it is another"
        }
        switch UInt16(number16(10)) {
        case Self.branchFlag: isBranch = true
        case Self.leafFlag: isBranch = false
        default: return "it is neither branch nor leaf"
        }
        let flaw = parse()
        if flaw != nil { nodes.removeAll(keepingCapacity: true) }
        return flaw
    }

    private func parse() -> String? {
        let (lower, upper, size) = (number16(12), number16(14), unsafe bytes.count)
        guard lower > Self.headCount, lower % 2 == 0, lower <= upper, upper < size, upper % 2 == 0 else {
            return "its free space from \(lower) to \(upper) is impossible"
        }
        places.removeAll(keepingCapacity: true)
        for index in 0..<(lower - Self.headCount) / 2 {
            let start = number16(Self.headCount + 2 * index)
            guard start % 2 == 0, start >= upper, start + 8 <= size else { return "node \(index) is outside of it" }
            guard let (node, end) = node(at: start) else { return "node \(index) goes beyond it" }
            guard node.key.count <= Self.keyLimit, isBranch && index == 0 || !node.key.isEmpty else {
                return "node \(index) has a key of \(node.key.count) bytes"
            }
            nodes.append(node)
            places.append((start, end))
        }
        // LMDB leaves no room between nodes.
        places.sort { $0.start < $1.start }
        var at = upper
        for place in places {
            guard place.start == at else { return "its nodes overlap or leave room" }
            at = place.end
        }
        return at == size ? nil : "its nodes overlap or leave room"
    }

    private func node(at start: Int) -> (Node, end: Int)? {
        let size = unsafe bytes.count
        let low = unsafe bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)
        let flags = UInt16(number16(start + 4))
        let keyEnd = start + 8 + number16(start + 6)
        guard keyEnd <= size else { return nil }
        let key = start + 8..<keyEnd
        if isBranch {
            let node = Node(key: key, value: nil, valueSize: 0, page: UInt64(low) | UInt64(flags) << 32, flags: 0)
            return keyEnd + keyEnd % 2 <= size ? (node, keyEnd + keyEnd % 2) : nil
        }
        let isFar = flags & 0x01 != 0
        let end = keyEnd + (isFar ? 8 : Int(low))
        guard end + end % 2 <= size else { return nil }
        let page = unsafe isFar ? bytes.loadUnaligned(fromByteOffset: keyEnd, as: UInt64.self) : 0
        let node = Node(key: key, value: isFar ? nil : keyEnd..<end, valueSize: Int(low), page: page, flags: flags)
        return (node, end + end % 2)
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
