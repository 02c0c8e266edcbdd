package import StrataModel
package import StrataRefs

/// A reflog with some of its entries, line by line: git's `expire_reflog_ent`.
///
/// Kept lines stay as they are, byte for byte, but for the old ids where the entry before has gone.
package struct ReflogRewrite {
    /// The lines kept until now.
    package private(set) var kept: [UInt8] = []
    /// How many entries were not kept.
    package private(set) var dropped = 0
    private var last: ObjectID
    /// Whether each kept entry's old id becomes the new id of the one before, and the first one's zero.
    private let rewrites: Bool
    private var changed = false

    package init(_ algorithm: HashAlgorithm, rewrites: Bool) {
        last = .zero(algorithm)
        self.rewrites = rewrites
    }

    /// Whether what is kept differs from what was there.
    package var isNeeded: Bool { dropped > 0 || changed }

    /// Goes on with the well-formed `line`, which `entry` is parsed from. `keep` sees the old id as it will be.
    package mutating func add(
        _ line: Span<UInt8>, _ entry: ReflogEntry, keep: (ReflogEntry) throws(RefError) -> Bool
    ) throws(RefError) {
        var entry = entry
        if rewrites { entry.old = last }
        guard try keep(entry) else {
            dropped += 1
            return
        }
        let start = kept.count
        unsafe line.withUnsafeBufferPointer { unsafe kept.append(contentsOf: $0) }
        if rewrites {
            last.withHex { digits in
                for i in 0..<digits.count where kept[start + i] != digits[i] {
                    kept[start + i] = digits[i]
                    changed = true
                }
            }
        }
        last = entry.new
    }
}
