import StrataIO
import StrataModel

/// The index of a pack, `.idx` version 1 or 2: where in the pack each object stands.
///
/// The format is described in gitformat-pack. Every table is checked to lie in the file when it is opened; the
/// trailing checksum is not computed, as git does not when it reads.
final class PackIndex: Sendable, SortedObjectIDs {
    let file: MappedBytes
    let algorithm: HashAlgorithm
    /// The number of objects.
    let count: Int

    /// Where the tables stand, and how far the names are from each other.
    let isVersion1: Bool
    let fanout: Int
    let names: Int
    let stride: Int
    let offsets: Int
    let largeOffsets: Int
    let largeCount: Int

    /// Checks the layout of `file`.
    init(_ file: MappedBytes, algorithm: HashAlgorithm) throws(ObjectError) {
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

    /// To be called after what was read: whether none of it was cut off meanwhile.
    @inline(__always)
    func checkWhole() throws(ObjectError) { try lend(file) { file throws(ObjectError) in try file.checkWhole() } }

    var version: Int { isVersion1 ? 1 : 2 }

    /// The checksum of the pack, as the index has it.
    var packChecksum: ObjectID { file.id(file.count - 2 * algorithm.byteCount, algorithm) }

    /// The name of the object at `position`, below `count`, in the order of names.
    @inline(__always)
    func id(at position: Int) -> ObjectID { file.id(names + position * stride, algorithm) }

    /// The first 8 bytes of the name of the object at `position`.
    @inline(__always)
    func word(at position: Int) -> UInt64 { file.be64(names + position * stride) }

    /// The first position whose name is not below `id`; `count` when there is none.
    ///
    /// Names are as good as random, so that a guess from their leading bits is off by about the square root of their number, and a second one, from the
    /// name that stands there, by the root of that: it is looked for around there, in a few cache lines, before the rest is halved.
    func lowerBound(_ id: ObjectID) -> Int {
        let slot = Int(id.word0 >> 56)
        var low = slot == 0 ? 0 : Int(file.be32(fanout + 4 * (slot - 1)))
        var high = Int(file.be32(fanout + 4 * slot))
        // Tables that were cut off or written over since they were checked.
        guard low <= high, high <= count else { return count }
        if high - low > 16 {
            let span = high - low
            var guess = low + Self.share(of: span, id.word0 << 8)
            let word = word(at: guess)
            if word < id.word0 {
                guess = min(guess + Self.share(of: span, (id.word0 - word) << 8), high - 1)
            } else {
                guess = max(guess - Self.share(of: span, (word - id.word0) << 8), low)
            }
            var step = 3
            if isBelow(guess, id) {
                low = guess + 1
                while low + step < high {
                    if !isBelow(low + step, id) {
                        high = low + step
                        break
                    }
                    low += step + 1
                    step *= 4
                }
            } else {
                high = guess
                while high - step > low {
                    if isBelow(high - step, id) {
                        low = high - step + 1
                        break
                    }
                    high -= step
                    step *= 4
                }
            }
        }
        while low < high {
            let middle = (low + high) / 2
            if isBelow(middle, id) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// So much of `span`, which is below 2^32, as `part` is of 2^64.
    @inline(__always)
    private static func share(of span: Int, _ part: UInt64) -> Int { Int(((part >> 32) * UInt64(span)) >> 32) }

    @inline(__always)
    private func isBelow(_ position: Int, _ id: ObjectID) -> Bool {
        let word = word(at: position)
        return word < id.word0 || (word == id.word0 && self.id(at: position) < id)
    }

    /// Whether the fan-out table bears out a search for `id`: names just outside of what it gives for the first byte have another one. A damaged slot would
    /// hide objects that are there, from a search that looks between its neighbours only.
    ///
    /// - Parameter position: what ``lowerBound(_:)`` gave. Between two names that it has compared with `id` there is no other, whatever the table says.
    func checkFanout(around id: ObjectID, foundPlace position: Int? = nil) throws(ObjectError) {
        let slot = Int(id.word0 >> 56)
        let place = fanout + 4 * slot
        let low = slot == 0 ? 0 : Int(file.be32(place - 4))
        let high = Int(file.be32(place))
        if let position, low < position, position < high, high <= count { return }
        guard low <= high, high <= count, low == 0 || word(at: low - 1) >> 56 < slot,
            high == count || word(at: high) >> 56 > slot
        else { throw .corrupt(file.path, at: place, "fan-out table does not agree with the names") }
    }

    /// Where in the pack the object at `position` starts. The pack checks that it lies in it.
    func offset(at position: Int) throws(ObjectError) -> Int {
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
