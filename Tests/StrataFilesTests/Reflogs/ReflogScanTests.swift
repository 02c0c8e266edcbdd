import Glibc
import StrataRefs
import SystemPackage
import TestSupport
import Testing

@testable import StrataFiles

@Suite struct ReflogScanTests {
    private func lines(of bytes: [UInt8], backward: Bool, limit: Int = .max, longest: Int = 1 << 22) throws -> [[UInt8]]
    {
        let directory = try TemporaryDirectory()
        let file = try FileDescriptor.open(
            directory.appending("log"), .readWrite, options: [.create], permissions: .ownerReadWrite)
        return try file.closeAfter {
            try file.writeAll(bytes)
            let scan = ReflogScan(file: file.rawValue, longestLine: longest) { RefError(.unavailable, "errno \($0)") }
            var lines: [[UInt8]] = []
            let body = { (line: Span<UInt8>) throws(RefError) -> Bool in
                lines.append(unsafe line.withUnsafeBufferPointer { unsafe Array($0) })
                return lines.count < limit
            }
            if backward { try scan.backward(body) } else { try scan.forward(body) }
            return lines
        }
    }

    private func expected(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).map { Array($0) + [0x0a] }
        lines.removeLast()  // what stands behind the last line feed
        return lines
    }

    /// Lines of all lengths, so that their ends meet the ends of blocks in every way.
    @Test func bothWaysAgreeWithSplitting() throws {
        var random = SplitMix64(seed: 7)
        for round in 0..<60 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                let length = [0, 1, 100, 8191, 8192, 20_000].randomElement(using: &random) ?? 0
                bytes += [UInt8](repeating: UInt8(ascii: "x"), count: Int.random(in: 0...length, using: &random))
                bytes.append(0x0a)
            }
            if round % 2 == 0 { bytes += Array("no line feed".utf8) }
            let expected = expected(bytes)
            #expect(try lines(of: bytes, backward: false) == expected)
            let backward = try lines(of: bytes, backward: true).filter { $0.last == 0x0a }
            #expect(backward == expected.reversed())
        }
    }

    @Test func stopsWhenTold() throws {
        let bytes = Array("a\nb\nc\n".utf8)
        #expect(try lines(of: bytes, backward: false, limit: 2) == [Array("a\n".utf8), Array("b\n".utf8)])
        #expect(try lines(of: bytes, backward: true, limit: 2) == [Array("c\n".utf8), Array("b\n".utf8)])
        #expect(try lines(of: bytes, backward: true, limit: 3).last == Array("a\n".utf8))
    }

    @Test func passesOverEndlessLines() throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 200_000)
        let bytes = Array("a\n".utf8) + long + Array("\nb\n".utf8)
        #expect(try lines(of: bytes, backward: false, longest: 10_000) == [Array("a\n".utf8), Array("b\n".utf8)])
        let backward = try lines(of: bytes, backward: true, longest: 10_000)
        #expect(backward.allSatisfy { $0.count <= 40_000 })
        #expect(backward.filter { $0.last == 0x0a } == [Array("b\n".utf8), Array("a\n".utf8)])
    }
}
