import StrataFuzz
import SystemPackage
import TestSupport

/// The files of one format, and the words that its inputs are made of.
struct Corpus {
    let files: [(name: String, bytes: [UInt8])]
    let words: [[UInt8]]

    init(_ format: FuzzFormat) throws {
        // This file is `Tests/FuzzTests/Corpus.swift`.
        let tests = FilePath(#filePath).removingLastComponent().removingLastComponent()
        let directory = tests.appending("Corpora").appending(format.rawValue)
        let names = try output("ls", [directory.string]).split(separator: "\n").map(String.init)
        files = try names.map { ($0, try Self.contents(of: directory.appending($0))) }
        words = try Self.words(
            Self.contents(of: directory.removingLastComponent().appending("\(format.rawValue).dict")))
    }

    private static func contents(of path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly)
        return try file.closeAfter {
            var bytes: [UInt8] = []
            var block = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = try unsafe block.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
                if count == 0 { return bytes }
                bytes += block[..<count]
            }
        }
    }

    /// The words of a dictionary of libFuzzer's: one in double quotes on each line, `\xNN`, `\"` and `\\` in it.
    private static func words(_ dictionary: [UInt8]) -> [[UInt8]] {
        dictionary.split(separator: 0x0a).filter { $0.first == UInt8(ascii: "\"") }.map { line in
            var word: [UInt8] = []
            var rest = line.dropFirst().dropLast()
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
                    word.append(byte)
                    continue
                }
                if escaped == UInt8(ascii: "x") {
                    word.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                    rest = rest.dropFirst(2)
                } else {
                    word.append(escaped)
                }
            }
            return word
        }
    }
}
