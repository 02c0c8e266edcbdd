import CLMDB

/// A page of a tree where it lies, in the mapped file or in a copy, and what a sound one is (``LMDBPageFormat``).
///
/// For changes, which look at many, without a copy: valid as long as the file is mapped and nobody commits.
@safe
struct LMDBPageLook {
    private let bytes: UnsafeRawBufferPointer
    let number: UInt64
    let isBranch: Bool
    /// The number of nodes.
    let count: Int
    /// Of a leaf: what flags any of its nodes has. Some where it is not known.
    private(set) var allFlags = 0xffff

    /// The page `number`, of which no more is to be asked than ``flaw`` unless that is known to be nil.
    init(known number: UInt64, _ bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = bytes
        self.number = number
        isBranch = unsafe bytes.loadUnaligned(fromByteOffset: 10, as: UInt16.self) == LMDBPageFormat.branchFlag
        let lower = unsafe Int(bytes.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
        count = max(0, lower - LMDBPageFormat.headCount) / 2
    }

    /// Looks at the page `number`.
    init(_ number: UInt64, _ bytes: UnsafeRawBufferPointer) throws(LMDBFailure) {
        unsafe self.init(known: number, bytes)
        if let flags = soundFlags {
            allFlags = flags
        } else if let flaw {
            throw .damaged("page \(number): \(flaw)")
        }
    }

    private func number16(_ offset: Int) -> Int {
        unsafe Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    /// The flags that any of its nodes has, where ``flaw`` is nil; nil where there is one. It is faster, and does not say what it is.
    ///
    /// In one pass, without going from node to node: where an odd number of nodes starts or ends, but for the two ends of their room, an even number lies
    /// on one side and an odd one on the other. If there is no such place, each place of the room has an odd number, one at least, and the nodes
    /// lie side by side exactly when they are together as long as it is.
    var soundFlags: Int? {
        let (lower, upper, size) = (number16(12), number16(14), unsafe bytes.count)
        guard unsafe bytes.loadUnaligned(as: UInt64.self) == number,
            isBranch || number16(10) == LMDBPageFormat.leafFlag, lower > LMDBPageFormat.headCount, lower % 2 == 0,
            lower <= upper, upper < size, upper % 2 == 0, size % 2 == 0
        else { return nil }
        return isBranch
            ? flagsOfNodes(isBranch: true, UInt(bitPattern: upper))
            : flagsOfNodes(isBranch: false, UInt(bitPattern: upper))
    }

    /// For each kind by itself, and with nothing asked that is known: a write transaction looks at some two hundred nodes here.
    @inline(__always)
    private func flagsOfNodes(isBranch: Bool, _ upper: UInt) -> Int? {
        guard let start = unsafe bytes.baseAddress else { return nil }
        let size = unsafe UInt(bitPattern: bytes.count)
        // A bit for each two bytes, and one for the end.
        let words = Int(size / 128 + 1)
        return unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: words) { bounds in
            guard let bounds = bounds.baseAddress else { return nil }
            unsafe bounds.initialize(repeating: 0, count: words)
            func flip(_ place: UInt) { unsafe bounds[Int(place / 128)] ^= 1 << UInt64(place / 2 % 64) }
            var (flags, total): (UInt64, UInt) = (0, 0)
            // Nodes that were written in the order of their keys lie one before the other: then only the ends of the whole run count.
            var (runStart, runEnd) = (size, size)
            var leastKey: UInt = isBranch ? 0 : 1
            var offset = LMDBPageFormat.headCount
            for _ in 0..<count {
                let node = unsafe UInt(start.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
                offset &+= 2
                guard node % 2 == 0, node >= upper, node <= size &- 8 else { return nil }
                let head = unsafe start.loadUnaligned(fromByteOffset: Int(bitPattern: node), as: UInt64.self)
                let keyCount = UInt(head >> 48)
                guard keyCount >= leastKey, keyCount <= UInt(LMDBPageFormat.keyLimit) else { return nil }
                leastKey = 1
                flags |= head
                var end = node &+ 8 &+ keyCount
                if !isBranch { end &+= head & 1 << 32 != 0 ? 8 : UInt(head & 0xffff_ffff) }
                end &+= end & 1
                guard end <= size else { return nil }
                total &+= end &- node
                if end != runStart {
                    flip(runStart)
                    flip(runEnd)
                    runEnd = end
                }
                runStart = node
            }
            for place in [runStart, runEnd, upper, size] { flip(place) }
            var rest: UInt64 = 0
            for word in 0..<words { unsafe rest |= bounds[word] }
            return rest == 0 && total == size - upper ? Int(flags >> 32 & 0xffff) : nil
        }
    }

    /// What is wrong with it; nil = nothing.
    var flaw: String? {
        guard unsafe bytes.loadUnaligned(as: UInt64.self) == number else { return "it says it is another" }
        guard isBranch || number16(10) == LMDBPageFormat.leafFlag else { return "it is neither branch nor leaf" }
        let (lower, upper, size) = (number16(12), number16(14), unsafe bytes.count)
        guard lower > LMDBPageFormat.headCount, lower % 2 == 0, lower <= upper, upper < size, upper % 2 == 0 else {
            return "its free space from \(lower) to \(upper) is impossible"
        }
        return unsafe withUnsafeTemporaryAllocation(byteCount: size / 16 + 1, alignment: 1) { starts in
            // LMDB leaves no room between nodes: one after the other, they are those that the offsets lead to, each once.
            unsafe starts.initializeMemory(as: UInt8.self, repeating: 0)
            var (at, nodes) = (upper, 0)
            while at < size {
                guard at + 8 <= size, let end = end(at), end <= size else { return "a node goes beyond it" }
                unsafe starts[at / 16] |= 1 << UInt8(at / 2 % 8)
                (at, nodes) = (end, nodes + 1)
            }
            guard nodes == count else { return "its nodes overlap or leave room" }
            for index in 0..<count {
                let start = start(index)
                let bit = UInt8(1) << UInt8(start / 2 % 8)
                guard start % 2 == 0, start >= upper, start < size, unsafe starts[start / 16] & bit != 0 else {
                    return "node \(index) is none, or is another's"
                }
                unsafe starts[start / 16] &= ~bit
                let keyCount = number16(start + 6)
                guard keyCount <= LMDBPageFormat.keyLimit, keyCount > 0 || isBranch && index == 0 else {
                    return "node \(index) has a key of \(keyCount) bytes"
                }
            }
            return nil
        }
    }

    /// Where the node at `start`, whose head is in the page, ends; nil = far beyond it.
    private func end(_ start: Int) -> Int? {
        var end = start + 8 + number16(start + 6)
        if !isBranch {
            if isFar(start), end + 8 > (unsafe bytes.count) { return nil }
            end += isFar(start) ? 8 : low(start)
        }
        return end + end % 2
    }

    // MARK: Nodes, of which there is the one that is asked for

    private func low(_ start: Int) -> Int { unsafe Int(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)) }
    private func isFar(_ start: Int) -> Bool { number16(start + 4) & 0x01 != 0 }
    private func start(_ index: Int) -> Int { number16(LMDBPageFormat.headCount + 2 * index) }

    func keyPlace(_ index: Int) -> Range<Int> {
        let start = start(index)
        return (start + 8)..<(start + 8 + number16(start + 6))
    }

    /// Whether a node's key begins at `place`.
    func hasKey(at place: Int) -> Bool {
        for index in 0..<count where start(index) + 8 == place { return true }
        return false
    }

    func key(_ index: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: bytes[keyPlace(index)])
    }

