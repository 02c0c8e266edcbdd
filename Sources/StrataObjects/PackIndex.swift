import StrataModel

/// The index of a pack, `.idx` version 1 or 2: where in the pack each object stands.
///
/// The format is described in gitformat-pack. Every table is checked to lie in the file when it is opened; the
/// trailing checksum is not computed, as git does not when it reads.
struct PackIndex: Sendable {
    let file: MappedBytes
    let algorithm: HashAlgorithm
    /// The number of objects.
    let count: Int

    private let isVersion1: Bool
    private let fanout: Int
    private let names: Int
    private let stride: Int
    private let offsets: Int
    private let largeOffsets: Int
    private let largeCount: Int

    /// Checks the layout of `file`.
    init(_ file: MappedBytes, algorithm: HashAlgorithm) throws(ObjectLookupError) {
        let hash = algorithm.byteCount
        guard file.count >= 8 + 1024 + 2 * hash else { throw .corrupt(file.path, "pack index is too small") }
        isVersion1 = file.be32(0) != 0xff74_4f63
        if !isVersion1 && file.be32(4) != 2 {
            throw .corrupt(file.path, at: 4, "pack index version \(file.be32(4)) is not supported")
        }
        fanout = isVersion1 ? 0 : 8
        var previous: UInt32 = 0
        for slot in 0..<256 {
            let next = file.be32(fanout + 4 * slot)
            guard next >= previous else { throw .corrupt(file.path, at: fanout + 4 * slot, "non-monotonic index") }
            previous = next
        }
        count = Int(previous)
        let tables = fanout + 1024
        let smallest = tables + count * (hash + (isVersion1 ? 4 : 8)) + 2 * hash
        if isVersion1 {
            stride = hash + 4
            names = tables + 4
            offsets = tables
            largeOffsets = 0
            largeCount = 0
            guard file.count == smallest else { throw .corrupt(file.path, "wrong index file size") }
        } else {
            stride = hash
            names = tables
            offsets = tables + count * (hash + 4)
            largeOffsets = offsets + 4 * count
            largeCount = (file.count - smallest) / 8
            guard file.count >= smallest, largeCount <= max(count - 1, 0), (file.count - smallest) % 8 == 0 else {
                throw .corrupt(file.path, "wrong index file size")
            }
        }
        self.file = file
        self.algorithm = algorithm
    }

    /// The checksum of the pack, as the index has it.
    var packChecksum: ObjectID { file.id(file.count - 2 * algorithm.byteCount, algorithm) }

    /// The name of the object at `position`, below `count`, in the order of names.
    @inline(__always)
    func id(at position: Int) -> ObjectID { file.id(names + position * stride, algorithm) }

    /// The first position whose name is not below `id`; `count` when there is none.
    func lowerBound(_ id: ObjectID) -> Int {
        let slot = Int(id.word0 >> 56)
        var low = slot == 0 ? 0 : Int(file.be32(fanout + 4 * (slot - 1)))
        var high = Int(file.be32(fanout + 4 * slot))
        while low < high {
            let middle = (low + high) / 2
            let word = file.be64(names + middle * stride)
            if word < id.word0 || (word == id.word0 && self.id(at: middle) < id) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// The position of the object `id`, or nil when the pack does not have it.
    func position(of id: ObjectID) -> Int? {
        let position = lowerBound(id)
        return position < count && self.id(at: position) == id ? position : nil
    }

    /// Where in the pack the object at `position` starts. The pack checks that it lies in it.
    func offset(at position: Int) throws(ObjectLookupError) -> Int {
        let place = isVersion1 ? offsets + position * stride : offsets + 4 * position
        let offset = file.be32(place)
        guard !isVersion1, offset & 0x8000_0000 != 0 else { return Int(offset) }
        let row = Int(offset & 0x7fff_ffff)
        guard row < largeCount, let large = Int(exactly: file.be64(largeOffsets + 8 * row)) else {
            throw .corrupt(file.path, at: place, "offset beyond the end of the index")
        }
        return large
    }
}
