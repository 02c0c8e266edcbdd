import StrataModel
import StrataRefs

/// The names that are too long for a key and begin alike, in their order. Each:
///
///     4  the length of the name without its first ``LMDBRefKey/nameLimit`` bytes, the greatest byte first
///     4  the length of the record
///        the rest of the name
///        the record (``LMDBRefRecord``)
struct LMDBLongNames {
    struct Entry {
        var suffix: [UInt8]
        var record: [UInt8]

        func isBefore(_ other: Entry) -> Bool { RefNameOrder.compare(suffix.span, other.suffix.span) < 0 }

        func value(_ algorithm: HashAlgorithm) throws(LMDBFailure) -> RefValue? {
            let bytes = record.span
            return try unsafe bytes.withUnsafeBytes { bytes throws(LMDBFailure) in
                unsafe try LMDBRefRecord(bytes, algorithm).value
            }
        }
    }

    private(set) var entries: [Entry] = []

    init() {}

    init(_ bytes: UnsafeRawBufferPointer) throws(LMDBFailure) {
        var at = 0
        while at < bytes.count {
            guard bytes.count - at >= 8 else { throw Self.cut }
            let (name, record): (UInt32, UInt32) = unsafe (bytes.number(at: at), bytes.number(at: at + 4))
            at += 8
            guard name > 0, record > 0, bytes.count - at >= Int(name) + Int(record) else { throw Self.cut }
            let middle = at + Int(name)
            let entry = unsafe Entry(
                suffix: Array(bytes[at..<middle]), record: Array(bytes[middle..<middle + Int(record)]))
            if let last = entries.last, !last.isBefore(entry) {
                throw .damaged("long names are out of order")
            }
            entries.append(entry)
            at = middle + Int(record)
        }
    }

    private static let cut = LMDBFailure.damaged("a record of long names is cut short")

    var bytes: [UInt8] {
        var all: [UInt8] = []
        for entry in entries {
            all.append(number: UInt32(entry.suffix.count))
            all.append(number: UInt32(entry.record.count))
            all += entry.suffix
            all += entry.record
        }
        return all
    }

    /// The record of the name that ends in `suffix`.
    subscript(suffix: ArraySlice<UInt8>) -> [UInt8]? {
        get {
            let index = position(suffix)
            return index < entries.count && entries[index].suffix[...] == suffix ? entries[index].record : nil
        }
        set {
            let index = position(suffix)
            let isThere = index < entries.count && entries[index].suffix[...] == suffix
            let new = newValue.map { [Entry(suffix: Array(suffix), record: $0)] } ?? []
            entries.replaceSubrange(index..<(isThere ? index + 1 : index), with: new)
        }
    }

    private func position(_ suffix: ArraySlice<UInt8>) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            let other = entries[middle].suffix
            if RefNameOrder.compare(other.span, suffix.span) < 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The references of the record whose key's name is `start`, as a run to walk over.
    func run(startingWith start: UnsafeBufferPointer<UInt8>, _ algorithm: HashAlgorithm) throws(LMDBFailure) -> RefRun {
        var builder = RefRunBuilder()
        for entry in entries {
            let value = try entry.value(algorithm)
            if let value { unsafe builder.append(name: Array(start) + entry.suffix, value: value) }
        }
        return builder.finished()
    }
}