    /// Of a branch: the page that a node leads to.
    func page(_ index: Int) -> UInt64 {
        let start = start(index)
        return UInt64(low(start)) | UInt64(number16(start + 4)) << 32
    }

    /// Of a branch: which node leads to `key`. Of one whose keys are not in order it is the one that LMDB comes to.
    func index(of key: UnsafeRawBufferPointer) -> Int {
        let (index, order) = unsafe search(key, from: 1)
        return order < 0 ? index - 1 : index
    }

    /// Of a leaf: which node has `key`.
    func find(_ key: UnsafeRawBufferPointer) -> Int? {
        let (index, order) = unsafe search(key, from: 0)
        return order == 0 && index < count ? index : nil
    }

    /// The node at which a search for `key` ends, step by step as LMDB's (`mdb_node_search`), and how `key` stands to that: at it, or before it, and then behind
    /// the one before. May be one more than there are.
    private func search(_ key: UnsafeRawBufferPointer, from first: Int) -> (index: Int, order: Int) {
        var (low, high) = (first, count - 1)
        var (index, order) = (first, -1)
        while low <= high {
            index = (low + high) >> 1
            order = unsafe LMDBPageFormat.order(key, self.key(index), integers: false)
            if order == 0 { return (index, 0) }
            if order > 0 { low = index + 1 } else { high = index - 1 }
        }
        return (order > 0 ? index + 1 : index, -1)
    }

    /// Of a branch: whether its keys are in order, each once; the first leads to all before.
    var hasKeysInOrder: Bool {
        if count < 3 { return true }
        for index in 2..<count
        where unsafe LMDBPageFormat.order(key(index - 1), key(index), integers: false) >= 0 { return false }
        return true
    }

    // MARK: Values

    /// Of a leaf: whether each node is a list of numbers under a number, in the page, with no more than it has room for. What is wrong it does not say.
    var isOfLists: Bool {
        for index in 0..<count {
            let start = start(index)
            let head = unsafe bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
            // The key has eight bytes, there are no flags.
            guard head >> 32 == 0x0008_0000, head & 0xffff_ffff >= 8, start + 24 <= (unsafe bytes.count) else {
                return false
            }
            let listed = unsafe bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self)
            if listed > (head & 0xffff_ffff) / 8 - 1 { return false }
        }
        return true
    }

    /// Of a leaf: the flags of a node (1 = in overflow pages, 2 = a tree).
    func flags(_ index: Int) -> Int { number16(start(index) + 4) }
    func valueSize(_ index: Int) -> Int { low(start(index)) }

    /// Of a leaf: where the value lies in the page; nil = in overflow pages.
    func valuePlace(_ index: Int) -> Range<Int>? {
        let (start, end) = (start(index), keyPlace(index).upperBound)
        return isFar(start) ? nil : end..<(end + low(start))
    }

    func value(_ index: Int) -> UnsafeRawBufferPointer? {
        unsafe valuePlace(index).map { unsafe UnsafeRawBufferPointer(rebasing: bytes[$0]) }
    }

    /// Of a leaf: the first of the overflow pages with the value.
    func overflowPage(_ index: Int) -> UInt64 {
        unsafe bytes.loadUnaligned(fromByteOffset: keyPlace(index).upperBound, as: UInt64.self)
    }
}
