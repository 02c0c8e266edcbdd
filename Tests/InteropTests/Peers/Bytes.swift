import CTestSupport

/// `bytes` with each `old` made `new`.
func replacing(_ old: [UInt8], with new: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let start = position(of: old, in: rest) {
        result += rest[..<start]
        result += new
        rest = rest[(start + old.count)...]
    }
    return result.isEmpty ? bytes : result + rest
}

func position(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    unsafe bytes.withUnsafeBytes { buffer -> Int? in
        guard let base = buffer.baseAddress else { return nil }
        let found = unsafe test_find(base, buffer.count, pattern, pattern.count)
        return found < 0 ? nil : bytes.startIndex + found
    }
}

/// The lines that `isWanted`.
func lines(_ bytes: [UInt8], where isWanted: (ArraySlice<UInt8>) -> Bool) -> [UInt8] {
    var result: [UInt8] = []
    for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) where isWanted(line) {
        result += line
        result.append(0x0a)
    }
    // What came with the final newline of the last line.
    if !result.isEmpty { result.removeLast() }
    return result
}

extension ArraySlice<UInt8> {
    func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}

/// The lines without the blanks at their beginnings, from the first `mark` on.
func withoutIndentation(_ bytes: [UInt8], after mark: String) -> [UInt8] {
    guard let start = position(of: Array(mark.utf8), in: bytes[...]) else { return bytes }
    var result = Array(bytes[..<start])
    var atStart = true
    for byte in bytes[start...] {
        if atStart && byte == 0x20 { continue }
        atStart = byte == 0x0a
        result.append(byte)
    }
    return result
}

/// Bytes as a message may show them: control characters but newline escaped.
func readable(_ bytes: [UInt8]) -> String {
    var result = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
        switch scalar.value {
        case 0x0a: result += "\n"
        case 0..<0x20, 0x7f: result += "\\" + String(scalar.value, radix: 8)
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
