import StrataModel

/// What stands in front of an object's contents in a loose file, deflated with them, and is hashed with them: `<kind> <size>\0`.
enum LooseHeader {
    /// The most bytes that git reads of one.
    static let limit = 32

    static func bytes(_ kind: ObjectKind, size: UInt64) -> [UInt8] {
        var bytes = Array(kind.name.utf8)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: String(size).utf8)
        bytes.append(0)
        return bytes
    }

    /// Parses the header at the start of `bytes` and gives its length too; nil when there is none. Git's function: `parse_loose_header`.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> (header: ObjectHeader, count: Int)? {
        let head = unsafe bytes.prefix(limit)
        guard let end = unsafe head.firstIndex(of: 0), let space = unsafe head[..<end].firstIndex(of: 0x20),
            let kind = unsafe kind(UnsafeRawBufferPointer(rebasing: head[..<space])),
            let size = unsafe decimal(UnsafeRawBufferPointer(rebasing: head[(space + 1)..<end]))
        else { return nil }
        return (ObjectHeader(kind: kind, size: UInt64(size)), end + 1)
    }

    private static func kind(_ name: UnsafeRawBufferPointer) -> ObjectKind? {
        guard let first = unsafe name.first else { return nil }
        let kind: ObjectKind
        switch (first, name.count) {
        case (UInt8(ascii: "b"), 4): kind = .blob
        case (UInt8(ascii: "t"), 4): kind = .tree
        case (UInt8(ascii: "t"), 3): kind = .tag
        case (UInt8(ascii: "c"), 6): kind = .commit
        default: return nil
        }
        return unsafe kind.name.utf8.elementsEqual(name) ? kind : nil
    }

    /// A number in canonical decimal: no sign, no leading zero.
    private static func decimal(_ digits: UnsafeRawBufferPointer) -> Int? {
        guard let first = unsafe digits.first, first != 0x30 || digits.count == 1 else { return nil }
        var value = 0
        for index in digits.indices {
            let digit = unsafe digits[index]
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(digit - 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}
