import Glibc
import StrataHash
import StrataIO
import StrataModel
import Synchronization

/// Looks whether an index, and a reverse index, are byte for byte what the entries of their pack make them, by several threads and without making them anew.
/// What is wrong with those that are not, who makes them anew will say.
final class IndexComparison: Sendable {
    private let index: PackIndex
    private let reverse: MappedBytes?
    private let records: PackRecords
    private let order: ReverseIndex
    private let checksum: ObjectID
    private let share: Int
    private let next = Atomic<Int>(0)
    private let differs = Atomic<Bool>(false)

    /// - Parameters:
    ///   - order: of the objects in `index`.
    ///   - checksum: the pack's.
    ///   - share: how many entries a thread takes at a time.
    init(
        _ index: PackIndex, reverse: MappedBytes?, _ records: PackRecords, in order: ReverseIndex, checksum: ObjectID,
        share: Int = 8192
    ) {
        self.index = index
        self.reverse = reverse
        self.records = records
        self.order = order
        self.checksum = checksum
        self.share = share
    }

    func isSame(threads: Int) -> Bool {
        guard records.count == index.count, order.count == index.count, index.packChecksum == checksum else {
            return false
        }
        Threads.run(threads) { _ in
            while !self.differs.load(ordering: .relaxed), let part = self.nextPart() {
                if !self.isSame(part) { self.differs.store(true, ordering: .relaxed) }
            }
        }
        do throws(ObjectError) {
            try index.checkWhole()
            try reverse?.checkWhole()
        } catch {
            return false
        }
        return !differs.load(ordering: .relaxed)
    }

    private enum Part {
        case sum(MappedBytes)
        case names
        case reverse(MappedBytes)
        case entries(Range<Int>)
    }

    private func nextPart() -> Part? {
        switch next.add(1, ordering: .relaxed).oldValue {
        case 0: return .sum(index.file)
        case 1: return .names
        case 2: return reverse.map { .reverse($0) } ?? .entries(0..<0)
        case 3: return reverse.map { .sum($0) } ?? .entries(0..<0)
        case let number:
            let first = (number - 4) * share
            return first < records.count ? .entries(first..<min(first + share, records.count)) : nil
        }
    }

    private func isSame(_ part: Part) -> Bool {
        switch part {
        case .sum(let file): return hasOwnChecksum(file)
        case .names: return index.namesAreSorted && index.largeOffsetsAreInTurn
        case .reverse(let file): return isSame(file)
        case .entries(let range): return isSame(range)
        }
    }

    private func hasOwnChecksum(_ file: MappedBytes) -> Bool {
        let end = file.count - checksum.algorithm.byteCount
        guard end > 0 else { return false }
        var hasher = ChecksumHasher(checksum.algorithm)
        unsafe hasher.update(UnsafeRawBufferPointer(rebasing: file.bytes[..<end]))
        return file.id(end, checksum.algorithm) == hasher.finish()
    }

    private func isSame(_ entries: Range<Int>) -> Bool {
        for rank in entries {
            let position = order.position(rank)
            guard records[rank].offset == order.offset(rank), records[rank].id == index.id(at: position),
                index.crc(at: position).map({ $0 == records[rank].crc }) ?? true
            else { return false }
        }
        return true
    }

    private func isSame(_ reverse: MappedBytes) -> Bool {
        let head = ReverseIndex.head(checksum.algorithm)
        let start = 4 * head.count
        let end = start + 4 * order.count
        guard reverse.count == end + 2 * checksum.algorithm.byteCount else { return false }
        for (place, word) in head.enumerated() where reverse.be32(4 * place) != word { return false }
        for rank in 0..<order.count where Int(reverse.be32(start + 4 * rank)) != order.position(rank) { return false }
        return reverse.id(end, checksum.algorithm) == checksum
    }
}
