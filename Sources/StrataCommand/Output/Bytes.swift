/// Text as the command handles it: bytes, of which git promises no encoding.
typealias Bytes = [UInt8]

extension [UInt8] {
    /// The UTF-8 bytes of `text`.
    init(_ text: String) {
        self = Array(text.utf8)
    }

    /// Whether the bytes are those of `text`.
    func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && hasPrefix(text)
    }

    /// Whether the bytes begin with those of `text`.
    func hasPrefix(_ text: StaticString) -> Bool {
        self[...].hasPrefix(text)
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes begin with those of `text`.
    func hasPrefix(_ text: StaticString) -> Bool {
        unsafe starts(with: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// What stands behind `prefix`, or nil where the bytes do not begin with it.
    func removing(_ prefix: StaticString) -> ArraySlice<UInt8>? {
        hasPrefix(prefix) ? dropFirst(prefix.utf8CodeUnitCount) : nil
    }
}

extension UInt8 {
    /// White space as git sees it in every locale: tab, line feed, carriage return, space.
    var isGitSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }

    var isDigit: Bool { self &- 0x30 < 10 }

    /// The letter in lower case, any other byte as it is.
    var asciiLowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
}
