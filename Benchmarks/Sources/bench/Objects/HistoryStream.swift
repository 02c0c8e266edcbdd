import Glibc

/// A made-up history of source files as commands for `git fast-import`; the same for the same number of commits.
///
/// A few files change often, most seldom, each by some lines: so trees and files have long chains of near copies, as real ones have.
struct HistoryStream {
    /// One tag for so many commits: `v1`, `v2`, …
    static let commitsPerTag = 100

    private static let fileCount = 4500
    private var random = Numbers(state: 1)
    private var words: [[UInt8]] = []
    /// The contents of each file; nil until it is first written.
    private var files = [[UInt8]?](repeating: nil, count: fileCount)
    private var output: [UInt8] = []

    private init() {
        let (starts, ends) = (Array("bcdfglmnprst".utf8), Array("aeiou".utf8))
        for _ in 0..<800 {
            var word: [UInt8] = []
            for _ in 0..<(1 + random.below(4)) {
                word.append(starts[random.below(starts.count)])
                word.append(ends[random.below(ends.count)])
            }
            words.append(word)
        }
    }

    /// Gives the commands for `commits` commits on `refs/heads/main` to `write`, a piece at a time.
    static func make(commits: Int, _ write: ([UInt8]) throws -> Void) throws {
        var stream = HistoryStream()
        for number in 1...commits {
            stream.commit(number)
            if number % commitsPerTag == 0 { stream.tag(number) }
            if stream.output.count > 1 << 20 || number == commits {
                try write(stream.output)
                stream.output.removeAll(keepingCapacity: true)
            }
        }
    }

    private mutating func commit(_ number: Int) {
        let date = 1_000_000_000 + number * 997
        put("commit refs/heads/main\nauthor Ada <ada@example.com> \(date) +0000\n")
        put("committer Grace <grace@example.com> \(date + 60) +0100\n")
        data(line(indented: false) + [0x0a] + (0..<random.below(6)).flatMap { _ in line(indented: false) })
        for _ in 0..<(random.below(4) == 0 ? 2 : 1) {
            // The lower the number the likelier.
            let file = Int(Double(Self.fileCount) * random.skewed(3))
            change(file)
            put("M 100644 inline part\(file % 29)/unit\(file / 29 % 17)/file\(file).swift\n")
            data(files[file] ?? [])
        }
    }

    private mutating func tag(_ number: Int) {
        put("tag v\(number / Self.commitsPerTag)\nfrom refs/heads/main\n")
        put("tagger Grace <grace@example.com> \(1_000_000_000 + number * 997 + 90) +0000\n")
        data(Array("version \(number / Self.commitsPerTag)\n".utf8))
    }

    /// Makes a file, or takes some lines out of it and puts others in their place.
    private mutating func change(_ file: Int) {
        guard var bytes = files[file] else {
            let count = 4 + Int(600 * random.skewed(4))
            files[file] = (0..<count).flatMap { _ in line(indented: true) }
            return
        }
        for _ in 0..<(1 + random.below(3)) {
            let start = bytes[..<random.below(bytes.count + 1)].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            var end = start
            for _ in 0..<random.below(4) {
                end = bytes[end...].firstIndex(of: 0x0a).map { $0 + 1 } ?? bytes.count
            }
            bytes.replaceSubrange(start..<end, with: (0..<random.below(4)).flatMap { _ in line(indented: true) })
        }
        if bytes.isEmpty { bytes = line(indented: true) }
        files[file] = bytes
    }

    private mutating func line(indented: Bool) -> [UInt8] {
        var line = [UInt8](repeating: 0x20, count: indented ? 4 * random.below(4) : 0)
        for place in 0..<(2 + random.below(7)) {
            if place > 0 { line.append(random.below(6) == 0 ? UInt8(ascii: ".") : 0x20) }
            line += words[Int(Double(words.count) * random.skewed(2))]
        }
        return line + [0x0a]
    }

    private mutating func put(_ text: String) { output += text.utf8 }

    private mutating func data(_ bytes: [UInt8]) {
        put("data \(bytes.count)\n")
        output += bytes
        output.append(0x0a)
    }
}

/// Numbers that look random and are always the same (SplitMix64).
struct Numbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// A number from 0 up to 1, the smaller the likelier: one of a flat distribution to the power of `exponent`.
    mutating func skewed(_ exponent: Int) -> Double {
        let flat = Double(next() >> 11) / 9_007_199_254_740_992
        return (0..<exponent).reduce(1) { product, _ in product * flat }
    }
}
