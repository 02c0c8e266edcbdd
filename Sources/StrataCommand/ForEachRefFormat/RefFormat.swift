/// A format of `for-each-ref`, parsed: text, and fields to fill in.
struct RefFormat: Equatable {
    enum Piece: Equatable {
        case text(Bytes)
        case atom(FormatAtom)
    }

    let pieces: [Piece]

    /// What is printed when no format is given.
    static let standard = Bytes("%(objectname) %(objecttype)\t%(refname)")

    /// Parses `format`. In text, `%%` is a per cent sign and `%` with two hexadecimal digits the byte that they write; any other
    /// `%` stands for itself.
    ///
    /// - Throws: git's fatal messages; ``CommandExit/refusal(_:)`` for a field without end, to which git adds the usage.
    init(_ format: Bytes) throws(CommandExit) {
        var pieces: [Piece] = []
        var rest = format[...]
        while let start = Self.nextAtom(in: rest) {
            Self.addText(rest[..<start], to: &pieces)
            guard let end = rest[start...].firstIndex(of: UInt8(ascii: ")")) else {
                throw .refusal(Bytes("malformed format string ") + rest[start...])
            }
            pieces.append(.atom(try FormatAtom(Bytes(rest[(start + 2)..<end]))))
            rest = rest[(end + 1)...]
        }
        Self.addText(rest, to: &pieces)
        self.pieces = pieces
    }

    /// Whether the format has conditions or alignments.
    var usesBlocks: Bool {
        pieces.contains { if case .atom(let atom) = $0 { atom.isBlock } else { false } }
    }

    private static func nextAtom(in text: ArraySlice<UInt8>) -> Int? {
        var at = text.startIndex
        while at + 1 < text.endIndex {
            if text[at] == UInt8(ascii: "%") {
                if text[at + 1] == UInt8(ascii: "(") { return at }
                if text[at + 1] == UInt8(ascii: "%") { at += 1 }
            }
            at += 1
        }
        return nil
    }

    private static func addText(_ text: ArraySlice<UInt8>, to pieces: inout [Piece]) {
        guard !text.isEmpty else { return }
        var literal: Bytes = []
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                if rest.first == byte {
                    rest.removeFirst()
                } else if rest.count >= 2, let high = hexDigit(rest[rest.startIndex]),
                    let low = hexDigit(rest[rest.startIndex + 1])
                {
                    literal.append(high << 4 | low)
                    rest = rest.dropFirst(2)
                    continue
                }
            }
            literal.append(byte)
        }
        pieces.append(.text(literal))
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        if byte.isDigit { return byte - 0x30 }
        let letter = byte.asciiLowercased
        return letter &- 0x61 < 6 ? letter - 0x61 + 10 : nil
    }
}
