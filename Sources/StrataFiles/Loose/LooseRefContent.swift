package import StrataModel
package import StrataRefs

/// What the bytes of a loose reference's file say: gitrepository-layout, "refs"; git's `parse_loose_ref_contents`.
package enum LooseRefContent {
    /// The most bytes of a file that are looked at. An id needs 65; a longer `ref:` line names nothing that a path could.
    static let limit = 8192

    /// The value written by `bytes`, the beginning of the file or all of it.
    ///
    /// Never nil: what is neither an id nor `ref: <name>` is broken. Nothing is said about whether the target of a
    /// symbolic reference is well formed or exists.
    package static func parse(_ bytes: Span<UInt8>, isWhole: Bool, _ algorithm: HashAlgorithm) -> RefValue {
        if starts(bytes, with: "ref:") { return symbolic(bytes, isWhole: isWhole) }
        let digits = algorithm.hexCount
        guard bytes.count >= digits, let id = ObjectID(hex: bytes.extracting(first: digits)),
            bytes.count == digits || isGitSpace(bytes[digits]) || bytes[digits] == 0
        else { return .broken(.content) }
        return .object(id, peeled: nil)
    }

    /// White space goes at the end of the file and before the name; a NUL ends the text, as for git, which reads C strings.
    private static func symbolic(_ bytes: Span<UInt8>, isWhole: Bool) -> RefValue {
        var start = 4
        while start < bytes.count && isGitSpace(bytes[start]) { start += 1 }
        var end = bytes.count
        while end > start && isGitSpace(bytes[end - 1]) { end -= 1 }
        for i in start..<end where bytes[i] == 0 {
            return .symbolic(copy(bytes, start..<i))
        }
        guard isWhole else { return .broken(.content) }
        return .symbolic(copy(bytes, start..<end))
    }

    private static func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
    }

    private static func starts(_ bytes: Span<UInt8>, with prefix: StaticString) -> Bool {
        guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
        for i in 0..<prefix.utf8CodeUnitCount where unsafe bytes[i] != prefix.utf8Start[i] { return false }
        return true
    }

    /// What a file holds for `value`, which is not broken: `<hex>` or `ref: <name>`, and a line feed.
    package static func bytes(of value: RefValue) -> [UInt8]? {
        var bytes: [UInt8] = []
        switch value {
        case .object(let id, _):
            bytes.reserveCapacity(id.algorithm.hexCount + 1)
            id.appendHex(to: &bytes)
        case .symbolic(let target):
            bytes.append(contentsOf: "ref: ".utf8)
            bytes.append(contentsOf: target)
        case .broken: return nil
        }
        bytes.append(0x0a)
        return bytes
    }
}
