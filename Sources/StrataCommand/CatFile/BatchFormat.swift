import StrataModel
import StrataObjects

/// How `cat-file --batch…` writes of each object: text with atoms `%(…)`. Git's functions: `expand_format`, `expand_atom`.
struct BatchFormat {
    enum Piece: Equatable {
        case text(Bytes)
        case objectName
        case objectType
        case objectSize
        case diskSize
        case deltaBase
        case rest
        case objectMode
    }

    let pieces: [Piece]
    /// What is to be asked of each object.
    let fields: ObjectFields
    /// Whether what stands behind the first white space of a line is no part of the object's name.
    let splitsLines: Bool
    /// Whether it is the one that is used when none is given, which has a faster way.
    let isStandard: Bool

    static let standard = BatchFormat([.objectName, .text([0x20]), .objectType, .text([0x20]), .objectSize])

    private init(_ pieces: [Piece]) {
        self.pieces = pieces
        var fields: ObjectFields = []
        for piece in pieces {
            switch piece {
            case .objectType: fields.insert(.kind)
            case .objectSize: fields.insert(.size)
            case .diskSize: fields.insert(.storedSize)
            case .deltaBase: fields.insert(.deltaBase)
            case .text, .objectName, .rest, .objectMode: break
            }
        }
        self.fields = fields
        splitsLines = pieces.contains(.rest)
        isStandard = pieces == [.objectName, .text([0x20]), .objectType, .text([0x20]), .objectSize]
    }

    /// - Throws: git's fatal message for an atom that there is not.
    init(_ text: Bytes) throws(CommandExit) {
        var pieces: [Piece] = []
        var plain: Bytes = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), rest.first == UInt8(ascii: "(") else {
                // "%%" is one; any other "%" stands for itself.
                if byte == UInt8(ascii: "%"), rest.first == byte { rest.removeFirst() }
                plain.append(byte)
                continue
            }
            guard let end = rest.firstIndex(of: UInt8(ascii: ")")) else {
                throw .fatal(Bytes("bad cat-file format: element '") + rest + Bytes("' does not end in ')'"))
            }
            guard let piece = Self.atom(rest[(rest.startIndex + 1)..<end]) else {
                throw .fatal(Bytes("bad cat-file format: %") + rest[...end])
            }
            if !plain.isEmpty { pieces.append(.text(plain)) }
            plain = []
            pieces.append(piece)
            rest = rest[(end + 1)...]
        }
        if !plain.isEmpty { pieces.append(.text(plain)) }
        self.init(pieces)
    }

    private static func atom(_ name: ArraySlice<UInt8>) -> Piece? {
        switch String(decoding: name, as: UTF8.self) {
        case "objectname": .objectName
        case "objecttype": .objectType
        case "objectsize": .objectSize
        case "objectsize:disk": .diskSize
        case "deltabase": .deltaBase
        case "rest": .rest
        case "objectmode": .objectMode
        default: nil
        }
    }

    /// Appends what the format says of an object, without anything behind it. `info` holds at least ``fields``.
    @inline(__always)
    func append(
        _ id: ObjectID, _ info: ObjectInfo, rest: ArraySlice<UInt8>, mode: TreeEntryMode?, to output: inout Bytes
    ) {
        if isStandard {
            id.appendHex(to: &output)
            output.append(0x20)
            if let kind = info.kind { output.append(kind: kind) }
            output.append(0x20)
            output.append(decimal: info.size ?? 0)
            return
        }
        for place in pieces.indices {
            switch pieces[place] {
            case .text(let text): output.append(contentsOf: text)
            case .objectName: id.appendHex(to: &output)
            case .objectType: if let kind = info.kind { output.append(kind: kind) }
            case .objectSize: output.append(decimal: info.size ?? 0)
            case .diskSize: output.append(decimal: info.storedSize ?? 0)
            case .deltaBase: (info.deltaBase ?? .zero(id.algorithm)).appendHex(to: &output)
            case .rest: output.append(contentsOf: rest)
            case .objectMode: if let mode { output.append(octal: mode) }
            }
        }
    }
}

extension Bytes {
    /// Appends git's name of a kind of object.
    @inline(__always)
    mutating func append(kind: ObjectKind) {
        let name: StaticString =
            switch kind {
            case .commit: "commit"
            case .tree: "tree"
            case .blob: "blob"
            case .tag: "tag"
            }
        unsafe append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// Appends a number in decimal.
    @inline(__always)
    mutating func append(decimal number: UInt64) {
        var digits: [20 of UInt8] = .init(repeating: 0)
        var start = 20
        var rest = number
        repeat {
            start -= 1
            digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for place in start..<20 { append(digits[place]) }
    }

    /// Appends the mode of an entry of a tree, six octal digits.
    mutating func append(octal mode: TreeEntryMode) {
        for digit in (0..<6).reversed() {
            append(0x30 + UInt8(truncatingIfNeeded: UInt32(mode.rawValue) >> UInt32(3 * digit) & 7))
        }
    }
}
