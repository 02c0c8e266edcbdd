import StrataModel

/// What is known of one entry of a pack that is being indexed: a cache line.
struct PackRecord {
    /// The object's name, once it is known.
    var id: ObjectID
    /// What the entry is: the type in its header.
    var type: UInt8
    /// What the object is, once it is known; 0 before.
    var kind: UInt8
    var headerLength: UInt8
    /// Of the header and the compressed data.
    var crc: UInt32 = 0
    var offset: Int
    /// Of a delta, the entry that it was resolved against, or is to be, if that is known.
    var base = none
    /// The first of the deltas against this entry that name it by its offset, and of this one's kin the next.
    var firstChild = none
    var nextSibling = none

    static let none = UInt32.max

    var isDelta: Bool { type > 4 }
    var isResolved: Bool { kind != 0 }
}

/// The entries of a pack in the order of their offsets. Grows with what is read, not with what the pack's header says, unless the pack is known to have room
/// for as many.
///
/// Sendable because a record is written by one thread at a time: by the one that reads its entry, then each by the one that resolves its delta; others read
/// of it only what was written before they began, and ``PackRecord/base``, ``PackRecord/firstChild`` and ``PackRecord/nextSibling``, which then stay.
@safe
final class PackRecords: @unchecked Sendable {
    private(set) var count = 0
    private var capacity = 64
    private var records: UnsafeMutablePointer<PackRecord>

    init() { unsafe records = .allocate(capacity: capacity) }

    /// Records that are each to be set, by threads, before they are read: what they are until then is undefined.
    ///
    /// They own nothing, so that there is nothing to be let go of when they are set.
    init(unset count: Int) {
        capacity = max(count, 1)
        unsafe records = .allocate(capacity: capacity)
        self.count = count
    }

    deinit { unsafe records.deallocate() }

    @inline(__always)
    subscript(index: Int) -> PackRecord {
        unsafeAddress {
            precondition(index >= 0 && index < count)
            return unsafe UnsafePointer(records + index)
        }
        unsafeMutableAddress {
            precondition(index >= 0 && index < count)
            return unsafe records + index
        }
    }

    /// Makes the lists of the deltas against each entry.
    func link() {
        for index in 0..<count where self[index].base != PackRecord.none {
            let base = Int(self[index].base)
            self[index].nextSibling = self[base].firstChild
            self[base].firstChild = UInt32(index)
        }
    }

    func append(_ record: PackRecord) {
        if count == capacity {
            let larger = UnsafeMutablePointer<PackRecord>.allocate(capacity: capacity * 2)
            unsafe larger.moveInitialize(from: records, count: count)
            unsafe records.deallocate()
            unsafe records = larger
            capacity *= 2
        }
        unsafe (records + count).initialize(to: record)
        count += 1
    }

    /// The entry that starts at `offset`, among the first `count`; nil when none does.
    func index(at offset: Int, below count: Int) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].offset == offset ? low : nil
    }
}
