import StrataIO

/// A page of a tree, taken apart: a copy of the file's, whose every part lies where it may (``LMDBPageLook``).
@safe
final class LMDBPage {
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
}
