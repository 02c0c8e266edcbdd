import StrataFiles
import StrataModel
import StrataRefs

/// A loose reference's file: what is read is what git's rules say, and what is written reads the same.
func fuzzLooseReference(_ bytes: [UInt8]) throws {
    for algorithm in HashAlgorithm.allCases {
        let value = LooseRefContent.parse(bytes.span, isWhole: true, algorithm)
        let expected = looseValue(bytes, algorithm)
        try require(value == expected, "\(algorithm): read as \(value), by the rules \(expected)")

        // The beginning of a longer file: either it says all, or nothing is believed.
        let beginning = LooseRefContent.parse(bytes.span, isWhole: false, algorithm)
        if case .symbolic = beginning { try require(bytes.contains(0), "a name that may go on was believed") }
        if case .object = beginning { try require(beginning == value, "the beginning says something else") }

        guard let written = LooseRefContent.bytes(of: value) else { continue }
        // A name with blanks at its end, or none, is no refname; git writes none such.
        if case .symbolic(let target) = value, RefName(tolerating: target) == nil || target.last.map(isBlank) == true {
            continue
        }
        let again = LooseRefContent.parse(written.span, isWhole: true, algorithm)
        try require(again == value, "\(value) written and read is \(again)")
    }
}

private func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0d].contains(byte) }

/// gitrepository-layout in slow words.
private func looseValue(_ bytes: [UInt8], _ algorithm: HashAlgorithm) -> RefValue {
    if bytes.starts(with: "ref:".utf8) {
        var rest = bytes.dropFirst(4).drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return .symbolic(Array(rest.prefix { $0 != 0 }))
    }
    let text = String(decoding: bytes.prefix(algorithm.hexCount), as: UTF8.self)
    guard text.utf8.count == algorithm.hexCount, text.allSatisfy(\.isHexDigit), text.allSatisfy(\.isASCII) else {
        return .broken(.content)
    }
    if let next = bytes.dropFirst(algorithm.hexCount).first, next != 0, !isBlank(next) { return .broken(.content) }
    let digits = text.map { UInt8($0.hexDigitValue ?? 0) }
    let raw = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    return ObjectID(bytes: raw.span).map { .object($0, peeled: nil) } ?? .broken(.content)
}
