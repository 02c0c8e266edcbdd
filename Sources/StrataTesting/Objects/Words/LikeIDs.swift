import StrataModel
import StrataObjects

/// Objects whose ids begin alike, found by trying.
struct LikeIDs: Sendable {
    private let all: [(id: ObjectID, contents: ObjectContents)]

    private static let sha1 = LikeIDs(trying: .sha1)
    private static let sha256 = LikeIDs(trying: .sha256)

    /// Those of `algorithm`.
    static func of(_ algorithm: HashAlgorithm) -> LikeIDs { algorithm == .sha1 ? sha1 : sha256 }

    /// Blobs, every fourth a tree.
    private init(trying algorithm: HashAlgorithm) {
        var all: [(id: ObjectID, contents: ObjectContents)] = []
        for number in 0..<4096 {
            let contents: ObjectContents =
                number % 4 == 3 ? .tree(algorithm, of: "\(number)") : .blob("like \(number)\n")
            if let id = try? contents.id(algorithm) { all.append((id, contents)) }
        }
        self.all = all.sorted { $0.id < $1.id }
    }

    /// Two or more objects whose ids have the first `digits` digits in common, the next ones not; of the kinds, in their ids' order.
    func pair(sharing digits: Int, _ kinds: [ObjectKind] = [.blob, .blob]) throws -> [ObjectContents] {
        for place in 1..<all.count where all[place - 1].id.sharedDigits(all[place].id) == digits {
            let pair = [all[place - 1].contents, all[place].contents]
            if pair.map(\.kind).sorted(by: { $0.rawValue < $1.rawValue }) == kinds { return pair }
        }
        throw NotApplicable("no two ids are known that share \(digits) digits")
    }

    /// The first `count` objects whose ids begin with `byte`.
    func beginning(with byte: UInt8, _ count: Int) -> [ObjectContents] {
        Array(all.filter { $0.id.byte(at: 0) == byte }.prefix(count).map(\.contents))
    }

    /// Three objects of which the outer ones are the neighbours of the one in the middle.
    func neighbours() -> [ObjectContents] { all[2000...2002].map(\.contents) }

    /// Every `step`th object.
    func some(every step: Int) -> [ObjectContents] {
        stride(from: 0, to: all.count, by: step).map { all[$0].contents }
    }
}

extension ObjectID {
    /// The number of leading hexadecimal digits that both ids have.
    func sharedDigits(_ other: ObjectID) -> Int { zip(hex.utf8, other.hex.utf8).prefix { $0 == $1 }.count }
}
