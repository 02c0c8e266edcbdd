/// The full name of a reference: bytes that git's rules allow, not necessarily UTF-8.
///
/// A `RefName` is either *well formed* (`git check-ref-format --allow-onelevel` accepts it) or, when made by
/// ``init(tolerating:)``, merely *safe*: malformed, but unable to leave the repository, so that a broken reference can be
/// listed and deleted. Names order by their unsigned bytes, as everywhere in git.
public struct RefName: Sendable, Hashable {
    /// The name's bytes; never empty, never holding a NUL, a slash at either end or two in a row.
    public let bytes: [UInt8]

    /// For callers in this package that have checked `bytes` already.
    @inlinable
    package init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The name, if it is well formed; one level (`HEAD`) is enough.
    ///
    /// - Throws: ``RefNameError`` that says which rule is broken and where.
    public init(bytes: [UInt8]) throws(RefNameError) {
        if let flaw = RefNameRules.flaw(in: bytes.span, allowing: .oneLevel) {
            throw RefNameError(name: bytes, flaw: flaw)
        }
        self.bytes = bytes
    }

    /// The name, if it is well formed; one level (`HEAD`) is enough.
    ///
    /// - Throws: ``RefNameError`` that says which rule is broken and where.
    public init(_ text: some StringProtocol) throws(RefNameError) {
        try self.init(bytes: Array(text.utf8))
    }

    /// The name, if it is well formed or at least safe, or nil.
    public init?(tolerating bytes: [UInt8]) {
        guard
            RefNameRules.flaw(in: bytes.span, allowing: .oneLevel) == nil || RefNameRules.isSafe(bytes.span)
        else { return nil }
        self.bytes = bytes
    }

    /// Whether `git check-ref-format --allow-onelevel` accepts the name.
    public var isWellFormed: Bool { RefNameRules.flaw(in: bytes.span, allowing: .oneLevel) == nil }

    /// `HEAD`.
    public static let head = RefName(unchecked: Array("HEAD".utf8))

    /// Whether the name begins with `prefix`, byte by byte (not path by path).
    public func hasPrefix(_ prefix: some Collection<UInt8>) -> Bool { bytes.starts(with: prefix) }

    /// Whether the name begins with `prefix`, byte by byte.
    public func hasPrefix(_ prefix: StaticString) -> Bool { Self.begins(bytes.span, with: prefix) }

    /// Whether `name` lies below the directory that is named as this reference is.
    package func isDirectory(of name: Span<UInt8>) -> Bool {
        let count = bytes.count
        return name.count > count && name[count] == UInt8(ascii: "/")
            && RefNameOrder.commonCount(bytes.span, name) == count
    }

    static func begins(_ bytes: Span<UInt8>, with prefix: StaticString) -> Bool {
        let count = prefix.utf8CodeUnitCount
        guard bytes.count >= count else { return false }
        for index in 0..<count where unsafe bytes[index] != prefix.utf8Start[index] { return false }
        return true
    }

    /// This name without the leading `count` bytes and behind `prefix`, unchecked.
    package func replacingPrefix(count: Int, with prefix: [UInt8]) -> RefName {
        RefName(unchecked: prefix + bytes.dropFirst(count))
    }
}

extension RefName {
    /// All bytes at once: an array would feed them to the hasher one by one.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension RefName {
    /// Eight bytes at a time, as they are compared.
    @inlinable
    public static func == (a: RefName, b: RefName) -> Bool {
        a.bytes.count == b.bytes.count && RefNameOrder.compare(a.bytes.span, b.bytes.span) == 0
    }
}

extension RefName: Comparable {
    @inlinable
    public static func < (a: RefName, b: RefName) -> Bool {
        RefNameOrder.compare(a.bytes.span, b.bytes.span) < 0
    }
}

extension RefName: CustomStringConvertible {
    /// The name as text; bytes that are no UTF-8 are shown as replacement characters.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// The order of refnames: unsigned bytes, the shorter first where one begins with the other.
public enum RefNameOrder {
    /// Below zero, zero or above zero, as `a` stands before, at or after `b`.
    @inlinable
    public static func compare(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int {
        let common = commonCount(a, b)
        guard common < min(a.count, b.count) else { return a.count - b.count }
        return a[common] < b[common] ? -1 : 1
    }

    /// The same for `name` and the path of the directory `directory`, with its slash, which all names below it begin with.
    @inlinable
    package static func compare(_ name: Span<UInt8>, below directory: RefName) -> Int {
        let path = directory.bytes.span
        let common = commonCount(name, path)
        guard name.count > common else { return -1 }
        let next = common < path.count ? path[common] : UInt8(ascii: "/")
        if common == path.count, name[common] == next { return name.count - common - 1 }
        return name[common] < next ? -1 : 1
    }

    /// How many bytes `a` and `b` both begin with.
    @inlinable
    public static func commonCount(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int {
        let shared = min(a.count, b.count)
        return unsafe a.withUnsafeBytes { a in
            unsafe b.withUnsafeBytes { b in
                var i = 0
                // Eight bytes at a time: names begin alike for long.
                while i + 8 <= shared {
                    let x = unsafe a.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                    let y = unsafe b.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                    if x != y {
                        return i + (UInt64(littleEndian: x) ^ UInt64(littleEndian: y)).trailingZeroBitCount / 8
                    }
                    i += 8
                }
                while unsafe i < shared && a[i] == b[i] { i += 1 }
                return i
            }
        }
    }
}

/// A name that is no well-formed refname.
public struct RefNameError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was offered as a name.
    public let name: [UInt8]
    /// The rule that it breaks, and where.
    public let flaw: RefNameFlaw

    public init(name: [UInt8], flaw: RefNameFlaw) {
        self.name = name
        self.flaw = flaw
    }

    public var description: String { "'\(String(decoding: name, as: UTF8.self))' is not a valid refname: \(flaw)" }
}
