/// One side of a refspec: a refname, or a pattern with one `*` that stands for any bytes, slashes included.
public struct RefspecPattern: Sendable, Hashable {
    /// What stands before the `*`, or the whole name.
    public let prefix: [UInt8]
    /// What stands behind the `*`; nil when there is none.
    public let suffix: [UInt8]?

    /// - Throws: ``RefNameError`` when `bytes` is neither a refname (one level is enough) nor a pattern with one `*`.
    public init(bytes: [UInt8]) throws(RefNameError) {
        if let flaw = RefNameRules.flaw(in: bytes.span, allowing: [.oneLevel, .refspecPattern]) {
            throw RefNameError(name: bytes, flaw: flaw)
        }
        guard let star = bytes.firstIndex(of: UInt8(ascii: "*")) else {
            (prefix, suffix) = (bytes, nil)
            return
        }
        (prefix, suffix) = (Array(bytes[..<star]), Array(bytes[(star + 1)...]))
    }

    /// What the `*` stands for in `name`: empty for a plain name that is equal, nil where `name` does not match.
    public func match(_ name: [UInt8]) -> ArraySlice<UInt8>? {
        guard let suffix else { return name == prefix ? [] : nil }
        guard name.count >= prefix.count + suffix.count, name.starts(with: prefix),
            name.suffix(suffix.count).elementsEqual(suffix)
        else { return nil }
        return name[prefix.count..<(name.count - suffix.count)]
    }

    /// The name on this side where the `*` stands for `star`.
    public func substitute(_ star: ArraySlice<UInt8>) -> [UInt8] {
        suffix.map { prefix + star + $0 } ?? prefix
    }

    /// Maps `name` from this side of a refspec to the other, or nil where it does not match.
    public func map(_ name: [UInt8], to destination: RefspecPattern) -> [UInt8]? {
        match(name).map(destination.substitute)
    }
}
