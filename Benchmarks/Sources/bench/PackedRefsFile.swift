import Glibc
import SystemPackage

/// A `packed-refs` file such as a big hosting repository has.
struct PackedRefsFile {
    let path: FilePath
    /// The names in order.
    let names: [[UInt8]]

    /// Writes a file of `count` references: branches, tags (each with what it peels to) and pull requests.
    init(count: Int, at path: FilePath) throws { try self.init(Self.names(count), at: path) }

    /// The names of `count` references, in order.
    static func names(_ count: Int) -> [[UInt8]] {
        let topics = ["fix", "feature", "release", "dependabot/npm_and_yarn", "users/ada/wip", "backport-to-stable"]
        var names: [[UInt8]] = []
        names.reserveCapacity(count)
        for i in 0..<count {
            let number = String(i)
            let padded = String(repeating: "0", count: 9 - number.count) + number
            let topic = topics[i % topics.count]
            switch i % 10 {
            case 0: names.append(Array("refs/tags/v\(i / 100000).\(padded)".utf8))
            case 1..<6: names.append(Array("refs/heads/\(topic)/\(padded)-change".utf8))
            default: names.append(Array("refs/pull/\(padded)/head".utf8))
            }
        }
        names.sort { $0.lexicographicallyPrecedes($1) }
        return names
    }

    /// Writes a file of references with `names`, which are in order.
    init(_ names: [[UInt8]], at path: FilePath) throws {
        var random = SystemRandomNumberGenerator()
        var bytes = Array("# pack-refs with: peeled fully-peeled sorted \n".utf8)
        bytes.reserveCapacity(names.count * 85)
        for name in names {
            Self.appendID(&bytes, &random)
            bytes.append(UInt8(ascii: " "))
            bytes += name
            bytes.append(UInt8(ascii: "\n"))
            if name.starts(with: "refs/tags/".utf8) {
                bytes.append(UInt8(ascii: "^"))
                Self.appendID(&bytes, &random)
                bytes.append(UInt8(ascii: "\n"))
            }
        }
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try file.closeAfter { _ = try unsafe bytes.withUnsafeBytes { try unsafe file.writeAll($0) } }
        self.path = path
        self.names = names
    }

    private static func appendID(_ bytes: inout [UInt8], _ random: inout SystemRandomNumberGenerator) {
        let digits = Array("0123456789abcdef".utf8)
        var word: UInt64 = 0
        for i in 0..<40 {
            if i % 16 == 0 { word = random.next() }
            bytes.append(digits[Int(word & 15)])
            word >>= 4
        }
    }
}
