import StrataModel

/// A digest of references and reflogs, to tell whether two stores hold the same: names, values, what broken ones hold, and every byte of every
/// line in order. What tags peel to is left out: it follows from their ids, and not every store keeps it.
///
/// The sum over all references, in whatever order they come, of a number for each and its reflog. Twice 64 bits, each of its own multiplier:
/// proof against mistakes, not against somebody who wants two stores to look alike.
package final class CarriedRefDigest: RefCarrier {
    package struct Value: Hashable, Sendable {
        let first: UInt64
        let second: UInt64
    }

    /// How many references and lines there were.
    package private(set) var count = 0
    /// Of the reference that was added last, whose lines follow.
    private var (first, second): (UInt64, UInt64) = (0, 0)
    private var sum: (first: UInt64, second: UInt64) = (0, 0)
    private var worktree: [UInt8]?

    package init() {}

    package var value: Value { Value(first: sum.first &+ first, second: sum.second &+ second) }

    package func begin(_ worktree: [UInt8]?) {
        finish()
        self.worktree = worktree
    }

    private func finish() {
        sum = (sum.first &+ first, sum.second &+ second)
        (first, second) = (0, 0)
    }

    package func add(_ ref: CarriedRef) {
        finish()
        count += 1
        (first, second) = (0xcbf2_9ce4_8422_2325, 0x9e37_79b9_7f4a_7c15)
        if let worktree { mix(worktree.span) }
        mix(ref.hasLog ? 4 : 3)
        mix(ref.name.bytes.span)
        switch ref.value {
        case nil: mix(5)
        case .object(let id, _):
            mix(6)
            mix(id.bytes.span)
        case .symbolic(let target):
            mix(7)
            mix(target.span)
        case .broken:
            mix(8)
            mix(ref.content.span)
        }
    }

    package func add(line: [UInt8]) {
        count += 1
        mix(9)
        mix(line.span)
    }

    private func mix(_ bytes: Span<UInt8>) {
        mix(UInt64(bytes.count))
        unsafe bytes.withUnsafeBytes { bytes in
            var at = 0
            while at + 8 <= bytes.count {
                mix(unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                at += 8
            }
            var rest: UInt64 = 0
            while at < bytes.count {
                rest = rest << 8 | UInt64(unsafe bytes[at])
                at += 1
            }
            mix(rest)
        }
    }

    private func mix(_ word: UInt64) {
        first = (first ^ word) &* 0x0000_0100_0000_01b3
        first ^= first >> 29
        second = (second &+ word) &* 0xff51_afd7_ed55_8ccd
        second ^= second >> 33
    }
}
